// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/piece_trie.h"

#include <algorithm>

namespace candor {
namespace {

// Ids of the pieces in the order of their bytes, each text once.
std::vector<std::uint32_t> sorted_ids(const std::vector<std::string>& pieces) {
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 0; id < pieces.size(); ++id) {
    if (!pieces[id].empty()) ids.push_back(id);
  }
  std::stable_sort(ids.begin(), ids.end(), [&](auto a, auto b) { return pieces[a] < pieces[b]; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool last = i + 1 == ids.size() || pieces[ids[i]] != pieces[ids[i + 1]];
    if (last) ids[kept++] = ids[i];
  }
  ids.resize(kept);
  return ids;
}

}  // namespace

// Level by level: a node's range of sorted pieces share its text, and fall into its children by
// their next byte.
PieceTrie::PieceTrie(const std::vector<std::string>& pieces) {
  const auto ids = sorted_ids(pieces);
  struct Range {
    std::uint32_t node;
    std::size_t begin, end, depth;
  };
  std::vector<Range> level = {{kNone, 0, ids.size(), 0}}, next;
  roots_.fill(kNone);
  while (!level.empty()) {
    next.clear();
    for (auto [node, begin, end, depth] : level) {
      if (begin < end && node != kNone && pieces[ids[begin]].size() == depth) {
        nodes_[node].piece = ids[begin++];
      }
      if (node != kNone) nodes_[node].children = static_cast<std::uint32_t>(nodes_.size());
      while (begin < end) {
        const auto byte = static_cast<unsigned char>(pieces[ids[begin]][depth]);
        const auto first = begin;
        while (begin < end && static_cast<unsigned char>(pieces[ids[begin]][depth]) == byte) {
          ++begin;
        }
        const auto child = static_cast<std::uint32_t>(nodes_.size());
        nodes_.push_back({kNone, 0, 0, byte});
        if (node == kNone) {
          roots_[byte] = child;
        } else {
          ++nodes_[node].count;
        }
        next.push_back({child, first, begin, depth + 1});
      }
    }
    level.swap(next);
  }
}

std::optional<std::uint32_t> PieceTrie::find(std::string_view piece) const {
  std::optional<std::uint32_t> found;
  prefixes(piece, [&](std::size_t length, std::uint32_t id) {
    if (length == piece.size()) found = id;
  });
  return found;
}

}  // namespace candor
