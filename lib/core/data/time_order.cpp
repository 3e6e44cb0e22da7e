// SPDX-License-Identifier: Apache-2.0
#include "core/data/time_order.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace candor {

TimeOrder::TimeOrder(std::span<const double> times) : rows_(times.size()) {
  const auto time = [&](std::int64_t row) { return times[static_cast<std::size_t>(row)]; };
  std::iota(rows_.begin(), rows_.end(), 0);
  std::stable_sort(rows_.begin(), rows_.end(),
                   [&](std::int64_t a, std::int64_t b) { return time(a) < time(b); });
  for (std::size_t i = 1; i < rows_.size(); ++i) {
    if (time(rows_[i]) != time(rows_[i - 1])) cuts_.push_back(static_cast<std::int64_t>(i));
  }
}

TimeOrder::Cut TimeOrder::cut_near(std::int64_t place, std::int64_t first,
                                   std::int64_t last) const {
  const auto begin = cuts_.begin() + first, end = cuts_.begin() + last;
  auto found = std::lower_bound(begin, end, place);
  if (found == end || (found != begin && place - *std::prev(found) <= *found - place)) --found;
  return {found - cuts_.begin(), *found};
}

}  // namespace candor
