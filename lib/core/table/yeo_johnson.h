// SPDX-License-Identifier: Apache-2.0
// Yeo-Johnson power transform: Yeo and Johnson 2000, "A new family of power transformations to
// improve normality or symmetry", Biometrika 87(4), section 2 (transform) and section 3
// (likelihood).
#pragma once

#include <vector>

namespace candor {

// x >= 0: ((x + 1)^lambda - 1) / lambda, or log(x + 1) at lambda 0;
// x < 0: -((1 - x)^(2 - lambda) - 1) / (2 - lambda), or -log(1 - x) at lambda 2.
// Rising in x for every lambda, and smooth in both.
double yeo_johnson(double x, double lambda);
// The x that gives `y`; an end of the range where no x does.
double inverse_yeo_johnson(double y, double lambda);

// The lambda in [-8, 10] under which the transformed values are most likely those of a normal
// distribution, to about 1e-8; 1 (the identity) for values without spread. One weight per value.
double fit_yeo_johnson(const std::vector<double>& values, const std::vector<double>& weights);

// sign(x) log(1 + |x|), and back.
double signed_log(double x);
double inverse_signed_log(double y);

}  // namespace candor
