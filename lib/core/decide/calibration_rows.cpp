// SPDX-License-Identifier: Apache-2.0
#include "core/decide/calibration_rows.h"

#include <fmt/format.h>

#include <cmath>

#include <candor/error.h>

namespace candor {
namespace {

constexpr double kSumTolerance = 1e-3;  // float32 softmax over many classes

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorKind::data, what); }

void check_sizes(const CalibrationRows& rows) {
  const auto n = rows.count();
  if (rows.classes < 2)
    refuse(fmt::format("calibration rows: {} classes; allowed: 2 or more", rows.classes));
  if (n == 0) {
    refuse("calibration rows: there are none; give data.split.calibration a larger fraction");
  }
  const auto check = [&](const char* what, std::size_t found, std::size_t expected) {
    if (found == expected) return;
    refuse(fmt::format("calibration rows: {} {} for {} rows; {} are expected", found, what, n,
                       expected));
  };
  check("probabilities", rows.probabilities.size(), n * rows.classes);
  if (!rows.weights.empty()) check("weights", rows.weights.size(), n);
  if (!rows.groups.empty()) check("groups", rows.groups.size(), n);
}

}  // namespace

void check_probabilities(std::span<const double> probabilities, const std::string& where) {
  double sum = 0.0;
  for (const auto p : probabilities) {
    if (!(p >= 0.0 && p <= 1.0)) {
      refuse(fmt::format("{}: found the probability {}; allowed: 0 to 1", where, p));
    }
    sum += p;
  }
  if (std::abs(sum - 1.0) <= kSumTolerance) return;
  refuse(fmt::format("{}: the probabilities sum to {:.6g}; expected: 1", where, sum));
}

void check_rows(const CalibrationRows& rows) {
  check_sizes(rows);
  double total = 0.0;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    const auto where = [&] { return fmt::format("calibration row {}", i); };
    const auto label = rows.labels[i];
    if (label < 0 || static_cast<std::size_t>(label) >= rows.classes) {
      refuse(fmt::format("{}: found the class {}; allowed: 0 to {}", where(), label,
                         rows.classes - 1));
    }
    const auto weight = rows.weight(i);
    if (!(weight >= 0.0 && std::isfinite(weight))) {
      refuse(fmt::format("{}: found the weight {}; allowed: a number from 0", where(), weight));
    }
    total += weight;
    check_probabilities(rows.row(i), where());
  }
  if (!(total > 0.0)) refuse("calibration rows: every weight is 0; one at least must not be");
}

void check_two_classes(const CalibrationRows& rows, const std::string& what) {
  if (rows.classes == 2) return;
  throw Error(ErrorKind::failed,
              fmt::format("{}: found {} classes; allowed: 2", what, rows.classes));
}

std::vector<double> class_shares(const CalibrationRows& rows) {
  std::vector<double> shares(rows.classes, 0.0);
  double total = 0.0;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    shares[rows.label(i)] += rows.weight(i);
    total += rows.weight(i);
  }
  for (auto& share : shares) share /= total;
  return shares;
}

}  // namespace candor
