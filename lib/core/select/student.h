// SPDX-License-Identifier: Apache-2.0
// Student's t distribution, and the largest of several normal numbers.
#pragma once

#include <cstdint>

namespace candor {

// P(|T| >= |t|) for T of Student's t with `degrees` > 0 degrees of freedom.
double student_two_sided(double t, double degrees);

// t with P(|T| <= t) = confidence, which is inside (0, 1).
double student_critical(double confidence, double degrees);

// Mean of the largest of `count` >= 1 independent standard normal numbers.
double expected_largest_normal(std::int64_t count);

}  // namespace candor
