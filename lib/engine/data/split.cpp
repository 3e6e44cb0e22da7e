// SPDX-License-Identifier: Apache-2.0
#include "engine/data/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "core/base/files.h"
#include "core/base/random.h"

namespace candor {
namespace {

using Rows = std::vector<std::int64_t>;

// How many rows of each stratum are taken so that the total is `fraction` of all: floors first,
// then one more for the largest remainders. One row of each stratum stays, since a class that
// training never saw could not be predicted; so the total may be less.
std::map<std::int64_t, std::size_t> quotas(const std::map<std::int64_t, Rows>& strata,
                                           double fraction) {
  std::size_t rows = 0, taken = 0;
  std::map<std::int64_t, std::size_t> result;
  std::vector<std::pair<double, std::int64_t>> remainders;
  for (const auto& [stratum, members] : strata) {
    const double exact = fraction * static_cast<double>(members.size());
    result[stratum] = std::min(static_cast<std::size_t>(exact), members.size() - 1);
    rows += members.size();
    taken += result[stratum];
    remainders.emplace_back(exact - std::floor(exact), stratum);
  }
  const auto wanted = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(rows)));
  std::erase_if(remainders, [&](const auto& remainder) {
    return result.at(remainder.second) + 1 >= strata.at(remainder.second).size();
  });
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; taken < wanted && i < remainders.size(); ++i, ++taken) {
    ++result[remainders[i].second];
  }
  return result;
}

// Moves a random `fraction` of `rows` out of it; both stay ascending.
Rows take(Rows& rows, std::span<const std::int64_t> classes, double fraction,
          const RandomStream& stream) {
  std::map<std::int64_t, Rows> strata;
  for (const auto row : rows) {
    strata[classes.empty() ? 0 : classes[static_cast<std::size_t>(row)]].push_back(row);
  }
  const auto counts = quotas(strata, fraction);
  Rows taken, kept;
  for (const auto& [stratum, members] : strata) {
    const auto order = permutation(static_cast<std::int64_t>(members.size()),
                                   stream.at(static_cast<std::uint64_t>(stratum)));
    for (std::size_t i = 0; i < members.size(); ++i) {
      auto& part = i < counts.at(stratum) ? taken : kept;
      part.push_back(members[static_cast<std::size_t>(order[i])]);
    }
  }
  std::sort(taken.begin(), taken.end());
  std::sort(kept.begin(), kept.end());
  rows = std::move(kept);
  return taken;
}

}  // namespace

SplitRows split_rows(std::int64_t rows, std::span<const std::int64_t> strata,
                     const SplitConfig& config) {
  SplitRows parts;
  parts.train.resize(static_cast<std::size_t>(rows));
  std::iota(parts.train.begin(), parts.train.end(), 0);
  const RandomStream stream(config.seed, "split");
  const double test = config.test.value_or(0.0);
  if (test > 0.0) parts.test = take(parts.train, strata, test, stream.at(0));
  // Fractions are of all rows; what is left after the test is fewer.
  const double validation = config.validation.value_or(0.0) / (1.0 - test);
  if (validation > 0.0) parts.validation = take(parts.train, strata, validation, stream.at(1));
  return parts;
}

std::string digest_of(const SplitRows& rows) {
  std::string text;
  for (const auto* part : {&rows.train, &rows.validation, &rows.test}) {
    for (const auto row : *part) text += std::to_string(row) + " ";
    text += "\n";
  }
  return sha256(text);
}

TextSpans split_text(std::int64_t length, const SplitConfig& config) {
  const auto share = [&](const std::optional<double>& fraction) {
    return static_cast<std::int64_t>(
        std::llround(fraction.value_or(0.0) * static_cast<double>(length)));
  };
  TextSpans spans;
  spans.validation_end = length;
  spans.test_end = length - share(config.validation);
  spans.train_end = spans.test_end - share(config.test);
  return spans;
}

}  // namespace candor
