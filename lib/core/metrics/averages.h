// SPDX-License-Identifier: Apache-2.0
// Means and quantiles of plain numbers.
#pragma once

#include <span>
#include <vector>

namespace candor {

double mean_of(std::span<const double> values);

// Linear between order statistics; `sorted` rises and has an entry at least.
double sorted_quantile(const std::vector<double>& sorted, double p);

// The mean of the middle two where their number is even; 0 of none.
double median(std::vector<double> values);

}  // namespace candor
