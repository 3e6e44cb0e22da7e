// SPDX-License-Identifier: Apache-2.0
// How often each word stands in a text that comes in parts: all that training needs to know of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

struct CountedWord {
  std::string_view text;
  std::uint64_t count = 0;
};

// Words and their counts in one table.
class WordTable {
 public:
  WordTable();
  void add(std::string_view word, std::uint64_t count);
  std::size_t size() const { return words_; }
  // In no order. Views live as long as the table.
  std::vector<CountedWord> words() const;

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t begin = 0;  // in text_
    std::uint32_t length = 0;
    std::uint64_t count = 0;  // 0: empty
  };
  void grow();

  std::vector<Slot> slots_;  // open addressing; a power of two, at most half full
  std::string text_;
  std::size_t words_ = 0;
};

// Counts on all cores; the sum does not depend on how many there are.
class WordCounter {
 public:
  // Cuts a text into words: calls its second argument with each.
  using Cut = std::function<void(std::string_view, const std::function<void(std::string_view)>&)>;
  // Longer words are cut, so that no word costs a trainer more than its share. Bytes.
  static constexpr std::size_t kLongestWord = 1024;

  // `cut` may be called from several threads at once. Cutting a text before a blank that follows a
  // visible ASCII character must not change the words.
  explicit WordCounter(Cut cut);

  void add(std::string_view text);
  // Bytes of all that was added.
  std::uint64_t bytes() const { return bytes_; }
  // Once, after all text: words in the order of their bytes. Views live as long as this object.
  std::vector<CountedWord> finish();

 private:
  void count(const std::vector<std::string_view>& texts);
  void flush();

  Cut cut_;
  std::vector<WordTable> tables_;  // one per thread; the first has the sum in the end
  std::string pending_;            // short texts that wait for each other
  std::vector<std::size_t> ends_;  // of each in pending_
  std::uint64_t bytes_ = 0;
};

}  // namespace candor
