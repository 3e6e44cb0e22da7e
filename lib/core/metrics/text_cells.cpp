// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/text_cells.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/metrics/token_resample.h"

namespace candor {
namespace {

constexpr std::int64_t kNarrowest = 64;
constexpr std::int64_t kMostCells = 16'384;

std::int64_t text_bytes(const TokenStore& tokens) {
  std::int64_t bytes = 0;
  for (std::int64_t d = 0; d < tokens.documents(); ++d) {
    bytes += static_cast<std::int64_t>(tokens.bytes_of(d).first + tokens.bytes_of(d).rest);
  }
  return bytes;
}

std::int64_t cell_width(const TokenStore& tokens) {
  if (tokens.documents() >= static_cast<std::int64_t>(kFewestDocuments)) {
    return std::numeric_limits<std::int64_t>::max();
  }
  auto width = kNarrowest;
  for (const auto bytes = text_bytes(tokens); bytes / width > kMostCells;) width *= 2;
  return width;
}

std::vector<double> spelt_bytes(const Tokenizer& tokenizer) {
  std::vector<double> bytes;
  for (std::int64_t id = 0; id < tokenizer.size(); ++id) {
    bytes.push_back(static_cast<double>(tokenizer.piece(id).size()));
  }
  return bytes;
}

// Where each predicted token of a document ends, in bytes of its text. `spelt` is what each spells:
// 0 for an unknown one, which shares what the others leave.
std::vector<std::int64_t> token_ends(std::vector<double> spelt, const DocumentBytes& bytes) {
  const auto rest = static_cast<double>(bytes.rest);
  auto total = std::accumulate(spelt.begin(), spelt.end(), 0.0);
  const auto unknown = static_cast<double>(std::count(spelt.begin(), spelt.end(), 0.0));
  if (unknown > 0.0) {
    const auto share = std::max(1.0, (rest - total) / unknown);
    std::replace(spelt.begin(), spelt.end(), 0.0, share);
    total += unknown * share;
  }
  std::vector<std::int64_t> ends;
  double sum = 0.0;
  for (const auto size : spelt) {
    sum += size;
    ends.push_back(static_cast<std::int64_t>(bytes.first) + std::llround(rest * sum / total));
  }
  return ends;
}

class Cutter {
 public:
  Cutter(const TokenStore& tokens, const Tokenizer& tokenizer, const Scored& scored)
      : tokens_(tokens),
        scored_(scored),
        spelt_(spelt_bytes(tokenizer)),
        width_(cell_width(tokens)) {}

  std::vector<TextCell> cut() {
    for (std::int64_t d = 0; d < tokens_.documents(); ++d) add_document(d);
    return std::move(cells_);
  }

 private:
  void add_document(std::int64_t document) {
    const auto first = tokens_.start(document) + 1;
    const auto count = tokens_.start(document + 1) - first;
    if (count <= 0) return;
    std::vector<std::uint32_t> ids(static_cast<std::size_t>(count));
    tokens_.copy(first, count, ids.data());
    std::vector<double> spelt;
    for (const auto id : ids) spelt.push_back(spelt_[id]);
    const auto& bytes = tokens_.bytes_of(document);
    auto begin = static_cast<std::int64_t>(bytes.first);
    for (const auto end : token_ends(std::move(spelt), bytes)) {
      add_token(document, begin, end);
      begin = end;
    }
  }

  void add_token(std::int64_t document, std::int64_t begin, std::int64_t end) {
    const auto byte = std::max<std::int64_t>(0, end - 1) / width_ * width_;
    if (cells_.empty() || cells_.back().document != document || cells_.back().byte != byte) {
      cells_.push_back({document, byte});
    }
    auto& cell = cells_.back();
    cell.bytes += end - begin;
    ++cell.tokens;
    cell.nll += scored_.nll[next_];
    if (!scored_.sliding_nll.empty()) cell.sliding_nll += scored_.sliding_nll[next_];
    ++next_;
  }

  const TokenStore& tokens_;
  const Scored& scored_;
  std::vector<double> spelt_;  // bytes of each token of the vocabulary
  std::int64_t width_;
  std::size_t next_ = 0;  // token of `scored_`
  std::vector<TextCell> cells_;
};

}  // namespace

std::vector<TextCell> text_cells(const TokenStore& tokens, const Tokenizer& tokenizer,
                                 const Scored& scored) {
  return Cutter(tokens, tokenizer, scored).cut();
}

}  // namespace candor
