// SPDX-License-Identifier: Apache-2.0
// Where the bins of a piecewise-linear encoding lie (Gorishniy et al. 2022, section 3.2.1).
#pragma once

#include <cstdint>
#include <vector>

namespace candor {

// Rising edges, two at least and `bins` + 1 at most, one weight per value. Values of which there
// are few have an edge each. Else those that repeat so often that they would fill a bin have one,
// and the rest is cut at its quantiles: as boosted trees bin their columns, so that a value that
// nine rows of ten have does not take nine bins of ten. Values within 1e-6 of each other are one
// (float32 has them as one, and a bin as narrow as rounding would multiply it).
std::vector<double> bin_edges(const std::vector<double>& values, const std::vector<double>& weights,
                              std::int64_t bins);

}  // namespace candor
