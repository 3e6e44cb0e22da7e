// SPDX-License-Identifier: Apache-2.0
#include "core/text/ngram_counts.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <candor/error.h>

namespace candor {
namespace {

// Stands behind every document while n-grams are counted.
constexpr std::uint32_t kEnd = std::numeric_limits<std::uint32_t>::max();

std::vector<std::uint32_t> with_ends(const TokenDocuments& documents) {
  std::vector<std::uint32_t> stream;
  stream.reserve(documents.tokens.size() + documents.size());
  for (std::size_t d = 0; d < documents.size(); ++d) {
    const auto document = documents.document(d);
    stream.insert(stream.end(), document.begin(), document.end());
    stream.push_back(kEnd);
  }
  return stream;
}

// A place in the stream and the token there, so that sorting reads memory in order.
std::uint64_t entry(std::uint32_t token, std::uint32_t place) {
  return (std::uint64_t{token} << 32) | place;
}
std::uint32_t token_of(std::uint64_t entry) { return static_cast<std::uint32_t>(entry >> 32); }
std::uint32_t place_of(std::uint64_t entry) { return static_cast<std::uint32_t>(entry); }

}  // namespace

void TokenDocuments::add(std::span<const std::uint32_t> document) {
  starts.push_back(tokens.size());
  tokens.insert(tokens.end(), document.begin(), document.end());
}

std::span<const std::uint32_t> TokenDocuments::document(std::size_t index) const {
  const auto end = index + 1 < starts.size() ? starts[index + 1] : tokens.size();
  return std::span(tokens).subspan(starts[index], end - starts[index]);
}

NgramCounts::NgramCounts(const TokenDocuments& documents, int order)
    : order_(order), levels_(static_cast<std::size_t>(order) + 1) {
  if (order < 1 || order > kHighestOrder) {
    throw Error(ErrorKind::failed, "n-grams have 1 to 16 tokens");
  }
  if (documents.tokens.size() + documents.size() >= kEnd) {
    throw Error(ErrorKind::failed, "n-grams of more than 2^32 - 2 tokens cannot be counted");
  }
  count(with_ends(documents));
}

// Sorts the places of the stream by the tokens that begin there, one order after the other: the
// places of an n-gram lie side by side, and sorting them by the token behind gives its children.
void NgramCounts::count(std::vector<std::uint32_t> stream) {
  std::vector<std::uint64_t> entries;
  entries.reserve(stream.size());
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (stream[i] != kEnd) entries.push_back(entry(stream[i], static_cast<std::uint32_t>(i)));
  }
  // Where the places of each n-gram of the level above end.
  std::vector<std::size_t> ends = {entries.size()};
  levels_[0].token = {0};
  for (int n = 1; n <= order_; ++n) {
    auto& level = levels_[static_cast<std::size_t>(n)];
    auto& above = levels_[static_cast<std::size_t>(n - 1)].child;
    std::vector<std::size_t> own_ends;
    std::vector<std::uint64_t> next;
    if (n < order_) next.reserve(entries.size());
    std::uint32_t counted = 0;
    std::size_t begin = 0;
    for (const auto end : ends) {
      above.push_back(static_cast<std::uint32_t>(level.token.size()));
      std::sort(entries.begin() + static_cast<std::ptrdiff_t>(begin),
                entries.begin() + static_cast<std::ptrdiff_t>(end));
      for (std::size_t i = begin; i < end;) {
        const auto token = token_of(entries[i]);
        level.token.push_back(token);
        level.before.push_back(counted);
        for (; i < end && token_of(entries[i]) == token; ++i, ++counted) {
          if (n == order_) continue;
          const auto behind = place_of(entries[i]) + 1;
          if (stream[behind] != kEnd) next.push_back(entry(stream[behind], behind));
        }
        own_ends.push_back(next.size());
      }
      begin = end;
    }
    above.push_back(static_cast<std::uint32_t>(level.token.size()));
    level.before.push_back(counted);
    entries = std::move(next);
    ends = std::move(own_ends);
  }
}

std::optional<std::uint32_t> NgramCounts::find_child(int length, std::uint32_t node,
                                                     std::uint32_t token) const {
  const auto& child = levels_[static_cast<std::size_t>(length)].child;
  const auto& tokens = levels_[static_cast<std::size_t>(length) + 1].token;
  const auto first = tokens.begin() + child[node];
  const auto last = tokens.begin() + child[node + 1];
  const auto found = std::lower_bound(first, last, token);
  if (found == last || *found != token) return std::nullopt;
  return static_cast<std::uint32_t>(found - tokens.begin());
}

bool NgramCounts::has_followers(int length, std::uint32_t node) const {
  const auto& child = levels_[static_cast<std::size_t>(length)].child;
  return child[node + 1] > child[node];
}

NgramCounts::History NgramCounts::begin() const {
  History history;
  if (has_followers(0, 0)) history.longest_ = 0;
  return history;
}

NgramCounts::Followers NgramCounts::followers(const History& history, int length) const {
  const auto& child = levels_[static_cast<std::size_t>(length)].child;
  const auto& before = levels_[static_cast<std::size_t>(length) + 1].before;
  const auto node = history.nodes_[static_cast<std::size_t>(length)];
  return {before[child[node + 1]] - before[child[node]], child[node + 1] - child[node]};
}

void NgramCounts::advance(History& history, std::uint32_t token,
                          std::span<std::uint32_t> counts) const {
  History next = begin();
  for (int length = 0; length <= history.longest_; ++length) {
    const auto index = static_cast<std::size_t>(length);
    const auto child = find_child(length, history.nodes_[index], token);
    if (!child) {
      counts[index] = 0;
      continue;
    }
    const auto& before = levels_[index + 1].before;
    counts[index] = before[*child + 1] - before[*child];
    // A context is longer by one only while each shorter one goes on too.
    if (length + 1 == order_ || next.longest_ != length) continue;
    if (!has_followers(length + 1, *child)) continue;
    next.nodes_[index + 1] = *child;
    next.longest_ = length + 1;
  }
  history = next;
}

std::size_t NgramCounts::size() const {
  std::size_t total = 0;
  for (std::size_t n = 1; n < levels_.size(); ++n) total += levels_[n].token.size();
  return total;
}

}  // namespace candor
