// SPDX-License-Identifier: Apache-2.0
// All pieces of a vocabulary that begin at a place in a text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

class PieceTrie {
 public:
  // Pieces by id; where two are equal, the last one counts. Empty ones are left out.
  explicit PieceTrie(const std::vector<std::string>& pieces);

  // visit(length, id) for each piece that `text` begins with, the shortest first.
  template <class Visit>
  void prefixes(std::string_view text, Visit&& visit) const {
    if (text.empty()) return;
    auto node = roots_[static_cast<unsigned char>(text[0])];
    for (std::size_t length = 1; node != kNone; ++length) {
      if (nodes_[node].piece != kNone) visit(length, nodes_[node].piece);
      if (length == text.size()) return;
      node = child(node, static_cast<unsigned char>(text[length]));
    }
  }

  // The id of a piece.
  std::optional<std::uint32_t> find(std::string_view piece) const;

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  struct Node {
    std::uint32_t piece = kNone;
    std::uint32_t children = 0;  // place of the first
    std::uint16_t count = 0;     // of children, which lie side by side in the order of their bytes
    unsigned char byte = 0;
  };
  std::uint32_t child(std::uint32_t node, unsigned char byte) const {
    const auto first = nodes_[node].children;
    std::uint32_t low = first, high = first + nodes_[node].count;
    while (low < high) {
      const auto middle = (low + high) / 2;
      if (nodes_[middle].byte < byte) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const bool found = low < first + nodes_[node].count && nodes_[low].byte == byte;
    return found ? low : kNone;
  }

  std::array<std::uint32_t, 256> roots_{};
  std::vector<Node> nodes_;
};

}  // namespace candor
