// SPDX-License-Identifier: Apache-2.0
#include "core/text/subword/word_counts.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include "core/base/hash.h"

namespace candor {
namespace {

constexpr std::size_t kFirstSlots = 1 << 12;
constexpr std::size_t kPending = 8 << 20;  // bytes that wait before they are counted together
constexpr std::size_t kPart = 256 << 10;   // bytes that one thread takes at a time

std::size_t threads() { return std::clamp(std::thread::hardware_concurrency(), 1u, 64u); }

bool visible(char c) { return c > ' ' && c < '\x7F'; }

// The first place at or after `from` where a text may be cut; its end without one.
std::size_t safe_cut(std::string_view text, std::size_t from) {
  for (auto at = text.find(' ', from); at != std::string_view::npos; at = text.find(' ', at + 1)) {
    if (at > 0 && visible(text[at - 1])) return at;
  }
  return text.size();
}

void append_parts(std::string_view text, std::vector<std::string_view>& parts) {
  while (text.size() > kPart) {
    const auto end = safe_cut(text, kPart);
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  if (!text.empty()) parts.push_back(text);
}

// The end of the first kLongestWord bytes, or a little before, so that no character is cut.
std::size_t short_end(std::string_view word) {
  auto end = WordCounter::kLongestWord;
  while (end > WordCounter::kLongestWord - 4 &&
         (static_cast<unsigned char>(word[end]) & 0xC0) == 0x80) {
    --end;
  }
  return end;
}

void add_word(WordTable& table, std::string_view word) {
  while (word.size() > WordCounter::kLongestWord) {
    const auto end = short_end(word);
    table.add(word.substr(0, end), 1);
    word.remove_prefix(end);
  }
  table.add(word, 1);
}

}  // namespace

WordTable::WordTable() : slots_(kFirstSlots) {}

void WordTable::add(std::string_view word, std::uint64_t count) {
  const auto hash = hash_bytes(word);
  auto place = hash & (slots_.size() - 1);
  for (; slots_[place].count != 0; place = (place + 1) & (slots_.size() - 1)) {
    auto& slot = slots_[place];
    if (slot.hash == hash && slot.length == word.size() &&
        std::memcmp(text_.data() + slot.begin, word.data(), word.size()) == 0) {
      slot.count += count;
      return;
    }
  }
  slots_[place] = {hash, text_.size(), static_cast<std::uint32_t>(word.size()), count};
  text_ += word;
  if (2 * ++words_ > slots_.size()) grow();
}

void WordTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const auto& slot : old) {
    if (slot.count == 0) continue;
    auto place = slot.hash & (slots_.size() - 1);
    while (slots_[place].count != 0) place = (place + 1) & (slots_.size() - 1);
    slots_[place] = slot;
  }
}

std::vector<CountedWord> WordTable::words() const {
  std::vector<CountedWord> words;
  words.reserve(words_);
  const std::string_view text = text_;
  for (const auto& slot : slots_) {
    if (slot.count > 0) words.push_back({text.substr(slot.begin, slot.length), slot.count});
  }
  return words;
}

WordCounter::WordCounter(Cut cut) : cut_(std::move(cut)), tables_(threads()) {}

void WordCounter::add(std::string_view text) {
  bytes_ += text.size();
  if (text.size() >= kPending) {
    std::vector<std::string_view> parts;
    append_parts(text, parts);
    count(parts);
    return;
  }
  pending_ += text;
  ends_.push_back(pending_.size());
  if (pending_.size() >= kPending) flush();
}

void WordCounter::flush() {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (const auto end : ends_) {
    append_parts(std::string_view(pending_).substr(begin, end - begin), parts);
    begin = end;
  }
  count(parts);
  pending_.clear();
  ends_.clear();
}

void WordCounter::count(const std::vector<std::string_view>& texts) {
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> failures(tables_.size());
  const auto work = [&](std::size_t thread) {
    try {
      auto& table = tables_[thread];
      for (auto i = next++; i < texts.size(); i = next++) {
        cut_(texts[i], [&](std::string_view word) { add_word(table, word); });
      }
    } catch (...) {
      failures[thread] = std::current_exception();
    }
  };
  std::vector<std::jthread> others;
  const auto useful = std::min(tables_.size(), texts.size());
  for (std::size_t thread = 1; thread < useful; ++thread) others.emplace_back(work, thread);
  work(0);
  others.clear();  // waits
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

std::vector<CountedWord> WordCounter::finish() {
  flush();
  for (std::size_t thread = 1; thread < tables_.size(); ++thread) {
    for (const auto& word : tables_[thread].words()) tables_[0].add(word.text, word.count);
  }
  tables_.resize(1);
  auto words = tables_[0].words();
  std::sort(words.begin(), words.end(),
            [](const auto& a, const auto& b) { return a.text < b.text; });
  return words;
}

}  // namespace candor
