// SPDX-License-Identifier: Apache-2.0
// Hides the difference between Catch2 2 (Debian 12) and 3 (Ubuntu 24.04).
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#define CANDOR_CONTAINS(text) Catch::Matchers::ContainsSubstring(text)
#else
#include <catch2/catch.hpp>
#define CANDOR_CONTAINS(text) Catch::Matchers::Contains(text)
#endif
