// SPDX-License-Identifier: Apache-2.0
// What is known of one config field besides its value: the vocabulary of fields.h.
#pragma once

#include <cmath>
#include <limits>
#include <string>

namespace candor {

struct Field {
  const char* key;
  const char* help;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;   // the lower bound itself is not allowed
  bool below_high = false;  // nor the upper one
  const char* unit = "";
  bool required = false;

  constexpr Field(const char* name, const char* text) : key(name), help(text) {}

  // [low, high]
  constexpr Field range(double from, double to) const {
    auto copy = *this;
    copy.low = from;
    copy.high = to;
    return copy;
  }
  // (low, high]
  constexpr Field above(double from, double to) const {
    auto copy = range(from, to);
    copy.above_low = true;
    return copy;
  }
  // [low, high)
  constexpr Field below(double from, double to) const {
    auto copy = range(from, to);
    copy.below_high = true;
    return copy;
  }
  // (low, high)
  constexpr Field between(double from, double to) const {
    auto copy = above(from, to);
    copy.below_high = true;
    return copy;
  }
  constexpr Field in(const char* name) const {
    auto copy = *this;
    copy.unit = name;
    return copy;
  }
  constexpr Field must() const {
    auto copy = *this;
    copy.required = true;
    return copy;
  }

  bool allows(double value) const {
    const bool from = above_low ? value > low : value >= low;
    const bool to = below_high ? value < high : value <= high;
    return from && to;
  }
};

// " in [0, 1)", " >= 1", or nothing.
std::string range_text(const Field& field);

// The shortest decimal that reads back as the same number: 0.001, 1e-08, 256.
std::string config_number_text(double value);

}  // namespace candor
