// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/random.h"
#include "core/data/folds.h"

namespace candor {
namespace {

using Rows = std::vector<std::int64_t>;

Rows chosen(const Rows& values, std::span<const std::int64_t> rows) {
  Rows result;
  if (values.empty()) return result;
  result.reserve(rows.size());
  for (const auto row : rows) result.push_back(values[static_cast<std::size_t>(row)]);
  return result;
}

// The rows at `places` of `rows`.
Rows at_places(const Rows& rows, const Rows& places) { return chosen(rows, places); }

std::uint64_t seed_of(std::uint64_t seed, std::int64_t repeat) {
  if (repeat == 0) return seed;
  return RandomStream(seed, "cross_validation").at(static_cast<std::uint64_t>(repeat)).key();
}

// A class of which all rows are held out at once could not be predicted.
void require_known_classes(const SplitKeys& keys, const Folds& folds) {
  if (keys.strata.empty()) return;
  const auto fold_of = folds.fold_of_rows();
  std::map<std::int64_t, std::set<std::int64_t>> folds_of_class;
  std::map<std::int64_t, std::int64_t> rows_of_class;
  for (std::size_t row = 0; row < fold_of.size(); ++row) {
    folds_of_class[keys.strata[row]].insert(fold_of[row]);
    ++rows_of_class[keys.strata[row]];
  }
  for (const auto& [label, where] : folds_of_class) {
    if (where.size() > 1) continue;
    throw Error(ErrorKind::data,
                "a class has " + std::to_string(rows_of_class[label]) +
                    (rows_of_class[label] == 1 ? " row" : " rows") +
                    " for cross-validation, all of them in one fold, whose model would not know "
                    "it; merge the class with another one, leave it out, or give more rows");
  }
}

}  // namespace

SplitKeys keys_of(const SplitKeys& keys, std::span<const std::int64_t> rows) {
  SplitKeys result;
  result.rows = static_cast<std::int64_t>(rows.size());
  result.strata = chosen(keys.strata, rows);
  result.groups = chosen(keys.groups, rows);
  if (!keys.times.empty()) {
    for (const auto row : rows) result.times.push_back(keys.times[static_cast<std::size_t>(row)]);
  }
  if (keys.duplicates.empty()) return result;
  std::map<std::int64_t, std::int64_t> first_of;  // first equal row of the file -> of these
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto first = keys.duplicates[static_cast<std::size_t>(rows[i])];
    const auto place = static_cast<std::int64_t>(i);
    result.duplicates.push_back(first_of.emplace(first, place).first->second);
  }
  return result;
}

Rows CrossFolds::held_out(std::int64_t repeat, std::int64_t fold) const {
  Rows result;
  const auto& dealt = fold_of[static_cast<std::size_t>(repeat)];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (dealt[i] == fold) result.push_back(rows[i]);
  }
  return result;
}

std::string CrossFolds::digest() const {
  std::string text;
  for (const auto& dealt : fold_of) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      text += std::to_string(rows[i]) + ":" + std::to_string(dealt[i]) + " ";
    }
    text += "\n";
  }
  return sha256(text);
}

CrossFolds deal_folds(const SplitKeys& keys, Rows rows, const CrossValidationConfig& config,
                      std::uint64_t seed) {
  if (config.repeats > 1 && !keys.times.empty()) {
    throw Error(ErrorKind::config,
                "cross_validation.repeats " + std::to_string(config.repeats) +
                    ": folds by data.split.time are the same every time; set it to 1");
  }
  const auto known = keys_of(keys, rows);
  CrossFolds result;
  result.folds = config.folds;
  for (std::int64_t repeat = 0; repeat < config.repeats; ++repeat) {
    const Folds folds(known, config.folds, seed_of(seed, repeat));
    if (keys.times.empty()) require_known_classes(known, folds);
    const auto fold_of = folds.fold_of_rows();
    result.fold_of.emplace_back(fold_of.begin(), fold_of.end());
  }
  result.rows = std::move(rows);
  return result;
}

SplitRows fold_rows(const SplitKeys& keys, const CrossFolds& folds, const FoldChoice& choice,
                    const SplitConfig& split) {
  const auto& dealt = folds.fold_of[static_cast<std::size_t>(choice.repeat)];
  Rows others;
  for (std::size_t i = 0; i < folds.rows.size(); ++i) {
    const bool trains = keys.times.empty() ? dealt[i] != choice.fold : dealt[i] < choice.fold;
    if (trains) others.push_back(folds.rows[i]);
  }
  auto inner = split;
  inner.test.reset();
  auto parts = split_rows(keys_of(keys, others), inner);
  SplitRows result;
  result.train = at_places(others, parts.train);
  result.validation = at_places(others, parts.validation);
  result.calibration = at_places(others, parts.calibration);
  result.test = folds.held_out(choice.repeat, choice.fold);
  return result;
}

}  // namespace candor
