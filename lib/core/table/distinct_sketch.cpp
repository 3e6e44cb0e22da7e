// SPDX-License-Identifier: Apache-2.0
#include "core/table/distinct_sketch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace candor {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <class T>
std::uint64_t load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

constexpr std::uint64_t kA = 0x9E3779B97F4A7C15ull;
constexpr std::uint64_t kB = 0xD6E8FEB86659FD93ull;
constexpr std::uint64_t kC = 0xA0761D6478BD642Full;

std::uint32_t count_words(std::string_view text) {
  std::uint32_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t';
    words += !blank && !inside ? 1 : 0;
    inside = !blank;
  }
  return words;
}

}  // namespace

std::uint64_t hash_text(std::string_view text) {
  const char* at = text.data();
  auto left = text.size();
  std::uint64_t state = kC ^ left;
  for (; left > 16; left -= 16, at += 16) {
    state = fold(load<std::uint64_t>(at) ^ kA, load<std::uint64_t>(at + 8) ^ state);
  }
  std::uint64_t low = 0, high = 0;
  if (left >= 8) {
    low = load<std::uint64_t>(at);
    high = load<std::uint64_t>(at + left - 8);
  } else if (left >= 4) {
    low = load<std::uint32_t>(at);
    high = load<std::uint32_t>(at + left - 4);
  } else if (left > 0) {
    low = (static_cast<std::uint64_t>(static_cast<unsigned char>(at[0])) << 16) |
          (static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8) |
          static_cast<unsigned char>(at[left - 1]);
  }
  const auto hash = fold(fold(low ^ kA, high ^ state) ^ kB, text.size() ^ kC);
  return hash == 0 ? 1 : hash;  // 0 marks an empty slot
}

void DistinctSketch::insert_text(std::uint64_t hash, std::string_view text) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  std::size_t slot = 0;
  if (!slots_.empty() && find_slot(hash, slot)) return;
  insert({hash, static_cast<std::uint32_t>(std::min(text.size(), kMost)), count_words(text)});
}

bool DistinctSketch::find_slot(std::uint64_t hash, std::size_t& slot) const {
  const auto mask = slots_.size() - 1;
  slot = hash & mask;
  while (slots_[slot].hash != 0 && slots_[slot].hash != hash) slot = (slot + 1) & mask;
  return slots_[slot].hash == hash;
}

void DistinctSketch::insert(const Entry& entry) {
  constexpr std::size_t kFirstSlots = 16;
  if (slots_.empty()) slots_.resize(kFirstSlots);
  std::size_t slot = 0;
  if (find_slot(entry.hash, slot)) return;
  slots_[slot] = entry;
  if (++size_ >= 2 * kExact) return prune();
  if (2 * size_ > slots_.size()) rebuild(entries());
}

void DistinctSketch::rebuild(const std::vector<Entry>& entries) {
  std::size_t wanted = 16;
  while (wanted < 4 * entries.size()) wanted *= 2;
  slots_.assign(wanted, {});
  size_ = entries.size();
  std::size_t slot = 0;
  for (const auto& entry : entries) {
    find_slot(entry.hash, slot);
    slots_[slot] = entry;
  }
}

void DistinctSketch::prune() {
  auto kept = sample();
  limit_ = kept.back().hash + 1;
  rebuild(kept);
}

std::vector<DistinctSketch::Entry> DistinctSketch::entries() const {
  std::vector<Entry> all;
  all.reserve(size_);
  for (const auto& slot : slots_) {
    if (slot.hash != 0) all.push_back(slot);
  }
  return all;
}

std::vector<DistinctSketch::Entry> DistinctSketch::sample() const {
  auto kept = entries();
  std::sort(kept.begin(), kept.end(),
            [](const Entry& a, const Entry& b) { return a.hash < b.hash; });
  if (kept.size() > kExact) kept.resize(kExact);
  return kept;
}

void DistinctSketch::merge(const DistinctSketch& other) {
  limit_ = std::min(limit_, other.limit_);
  for (const auto& slot : other.slots_) {
    if (slot.hash != 0 && slot.hash < limit_) insert(slot);
  }
}

std::int64_t DistinctSketch::count() const {
  if (exact()) return static_cast<std::int64_t>(size_);
  const auto largest = static_cast<double>(sample().back().hash);
  return std::llround(static_cast<double>(kExact - 1) * (0x1p64 / largest));
}

}  // namespace candor
