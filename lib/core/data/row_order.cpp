// SPDX-License-Identifier: Apache-2.0
#include "core/data/row_order.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace candor {
namespace {

// More rounds where the halves are small: there each round function has few values to mix with.
constexpr std::uint64_t kFewRows = 4096;
constexpr std::uint64_t kRounds = 8;
constexpr std::uint64_t kRoundsOfFewRows = 24;

// Rows whose rounds are computed side by side, so that the processor overlaps them.
constexpr std::size_t kBlock = 64;

std::uint64_t side_of(std::uint64_t count) {
  auto side = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(count)));
  while (side * side < count) ++side;
  return side;
}

}  // namespace

RowOrder::RowOrder(std::int64_t count, const RandomStream& stream)
    : count_(static_cast<std::uint64_t>(count)),
      width_(side_of(count_)),
      height_((count_ + width_ - 1) / width_) {
  const auto rounds = count_ < kFewRows ? kRoundsOfFewRows : kRounds;
  rounds_.reserve(rounds);
  for (std::uint64_t round = 0; round < rounds; ++round) rounds_.push_back(stream.at(round));
}

void RowOrder::encrypt(std::span<std::uint64_t> places) const {
  std::array<std::uint64_t, kBlock> x, y;
  for (std::size_t i = 0; i < places.size(); ++i) {
    x[i] = places[i] % width_;
    y[i] = places[i] / width_;
  }
  const auto add = [&](auto& to, std::uint64_t size, const auto& from, const RandomStream& round) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      to[i] += round.below(from[i], size);
      to[i] -= to[i] >= size ? size : 0;
    }
  };
  for (std::size_t round = 0; round < rounds_.size(); round += 2) {
    add(x, width_, y, rounds_[round]);
    add(y, height_, x, rounds_[round + 1]);
  }
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = y[i] * width_ + x[i];
}

void RowOrder::rows(std::int64_t first, std::span<std::int64_t> out) const {
  std::array<std::uint64_t, kBlock> places;
  for (std::size_t done = 0; done < out.size(); done += kBlock) {
    const auto size = std::min(kBlock, out.size() - done);
    for (std::size_t i = 0; i < size; ++i) {
      places[i] = static_cast<std::uint64_t>(first) + done + i;
    }
    encrypt({places.data(), size});
    for (std::size_t i = 0; i < size; ++i) {
      // Beyond the last row: on to the next place of the cycle, which comes back inside.
      while (places[i] >= count_) encrypt({&places[i], 1});
      out[done + i] = static_cast<std::int64_t>(places[i]);
    }
  }
}

}  // namespace candor
