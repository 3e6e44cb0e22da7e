// SPDX-License-Identifier: Apache-2.0
// A fast hash of bytes for tables in memory and checksums; not meant against forgery.
#pragma once

#include <cstdint>
#include <string_view>

namespace candor {

// Both halves of the 128-bit product, so that every bit of `a` and `b` counts.
std::uint64_t fold_product(std::uint64_t a, std::uint64_t b);

// Never 0, so that 0 may mark an empty slot.
std::uint64_t hash_bytes(std::string_view bytes);

}  // namespace candor
