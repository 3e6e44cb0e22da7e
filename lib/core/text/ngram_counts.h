// SPDX-License-Identifier: Apache-2.0
// How often every n-gram of a text occurs, as a trie of sorted arrays: exact, 12 bytes for each
// different n-gram, and one binary search per order and token to look up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace candor {

// Tokens of several documents, one after the other; n-grams never cross from one to the next.
struct TokenDocuments {
  std::vector<std::uint32_t> tokens;
  std::vector<std::size_t> starts;  // of each document, ascending; the first is 0

  void add(std::span<const std::uint32_t> document);
  std::size_t size() const { return starts.size(); }
  std::span<const std::uint32_t> document(std::size_t index) const;
};

class NgramCounts {
 public:
  static constexpr int kHighestOrder = 16;

  // Counts every n-gram of 1 to `order` tokens (1 to kHighestOrder). At most 2^32 - 2 tokens in
  // all; the token 2^32 - 1 is not one.
  NgramCounts(const TokenDocuments& documents, int order);

  // What follows a context of `length` tokens: how many occurrences, and of how many tokens.
  struct Followers {
    std::uint32_t total = 0;
    std::uint32_t distinct = 0;
  };

  // The contexts that end at one place of a text, from none to order - 1 tokens long.
  class History {
   public:
    // The longest context that occurs in the counts and is followed by something there; -1 when
    // even the empty one is not (nothing was counted).
    int longest() const { return longest_; }

   private:
    friend class NgramCounts;
    std::array<std::uint32_t, kHighestOrder> nodes_{};  // by length, up to longest_
    int longest_ = -1;
  };

  int order() const { return order_; }
  // The beginning of a document.
  History begin() const;
  Followers followers(const History& history, int length) const;
  // How often `token` follows each context: `counts[length]` for 0 to history.longest(). Then moves
  // `history` behind the token.
  void advance(History& history, std::uint32_t token, std::span<std::uint32_t> counts) const;

  // Different n-grams of all orders.
  std::size_t size() const;

 private:
  // The n-grams of one length, in the order of their prefixes, then of their last tokens.
  struct Level {
    std::vector<std::uint32_t> token;   // the last one
    std::vector<std::uint32_t> before;  // occurrences of all earlier entries; one entry more
    std::vector<std::uint32_t> child;   // first entry of the next level; one entry more
  };

  void count(std::vector<std::uint32_t> stream);
  std::optional<std::uint32_t> find_child(int length, std::uint32_t node,
                                          std::uint32_t token) const;
  bool has_followers(int length, std::uint32_t node) const;

  int order_;
  std::vector<Level> levels_;  // [0] is the empty n-gram, [n] the n-grams of n tokens
};

}  // namespace candor
