// SPDX-License-Identifier: Apache-2.0
#include "core/text/corpus.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <utility>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/missing_group.h"
#include "core/base/random.h"
#include "core/base/sha256.h"

namespace candor {
namespace {

// Philox over the text, eight bytes a round: the same on every machine.
std::uint64_t key_of(std::string_view text) {
  std::array<std::uint32_t, 2> state = {static_cast<std::uint32_t>(text.size()), 0x5DEECE66u};
  for (std::size_t at = 0; at < text.size(); at += 8) {
    std::array<std::uint32_t, 2> word = {};
    std::memcpy(word.data(), text.data() + at, std::min<std::size_t>(8, text.size() - at));
    const auto mixed = philox({word[0], word[1], state[0], state[1]}, {0x9E3779B9u, 0xBB67AE85u});
    state = {mixed[0], mixed[1]};
  }
  return (std::uint64_t{state[0]} << 32) | state[1];
}

std::string relative_name(const std::string& path, const std::string& root) {
  return std::filesystem::path(path).lexically_relative(root).string();
}

std::size_t rounded(const std::optional<double>& fraction, std::size_t count) {
  return static_cast<std::size_t>(
      std::llround(fraction.value_or(0.0) * static_cast<double>(count)));
}

}  // namespace

Corpus::Corpus(const std::vector<std::string>& paths, DocumentRules rules, Clean clean)
    : rules_(std::move(rules)), clean_(std::move(clean)) {
  for (const auto& path : paths) {
    entries_.push_back({path, text_files(path), "", 0});
    survey(entries_.back());
  }
  if (!keys_.empty()) {
    require_group_fields();
    return;
  }
  const bool one_file = entries_.size() == 1 && entries_[0].files.size() == 1;
  throw Error(ErrorKind::data,
              entries_[0].path + (one_file ? ": the file is empty; a text is expected"
                                           : ": no text in any of the files; a text is expected"));
}

// A name that no document has is a slip.
void Corpus::require_group_fields() const {
  for (std::size_t column = 0; !groups_.empty() && column < rules_.groups.size(); ++column) {
    const bool some = std::any_of(groups_.begin(), groups_.end(), [&](const auto& values) {
      return values[column] != kMissingGroup;
    });
    if (some) continue;
    throw Error(ErrorKind::config, "data.groups: no document in " + entries_[0].path +
                                       (entries_.size() > 1 ? " and the other files" : "") +
                                       " has the field '" + rules_.groups[column] + "'");
  }
}

void Corpus::survey(CorpusEntry& entry) {
  std::string listing;
  auto& digests = digests_.emplace_back();
  for (const auto& path : entry.files) {
    std::int64_t cleaned_away = 0;
    std::vector<bool> kept;
    auto file = read_documents(path, rules_, [&](std::string_view text) {
      const auto cleaned = clean_ ? clean_(text) : std::string();
      if (clean_) text = cleaned;
      kept.push_back(!text.empty());
      if (text.empty()) ++cleaned_away;
      if (keys_.empty()) first_bytes_ = static_cast<std::int64_t>(text.size());
      if (!text.empty()) keys_.push_back(key_of(text));
    });
    for (std::size_t i = 0; i < file.groups.size(); ++i) {
      if (kept[i]) groups_.push_back(std::move(file.groups[i]));
    }
    empty_ += file.empty + cleaned_away;
    entry.bytes += file.bytes;
    digests.push_back(file.sha256);
    listing += relative_name(path, entry.path) + " " + file.sha256 + "\n";
  }
  const bool folder = entry.files.size() != 1 || entry.files[0] != entry.path;
  entry.sha256 = folder ? sha256(listing) : digests[0];
}

std::string Corpus::digest() const {
  std::string text;
  for (const auto& entry : entries_) text += entry.sha256 + "\n";
  return sha256(text);
}

void Corpus::read(const std::function<void(std::int64_t, std::string_view)>& take) const {
  std::int64_t index = 0;
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    for (std::size_t f = 0; f < entries_[e].files.size(); ++f) {
      const auto& path = entries_[e].files[f];
      const auto file = read_documents(path, rules_, [&](std::string_view text) {
        const auto cleaned = clean_ ? clean_(text) : std::string();
        if (clean_) text = cleaned;
        // More documents than before: the digest will tell, at the end of the file.
        if (!text.empty() && index < documents()) take(index++, text);
      });
      if (file.sha256 == digests_[e][f]) continue;
      throw Error(ErrorKind::data,
                  path + ": has changed while it was read; try again when nothing writes to it");
    }
  }
}

std::vector<CorpusPart> split_documents(std::span<const std::uint64_t> keys,
                                        const SplitConfig& split) {
  const RandomStream stream(split.seed, "split/documents");
  std::vector<std::uint64_t> drawn(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) drawn[i] = stream.bits(keys[i]);
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(drawn[a], a) < std::pair(drawn[b], b);
  });
  std::vector<CorpusPart> parts(keys.size(), CorpusPart::train);
  std::size_t next = 0;
  const auto take = [&](CorpusPart part, std::size_t count) {
    const auto end = std::min(next + count, order.size());
    for (; next < order.size(); ++next) {
      const bool same = next > 0 && drawn[order[next]] == drawn[order[next - 1]] &&
                        parts[order[next - 1]] == part;
      if (next >= end && !same) return;
      parts[order[next]] = part;
    }
  };
  if (const auto count = rounded(split.test, keys.size()); count > 0) take(CorpusPart::test, count);
  if (const auto count = rounded(split.validation, keys.size()); count > 0) {
    take(CorpusPart::validation, count);
  }
  return parts;
}

}  // namespace candor
