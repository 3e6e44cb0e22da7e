// SPDX-License-Identifier: Apache-2.0
#include "core/data/split.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/random.h"
#include "core/data/grouped_rows.h"
#include "core/data/time_order.h"

namespace candor {
namespace {

using Rows = std::vector<std::int64_t>;

// Over the groups; each makes the shares better, and few do.
constexpr int kMostPasses = 10;

Error too_few(const std::string& what, std::int64_t parts) {
  return {ErrorKind::data, what + " for " + std::to_string(parts) +
                               " parts, each of which needs one at least; choose a column with "
                               "more of them, or ask for fewer parts"};
}

enum class Part : std::uint8_t { train, validation, test, calibration };

// Where each row goes. Rows start as training rows; the parts are taken out of those.
class Splitter {
 public:
  Splitter(const SplitKeys& keys, const SplitConfig& config)
      : keys_(keys), config_(config), part_(static_cast<std::size_t>(keys.rows), Part::train) {}

  SplitRows split() {
    const double test = config_.test.value_or(0.0);
    const double validation = config_.validation.value_or(0.0);
    const double calibration = config_.calibration.value_or(0.0);
    if (!keys_.times.empty()) {
      split_by_time({test, validation, calibration});
      return rows();
    }
    const RandomStream stream(config_.seed, "split");
    // Fractions are of all rows; what is left after another part is fewer.
    const auto left = 1.0 - test;
    const auto others = parts_of({validation, calibration});
    if (test > 0.0) take(test, Part::test, stream.at(0), 1 + others);
    if (validation > 0.0) {
      take(validation / left, Part::validation, stream.at(1), 1 + parts_of({calibration}));
    }
    if (calibration > 0.0) {
      take(calibration / (left - validation), Part::calibration, stream.at(2), 1);
    }
    return rows();
  }

 private:
  // How many of the fractions make a part.
  static std::int64_t parts_of(std::initializer_list<double> fractions) {
    return std::count_if(fractions.begin(), fractions.end(), [](double f) { return f > 0.0; });
  }

  std::size_t stratum(std::int64_t row) const {
    return keys_.strata.empty()
               ? 0
               : static_cast<std::size_t>(keys_.strata[static_cast<std::size_t>(row)]);
  }
  Part& part(std::int64_t row) { return part_[static_cast<std::size_t>(row)]; }

  // Moves a random `fraction` of the training rows to `to`; `others` parts are still to come.
  void take(double fraction, Part to, const RandomStream& stream, std::int64_t others) {
    if (keys_.groups.empty()) {
      take_rows(fraction, to, stream);
    } else {
      take_groups(fraction, to, stream, others);
    }
  }

  void take_rows(double fraction, Part to, const RandomStream& stream);
  void take_groups(double fraction, Part to, const RandomStream& stream, std::int64_t others);
  struct Fractions {
    double test = 0.0, validation = 0.0, calibration = 0.0;
  };
  void split_by_time(const Fractions& fractions);

  static Rows& list_of(Part part, SplitRows& rows) {
    switch (part) {
      case Part::train: return rows.train;
      case Part::validation: return rows.validation;
      case Part::calibration: return rows.calibration;
      case Part::test: break;
    }
    return rows.test;
  }

  SplitRows rows() const {
    SplitRows result;
    for (std::int64_t row = 0; row < keys_.rows; ++row) {
      list_of(part_[static_cast<std::size_t>(row)], result).push_back(row);
    }
    return result;
  }

  const SplitKeys& keys_;
  const SplitConfig& config_;
  std::vector<Part> part_;
};

// Rows of one class that are still in training; of equal rows the first stands for all.
struct Stratum {
  Rows firsts;
  std::size_t rows = 0;
};

// How many rows of each class are taken so that the total is `fraction` of all: floors first, then
// one more for the largest remainders. One row of each class stays, since a class that training
// never saw could not be predicted; so the total may be less.
std::map<std::size_t, std::size_t> quotas(const std::map<std::size_t, Stratum>& strata,
                                          double fraction) {
  std::size_t rows = 0, taken = 0;
  std::map<std::size_t, std::size_t> result;
  std::vector<std::pair<double, std::size_t>> remainders;
  for (const auto& [stratum, members] : strata) {
    const double exact = fraction * static_cast<double>(members.rows);
    result[stratum] = std::min(static_cast<std::size_t>(exact), members.rows - 1);
    rows += members.rows;
    taken += result[stratum];
    remainders.emplace_back(exact - std::floor(exact), stratum);
  }
  const auto wanted = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(rows)));
  std::erase_if(remainders, [&](const auto& remainder) {
    return result.at(remainder.second) + 1 >= strata.at(remainder.second).rows;
  });
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; taken < wanted && i < remainders.size(); ++i, ++taken) {
    ++result[remainders[i].second];
  }
  return result;
}

void Splitter::take_rows(double fraction, Part to, const RandomStream& stream) {
  const auto& duplicates = keys_.duplicates;
  const auto first_of = [&](std::int64_t row) {
    return duplicates.empty() ? row : duplicates[static_cast<std::size_t>(row)];
  };
  std::vector<std::uint32_t> copies(duplicates.empty() ? 0 : part_.size());
  std::map<std::size_t, Stratum> strata;
  for (std::int64_t row = 0; row < keys_.rows; ++row) {
    if (part(row) != Part::train) continue;
    const auto first = first_of(row);
    auto& members = strata[stratum(first)];
    if (first == row) members.firsts.push_back(row);
    ++members.rows;
    if (!copies.empty()) ++copies[static_cast<std::size_t>(first)];
  }
  auto left = quotas(strata, fraction);
  for (const auto& [number, members] : strata) {
    const auto order =
        permutation(static_cast<std::int64_t>(members.firsts.size()), stream.at(number));
    auto& wanted = left.at(number);
    for (const auto i : order) {
      if (wanted == 0) break;
      const auto first = members.firsts[static_cast<std::size_t>(i)];
      const auto size = copies.empty() ? 1 : copies[static_cast<std::size_t>(first)];
      if (size > wanted) continue;
      part(first) = to;
      wanted -= size;
    }
  }
  if (duplicates.empty()) return;
  for (std::int64_t row = 0; row < keys_.rows; ++row) part(row) = part(first_of(row));
}

void Splitter::take_groups(double fraction, Part to, const RandomStream& stream,
                           std::int64_t others) {
  GroupedRows groups(keys_.groups, keys_.strata,
                     [&](std::int64_t row) { return part(row) == Part::train; });
  if (groups.count() <= others) {
    throw too_few("data.split.group: there are " + std::to_string(groups.count()) + " groups",
                  others + 1);
  }
  ShareBalance balance(groups.stratum_sizes(), fraction);
  const auto order = permutation(groups.count(), stream);
  const auto most = groups.count() - others;
  std::vector<bool> taken(static_cast<std::size_t>(groups.count()), false);
  std::int64_t count = 0;
  std::int64_t closest = order.front();  // of the groups alone
  double least = std::numeric_limits<double>::infinity();
  bool moved = true;
  for (int pass = 0; moved && pass < kMostPasses; ++pass) {
    moved = false;
    for (const auto group : order) {
      const bool enters = !taken[static_cast<std::size_t>(group)];
      const auto& counts = groups.strata_of(group);
      const double change = balance.change(counts, enters);
      if (count == 0 && change < least) {
        least = change;
        closest = group;
      }
      if (change >= 0.0 || (enters ? count == most : count == 1)) continue;
      balance.move(counts, enters);
      taken[static_cast<std::size_t>(group)] = enters;
      count += enters ? 1 : -1;
      moved = true;
    }
  }
  // Where all are too large for the share, the one that misses it least, rather than none.
  if (count == 0) taken[static_cast<std::size_t>(closest)] = true;
  for (const auto group : order) {
    if (!taken[static_cast<std::size_t>(group)]) continue;
    for (const auto row : groups.rows_of(group)) part(row) = to;
  }
}

void Splitter::split_by_time(const Fractions& fractions) {
  const auto& [test, validation, calibration] = fractions;
  const TimeOrder order(keys_.times);
  const auto parts = 1 + parts_of({test, validation, calibration});
  if (order.times() < parts) {
    throw too_few(
        "data.split.time: there are " + std::to_string(order.times()) + " different times", parts);
  }
  const auto share = [&](double fraction) {
    return std::llround(fraction * static_cast<double>(keys_.rows));
  };
  auto end = keys_.rows;
  auto wanted_end = keys_.rows;
  auto earlier = order.times() - 1;  // cuts that are left
  const auto cut = [&](double fraction, Part to, std::int64_t keep) {
    if (fraction == 0.0) return;
    wanted_end -= share(fraction);
    const auto [index, begin] = order.cut_near(wanted_end, keep, earlier);
    for (const auto row : order.rows(begin, end)) part(row) = to;
    end = begin;
    earlier = index;
  };
  cut(test, Part::test, parts_of({validation, calibration}));
  cut(validation, Part::validation, parts_of({calibration}));
  cut(calibration, Part::calibration, 0);
}

std::string text_of(std::span<const std::int64_t> rows) {
  std::string text;
  for (const auto row : rows) text += std::to_string(row) + " ";
  return text;
}

}  // namespace

SplitRows split_rows(const SplitKeys& keys, const SplitConfig& config) {
  return Splitter(keys, config).split();
}

SplitRows split_rows(std::int64_t rows, std::span<const std::int64_t> strata,
                     const SplitConfig& config) {
  SplitKeys keys;
  keys.rows = rows;
  keys.strata.assign(strata.begin(), strata.end());
  return split_rows(keys, config);
}

const char* split_kind(const SplitKeys& keys) {
  if (!keys.times.empty()) return "time";
  if (!keys.groups.empty()) return keys.strata.empty() ? "group" : "stratified_group";
  return keys.strata.empty() ? "random" : "stratified";
}

std::string digest_of(const SplitRows& rows) {
  return sha256(text_of(rows.train) + "\n" + text_of(rows.validation) + "\n" + text_of(rows.test) +
                "\n" + text_of(rows.calibration));
}

std::string digest_of(std::span<const std::int64_t> rows) { return sha256(text_of(rows)); }

}  // namespace candor
