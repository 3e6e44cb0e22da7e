// SPDX-License-Identifier: Apache-2.0
#include "core/text/term_table.h"

#include <cstring>

#include "core/base/hash.h"

namespace candor {
namespace {

constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15ull;
constexpr std::uint64_t kSecond = 0xC2B2AE3D27D4EB4Full;
constexpr std::uint64_t kTableSeed = 1;

// Up to eight bytes, the first lowest.
std::uint64_t load(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);  // little endian, as all that candor runs on
  return word;
}

}  // namespace

std::uint64_t term_hash(std::string_view term, std::uint64_t seed) {
  auto hash = seed * kFirst + kSecond;
  const char* at = term.data();
  auto left = term.size();
  for (; left > 8; at += 8, left -= 8) hash = fold_product(hash ^ load(at, 8), kFirst);
  hash = fold_product(hash ^ load(at, left), kFirst);
  return fold_product(hash ^ term.size(), kSecond);
}

TermTable::TermTable() : slots_(1024) {}

std::string_view TermTable::term(std::size_t index) const {
  const auto begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(bytes_).substr(begin, ends_[index] - begin);
}

// The slot that holds `term`, or the empty one where it belongs.
std::size_t TermTable::slot_of(std::uint64_t hash, std::string_view wanted) const {
  const auto mask = slots_.size() - 1;
  auto at = static_cast<std::size_t>(hash) & mask;
  while (slots_[at].index >= 0) {
    if (slots_[at].hash == hash && term(static_cast<std::size_t>(slots_[at].index)) == wanted)
      break;
    at = (at + 1) & mask;
  }
  return at;
}

std::int64_t TermTable::find(std::string_view wanted) const {
  return slots_[slot_of(term_hash(wanted, kTableSeed), wanted)].index;
}

std::size_t TermTable::add(std::string_view wanted) {
  const auto hash = term_hash(wanted, kTableSeed);
  auto& slot = slots_[slot_of(hash, wanted)];
  if (slot.index >= 0) return static_cast<std::size_t>(slot.index);
  const auto index = ends_.size();
  slot = {hash, static_cast<std::int64_t>(index)};
  bytes_ += wanted;
  ends_.push_back(bytes_.size());
  if (2 * ends_.size() > slots_.size()) grow();
  return index;
}

void TermTable::grow() {
  std::vector<Slot> larger(2 * slots_.size());
  const auto mask = larger.size() - 1;
  for (const auto& slot : slots_) {
    if (slot.index < 0) continue;
    auto at = static_cast<std::size_t>(slot.hash) & mask;
    while (larger[at].index >= 0) at = (at + 1) & mask;
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

}  // namespace candor
