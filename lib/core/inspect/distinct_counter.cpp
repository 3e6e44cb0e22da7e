// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/distinct_counter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace candor {
namespace {

constexpr int kBits = 14;
constexpr std::size_t kRegisters = std::size_t{1} << kBits;

// The finaliser of MurmurHash3 (Appleby, public domain): every input bit changes every output bit.
std::uint64_t mixed(std::uint64_t h) {
  h ^= h >> 33;
  h *= 0xFF51AFD7ED558CCDull;
  h ^= h >> 33;
  h *= 0xC4CEB9FE1A85EC53ull;
  return h ^ (h >> 33);
}

}  // namespace

std::uint64_t hash_of(double value) {
  // Not that of any text: those are mixed once.
  return mixed(mixed(std::bit_cast<std::uint64_t>(value + 0.0)));
}

std::uint64_t hash_of(std::string_view text) {
  return mixed(std::hash<std::string_view>{}(text) ^ text.size());
}

std::uint64_t hash_behind(std::uint64_t hash, std::uint64_t next) {
  return mixed(hash * 0x9E3779B97F4A7C15ull + next + 0x165667B19E3779F9ull);
}

HyperLogLog::HyperLogLog() : registers_(kRegisters, 0) {}

void HyperLogLog::add(std::uint64_t hash) {
  const auto index = static_cast<std::size_t>(hash >> (64 - kBits));
  const auto rest = hash << kBits;
  const auto rank = static_cast<std::uint8_t>(std::min(std::countl_zero(rest), 64 - kBits) + 1);
  registers_[index] = std::max(registers_[index], rank);
}

std::int64_t HyperLogLog::estimate() const {
  const double m = kRegisters;
  double sum = 0.0;
  for (const auto rank : registers_) sum += std::ldexp(1.0, -rank);
  const double alpha = 0.7213 / (1.0 + 1.079 / m);
  const double raw = alpha * m * m / sum;
  const auto empty = std::count(registers_.begin(), registers_.end(), 0);
  const bool small = raw <= 2.5 * m && empty > 0;
  return std::llround(small ? m * std::log(m / static_cast<double>(empty)) : raw);
}

std::size_t DistinctCounter::find(std::uint64_t hash) const {
  auto at = static_cast<std::size_t>(hash) & (slots_.size() - 1);
  while (slots_[at].number >= 0 && slots_[at].hash != hash) at = (at + 1) & (slots_.size() - 1);
  return at;
}

void DistinctCounter::grow() {
  auto old = std::move(slots_);
  slots_.assign(std::max<std::size_t>(64, 2 * old.size()), Slot{});
  for (const auto& slot : old) {
    if (slot.number >= 0) slots_[find(slot.hash)] = slot;
  }
}

std::int64_t DistinctCounter::add(std::uint64_t hash) {
  if (!exact()) {
    sketch_.front().add(hash);
    return -1;
  }
  if (2 * (used_ + 1) > slots_.size()) grow();
  auto& slot = slots_[find(hash)];
  if (slot.number >= 0) return slot.number;
  if (used_ < limit_) {
    slot = {hash, static_cast<std::int32_t>(used_++)};
    return slot.number;
  }
  sketch_.emplace_back();
  for (const auto& other : slots_) {
    if (other.number >= 0) sketch_.front().add(other.hash);
  }
  slots_.clear();
  slots_.shrink_to_fit();
  sketch_.front().add(hash);
  return -1;
}

std::int64_t DistinctCounter::count() const {
  return exact() ? static_cast<std::int64_t>(used_) : sketch_.front().estimate();
}

bool DistinctCounter::contains(std::uint64_t hash) const {
  return !slots_.empty() && slots_[find(hash)].number >= 0;
}

}  // namespace candor
