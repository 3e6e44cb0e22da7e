// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/token_resample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace candor {
namespace {

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
  const auto length = block_length(cells.front());
  TokenResamples result{block_bootstrap_means(pointers, length, kFullResamples), "block bootstrap"};
  for (const auto& one : cells) result.block_errors.push_back(block_error(one, length));
  return result;
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

// Mean per token of each series, by the weight of documents.
class DocumentMeans : public RowStatistics {
 public:
  explicit DocumentMeans(const DocumentSums& documents) : documents_(documents) {}
  std::size_t size() const override { return documents_.sums.size(); }

  void evaluate(std::span<const double> weight, std::span<double> values) const override {
    // 0 / 0, no number, where only documents without a predicted token were drawn.
    const auto tokens = weighted(weight, documents_.tokens);
    for (std::size_t s = 0; s < values.size(); ++s) {
      values[s] = weighted(weight, documents_.sums[s]) / tokens;
    }
  }

  Spread spread(std::size_t series) const {
    const std::vector<double> once(documents_.tokens.size(), 1.0);
    const auto tokens = weighted(once, documents_.tokens);
    const auto& sums = documents_.sums[series];
    const auto mean = weighted(once, sums) / tokens;
    std::vector<double> influence;
    for (std::size_t d = 0; d < sums.size(); ++d) {
      influence.push_back((sums[d] - mean * documents_.tokens[d]) / tokens);
    }
    return spread_of(influence, once);
  }

 private:
  static double weighted(std::span<const double> weight, const std::vector<double>& values) {
    return std::inner_product(weight.begin(), weight.end(), values.begin(), 0.0);
  }
  const DocumentSums& documents_;
};

TokenResamples resample_documents(const std::vector<std::int64_t>& starts, const Series& series) {
  const auto documents = sum_documents(starts, series);
  const DocumentMeans means(documents);
  const std::vector<double> once(documents.tokens.size(), 1.0);
  TokenResamples result;
  result.means = bootstrap_samples(means, once, resample_count(once.size()));
  result.method = "document bootstrap";
  for (std::size_t s = 0; s < series.size(); ++s) result.spreads.push_back(means.spread(s));
  return result;
}

}  // namespace

std::optional<Interval> TokenResamples::interval(std::size_t series, double value,
                                                 double confidence, double lowest,
                                                 double highest) const {
  if (series >= means.size()) return std::nullopt;
  if (spreads.empty()) {
    const auto drawn = bootstrap_interval(value, means[series], confidence, lowest, highest);
    if (!drawn || series >= block_errors.size()) return drawn;
    const auto wider = block_errors[series].factor(confidence);
    return Interval{std::max(value - wider * (value - drawn->low), lowest),
                    std::min(value + wider * (drawn->high - value), highest)};
  }
  // Few resamples, of very many documents, tell a standard deviation but no tails.
  if (means[series].size() < kFullResamples) {
    return bootstrap_interval(value, means[series], confidence, lowest, highest);
  }
  const auto& spread = spreads[series];
  return bca_interval(value, means[series], spread.acceleration, spread.rows, confidence, lowest,
                      highest);
}

TokenResamples resample_tokens(const std::vector<std::int64_t>& document_starts,
                               const Series& series) {
  return document_starts.size() >= kFewestDocuments ? resample_documents(document_starts, series)
                                                    : resample_blocks(series);
}

}  // namespace candor
