// SPDX-License-Identifier: Apache-2.0
// Names of the values of an enum, in the enum's order: how a config file spells them.
#pragma once

#include <array>

namespace candor {

template <class E>
struct EnumNames;

}  // namespace candor

// Outside of the macro's use the names are EnumNames<Enum>::values.
#define CANDOR_ENUM_NAMES(Enum, ...)                                                \
  template <>                                                                       \
  struct EnumNames<Enum> {                                                          \
    static constexpr std::array values = std::to_array<const char*>({__VA_ARGS__}); \
  }
