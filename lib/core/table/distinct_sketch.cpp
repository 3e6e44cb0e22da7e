// SPDX-License-Identifier: Apache-2.0
#include "core/table/distinct_sketch.h"

#include <algorithm>
#include <cmath>

namespace candor {
namespace {

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
