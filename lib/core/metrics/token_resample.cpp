// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/token_resample.h"

#include <numeric>
#include <utility>

#include "core/metrics/bootstrap.h"

namespace candor {
namespace {

constexpr std::size_t kFewestDocuments = 20;
// Longer texts are resampled in cells of several tokens each.
constexpr std::size_t kMostCells = 200'000;

using Series = std::vector<const std::vector<double>*>;

// Means of `width` neighbours; a rest at the end joins the last cell.
std::vector<double> cell_means(const std::vector<double>& values, std::size_t width) {
  std::vector<double> cells;
  const auto count = values.size() / width;
  for (std::size_t c = 0; c < count; ++c) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(c * width);
    const auto end = c + 1 == count ? values.end() : begin + static_cast<std::ptrdiff_t>(width);
    cells.push_back(std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin));
  }
  return cells;
}

TokenResamples resample_blocks(const Series& series) {
  const auto width = 1 + (series.front()->size() - 1) / kMostCells;
  std::vector<std::vector<double>> cells;
  for (const auto* one : series) cells.push_back(cell_means(*one, width));
  Series pointers;
  for (const auto& one : cells) pointers.push_back(&one);
  return {block_bootstrap_means(pointers, block_length(cells.front()), kFullResamples),
          "block bootstrap"};
}

// Tokens of each document and what each series sums to there.
struct DocumentSums {
  std::vector<double> tokens;
  std::vector<std::vector<double>> sums;  // [series][document]
};

DocumentSums sum_documents(const std::vector<std::int64_t>& starts, const Series& series) {
  DocumentSums documents;
  documents.sums.resize(series.size());
  const auto add_document = [&] {
    documents.tokens.push_back(0.0);
    for (auto& sums : documents.sums) sums.push_back(0.0);
  };
  std::size_t next = 0;
  for (std::size_t i = 0; i < series.front()->size(); ++i) {
    for (; next < starts.size() && std::cmp_less_equal(starts[next], i); ++next) add_document();
    if (documents.tokens.empty()) add_document();
    documents.tokens.back() += 1.0;
    for (std::size_t s = 0; s < series.size(); ++s) {
      documents.sums[s].back() += (*series[s])[i];
    }
  }
  return documents;
}

double weighted(const std::vector<std::uint32_t>& counts, const std::vector<double>& values) {
  double sum = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) sum += counts[i] * values[i];
  return sum;
}

TokenResamples resample_documents(const std::vector<std::int64_t>& starts, const Series& series) {
  const auto documents = sum_documents(starts, series);
  TokenResamples result;
  result.means.resize(series.size());
  result.method = "document bootstrap";
  std::vector<std::uint32_t> counts;
  for (std::size_t r = 0; r < resample_count(documents.tokens.size()); ++r) {
    draw_counts(documents.tokens.size(), r, counts);
    const auto tokens = weighted(counts, documents.tokens);
    if (tokens == 0.0) continue;
    for (std::size_t s = 0; s < series.size(); ++s) {
      result.means[s].push_back(weighted(counts, documents.sums[s]) / tokens);
    }
  }
  return result;
}

}  // namespace

TokenResamples resample_tokens(const std::vector<std::int64_t>& document_starts,
                               const Series& series) {
  return document_starts.size() >= kFewestDocuments ? resample_documents(document_starts, series)
                                                    : resample_blocks(series);
}

}  // namespace candor
