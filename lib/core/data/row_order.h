// SPDX-License-Identifier: Apache-2.0
// A random permutation of 0..count-1 whose values are computed one by one: nothing is stored, so
// memory does not grow with `count` and the ten-millionth value costs what the first does.
//
// A generalised Feistel cipher on a rectangle just larger than `count`, with cycle walking: Black
// and Rogaway 2002, "Ciphers with Arbitrary Finite Domains", sections 3 and 5. The round functions
// are draws of counter-based streams.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/random.h"

namespace candor {

class RowOrder {
 public:
  // count >= 1. Orders of different streams are independent.
  RowOrder(std::int64_t count, const RandomStream& stream);

  // The rows at positions first .. first + out.size() - 1; all below `count`.
  void rows(std::int64_t first, std::span<std::int64_t> out) const;

 private:
  // One block of places in the rectangle, each mapped once.
  void encrypt(std::span<std::uint64_t> places) const;

  std::uint64_t count_, width_, height_;  // width * height >= count
  std::vector<RandomStream> rounds_;
};

}  // namespace candor
