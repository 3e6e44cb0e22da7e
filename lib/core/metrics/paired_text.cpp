// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/paired_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "core/metrics/bootstrap.h"
#include "core/metrics/intervals.h"
#include "core/metrics/token_resample.h"

namespace candor {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A metric is a function of one sum over another, each of them over the units.
struct Quotient {
  const std::vector<double>* top;
  const std::vector<double>* bottom;
};

Quotient quotient_of(const std::string& metric, const TextLosses& losses) {
  return {metric.starts_with("sliding_") ? &losses.sliding_nll : &losses.nll,
          is_per_token(metric) ? &losses.tokens : &losses.bytes};
}

bool in_bits(const std::string& metric) {
  return metric == "bits_per_byte" || metric == "cross_entropy_bits_per_token";
}

bool is_exponential(const std::string& metric) { return metric.ends_with("perplexity"); }

// The metric of nats per token or byte, and how fast it grows with them.
double value_of(const std::string& metric, double nats) {
  if (is_exponential(metric)) return std::exp(nats);
  return in_bits(metric) ? nats / std::numbers::ln2 : nats;
}
double slope_of(const std::string& metric, double nats) {
  if (is_exponential(metric)) return std::exp(nats);
  return in_bits(metric) ? 1.0 / std::numbers::ln2 : 1.0;
}

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double weighted(std::span<const double> weight, const std::vector<double>& values) {
  return std::inner_product(weight.begin(), weight.end(), values.begin(), 0.0);
}

// What each unit adds to the metric, by the delta method.
std::vector<double> influence_of(const std::string& metric, const Quotient& quotient) {
  const auto bottom = sum_of(*quotient.bottom);
  const auto nats = sum_of(*quotient.top) / bottom;
  const auto slope = slope_of(metric, nats) / bottom;
  std::vector<double> influence;
  for (std::size_t u = 0; u < quotient.top->size(); ++u) {
    influence.push_back(slope * ((*quotient.top)[u] - nats * (*quotient.bottom)[u]));
  }
  return influence;
}

// The difference by the weights of documents.
class QuotientDifference : public RowStatistics {
 public:
  QuotientDifference(const std::string& metric, const Quotient& first, const Quotient& other)
      : metric_(metric), first_(first), other_(other) {}
  std::size_t size() const override { return 1; }
  // NaN where only documents without a predicted token were drawn.
  void evaluate(std::span<const double> weight, std::span<double> values) const override {
    values[0] = value(weight, other_) - value(weight, first_);
  }

 private:
  double value(std::span<const double> weight, const Quotient& quotient) const {
    return value_of(metric_, weighted(weight, *quotient.top) / weighted(weight, *quotient.bottom));
  }

  const std::string& metric_;
  Quotient first_, other_;
};

void set_result(Difference& difference, const std::optional<Interval>& interval,
                const std::vector<double>& samples, const char* method) {
  if (!interval) return;
  difference.low = interval->low;
  difference.high = interval->high;
  difference.method = method;
  difference.p = bootstrap_p(*difference.value, samples);
}

void compare_documents(Difference& difference, const Quotient& first, const Quotient& other,
                       const std::vector<double>& influence, double confidence) {
  const std::vector<double> once(influence.size(), 1.0);
  const QuotientDifference statistic(difference.metric, first, other);
  const auto samples = bootstrap_samples(statistic, once, resample_count(once.size()))[0];
  const auto spread = spread_of(influence, once);
  const auto value = *difference.value;
  const auto interval = samples.size() < kFullResamples
                            ? bootstrap_interval(value, samples, confidence, -kInfinity, kInfinity)
                            : bca_interval(value, samples, spread.acceleration, spread.rows,
                                           confidence, -kInfinity, kInfinity);
  set_result(difference, interval, samples, "document bootstrap");
}

void compare_blocks(Difference& difference, const Quotient& first, const Quotient& other,
                    const std::vector<double>& influence, double confidence) {
  const auto length = block_length(influence);
  const auto means = block_bootstrap_means({first.top, first.bottom, other.top, other.bottom},
                                           length, kFullResamples);
  const auto wider = block_error(influence, length).factor(confidence);
  const auto value = *difference.value;
  std::vector<double> samples;
  for (std::size_t r = 0; r < means[0].size(); ++r) {
    const auto sample = value_of(difference.metric, means[2][r] / means[3][r]) -
                        value_of(difference.metric, means[0][r] / means[1][r]);
    samples.push_back(value + wider * (sample - value));
  }
  set_result(difference, bootstrap_interval(value, samples, confidence, -kInfinity, kInfinity),
             samples, "block bootstrap");
}

void add(TextLosses& losses, const TextCell* cell) {
  static constexpr TextCell kNothing;
  const auto& one = cell == nullptr ? kNothing : *cell;
  losses.nll.push_back(one.nll);
  losses.sliding_nll.push_back(one.sliding_nll);
  losses.tokens.push_back(static_cast<double>(one.tokens));
  losses.bytes.push_back(static_cast<double>(one.bytes));
}

using Place = std::pair<std::int64_t, std::int64_t>;  // document and byte

std::map<Place, TextCell> by_place(const std::vector<TextCell>& cells, bool documents) {
  std::map<Place, TextCell> result;
  for (const auto& cell : cells) {
    auto& sum = result[{cell.document, documents ? 0 : cell.byte}];
    sum.tokens += cell.tokens;
    sum.bytes += cell.bytes;
    sum.nll += cell.nll;
    sum.sliding_nll += cell.sliding_nll;
  }
  return result;
}

}  // namespace

bool PairedText::identical() const {
  return first.tokens == other.tokens && first.bytes == other.bytes && first.nll == other.nll &&
         first.sliding_nll == other.sliding_nll;
}

PairedText pair_cells(const std::vector<TextCell>& first, const std::vector<TextCell>& other) {
  std::set<std::int64_t> documents;
  for (const auto* cells : {&first, &other}) {
    for (const auto& cell : *cells) documents.insert(cell.document);
  }
  PairedText pair;
  pair.documents = documents.size() >= kFewestDocuments;
  const auto a = by_place(first, pair.documents), b = by_place(other, pair.documents);
  std::set<Place> places;
  for (const auto* cells : {&a, &b}) {
    for (const auto& [place, cell] : *cells) places.insert(place);
  }
  const auto find = [](const auto& cells, const Place& place) {
    const auto found = cells.find(place);
    return found == cells.end() ? nullptr : &found->second;
  };
  for (const auto& place : places) {
    add(pair.first, find(a, place));
    add(pair.other, find(b, place));
  }
  return pair;
}

bool is_per_token(const std::string& metric) {
  static constexpr std::array<std::string_view, 6> kPerToken = {"cross_entropy",
                                                                "perplexity",
                                                                "cross_entropy_bits_per_token",
                                                                "predictive_entropy",
                                                                "sliding_cross_entropy",
                                                                "sliding_perplexity"};
  return std::find(kPerToken.begin(), kPerToken.end(), metric) != kPerToken.end();
}

bool told_by_cells(const std::string& metric) {
  return metric == "bits_per_byte" || (is_per_token(metric) && metric != "predictive_entropy");
}

Difference compare_texts(const std::string& metric, const PairedText& pair, double confidence) {
  const auto first = quotient_of(metric, pair.first), other = quotient_of(metric, pair.other);
  const auto value = [&](const Quotient& quotient) {
    return value_of(metric, sum_of(*quotient.top) / sum_of(*quotient.bottom));
  };
  const auto result = value(other) - value(first);
  if (!std::isfinite(result)) {
    return undefined_difference(metric, "no predicted tokens, or too large for a number");
  }
  Difference difference;
  difference.metric = metric;
  difference.value = result;
  auto influence = influence_of(metric, other);
  const auto less = influence_of(metric, first);
  std::transform(influence.begin(), influence.end(), less.begin(), influence.begin(),
                 std::minus<>());
  if (pair.documents) {
    compare_documents(difference, first, other, influence, confidence);
  } else {
    compare_blocks(difference, first, other, influence, confidence);
  }
  return difference;
}

}  // namespace candor
