// SPDX-License-Identifier: Apache-2.0
// What is counted of a rule's decisions on some rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/metrics/share.h"

namespace candor {

struct DecisionTally {
  // What the rule gives: sets of so many classes at most (0: none), intervals of a number, answers
  // that it may withhold.
  std::size_t classes = 0;
  bool intervals = false, abstention = false;
  Share covered;            // rows whose truth is in the set or interval
  Share answered;           // rows that got an answer
  Share right_of_answered;  // of those, rows whose answer is right
  Moments sizes;            // classes of a set; width of an interval, in the target's unit
  double smallest = std::numeric_limits<double>::infinity(), largest = 0.0;  // of the sizes
  double weight = 0.0, weight_squares = 0.0;
  std::int64_t rows = 0;
};

}  // namespace candor
