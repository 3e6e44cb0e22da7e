// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: a value is a pure function of (seed, stream, position), so there is
// no generator state to save and order of use does not matter. Philox4x32-10, Salmon et al. 2011,
// "Parallel Random Numbers: As Easy as 1, 2, 3", section 3.3.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace candor {

// One Philox4x32-10 block: four 32-bit words of `counter` under `key`.
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                              std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = 0xD2511F53ull * counter[0];
    const std::uint64_t b = 0xCD9E8D57ull * counter[2];
    counter = {
        static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
        static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

// A named stream of a seed. Streams with different names, or different sub-streams of one, are
// independent.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::string_view name);

  // The stream's child number `index` (an epoch, a step, a sample).
  RandomStream at(std::uint64_t index) const;

  // The `position`-th 64-bit word.
  std::uint64_t bits(std::uint64_t position) const;
  // Uniform in [0, 1), 53 bits.
  double uniform(std::uint64_t position) const;
  // Uniform in [0, bound); bound > 0. Bias below 2^-32 for bounds below 2^32.
  std::uint64_t below(std::uint64_t position, std::uint64_t bound) const;
  // Standard normal (Box-Muller).
  double normal(std::uint64_t position) const;

  std::uint64_t key() const { return key_; }

 private:
  explicit RandomStream(std::uint64_t key) : key_(key) {}
  std::uint64_t key_;
};

// A permutation of 0..count-1 (Fisher-Yates over `stream`).
std::vector<std::int64_t> permutation(std::int64_t count, const RandomStream& stream);

}  // namespace candor
