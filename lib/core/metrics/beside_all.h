// SPDX-License-Identifier: Apache-2.0
// A share of rows in a group beside the same share in all rows, to which the group belongs itself.
#pragma once

#include <optional>

#include "core/metrics/group_intervals.h"
#include "core/metrics/measures.h"

namespace candor {

// Wilson, or Clopper and Pearson where `exact`; share.total > 0.
Estimate share_estimate(const Share& share, double confidence, bool exact);

// The same as a metric; without a value where share.total is 0.
Metric estimated_share(const std::string& name, const Share& share, const std::string& empty_reason,
                       double confidence, bool exact);

// The group makes up the part w of the denominator. With the other rows' value r, group less all is
// (1 - w) (g - r), and group by all is q / (w q + 1 - w) with q = g / r: both rise with what
// compares rows that are independent.
class BesideAll {
 public:
  BesideAll(const Share& group, const Share& all, double confidence, bool exact);

  double difference() const;  // absolute
  Interval difference_bounds() const;
  // The smaller by the larger; empty when the share of all rows is 0.
  std::optional<double> ratio() const;
  Interval ratio_bounds() const;

 private:
  double weight_, value_, all_;
  bool alone_ = false;  // there are no other rows
  Estimate group_, rest_;
};

}  // namespace candor
