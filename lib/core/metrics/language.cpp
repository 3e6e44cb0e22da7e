// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/config/metric_list.h"
#include "core/metrics/bootstrap.h"
#include "core/metrics/measures.h"

namespace candor {
namespace {

constexpr std::size_t kFewestDocuments = 20;
// Longer texts are resampled in cells of several tokens each.
constexpr std::size_t kMostCells = 200'000;

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

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

struct Resampled {
  std::vector<double> nll, entropy;  // mean per token of each resample
  std::string method;
};

Resampled resample_blocks(const Scored& scored) {
  const auto width = 1 + (scored.nll.size() - 1) / kMostCells;
  const auto nll = cell_means(scored.nll, width);
  const auto entropy = cell_means(scored.entropy, scored.entropy.empty() ? 1 : width);
  std::vector<const std::vector<double>*> series = {&nll};
  if (!entropy.empty()) series.push_back(&entropy);
  auto means = block_bootstrap_means(series, block_length(nll), kFullResamples);
  return {std::move(means[0]), entropy.empty() ? std::vector<double>{} : std::move(means[1]),
          "block bootstrap"};
}

struct Document {
  double tokens = 0.0;
  double nll = 0.0;
  double entropy = 0.0;

  void add(const Document& other, double times) {
    tokens += times * other.tokens;
    nll += times * other.nll;
    entropy += times * other.entropy;
  }
};

std::vector<Document> documents_of(const Scored& scored) {
  std::vector<Document> documents;
  std::size_t next = 0;
  for (std::size_t i = 0; i < scored.nll.size(); ++i) {
    for (; next < scored.document_starts.size() &&
           std::cmp_less_equal(scored.document_starts[next], i);
         ++next) {
      documents.emplace_back();
    }
    if (documents.empty()) documents.emplace_back();
    documents.back().add({1.0, scored.nll[i], scored.entropy.empty() ? 0.0 : scored.entropy[i]},
                         1.0);
  }
  return documents;
}

Resampled resample_documents(const Scored& scored) {
  const auto documents = documents_of(scored);
  Resampled result;
  result.method = "document bootstrap";
  std::vector<std::uint32_t> counts;
  for (std::size_t r = 0; r < resample_count(documents.size()); ++r) {
    draw_counts(documents.size(), r, counts);
    Document sum;
    for (std::size_t i = 0; i < counts.size(); ++i) sum.add(documents[i], counts[i]);
    if (sum.tokens == 0.0) continue;
    result.nll.push_back(sum.nll / sum.tokens);
    result.entropy.push_back(sum.entropy / sum.tokens);
  }
  return result;
}

Resampled resample(const Scored& scored) {
  return scored.document_starts.size() >= kFewestDocuments ? resample_documents(scored)
                                                           : resample_blocks(scored);
}

std::optional<Interval> interval_of(const Metric& metric, std::vector<double> samples,
                                    double confidence) {
  if (!metric.value) return std::nullopt;
  const auto& info = *find_metric_info(metric.name);
  return bootstrap_interval(*metric.value, std::move(samples), confidence, info.lowest,
                            info.highest);
}

// A metric that is a rising function of the cross-entropy has that function's interval.
template <class Function>
std::optional<Interval> mapped(const std::optional<Interval>& interval, const Function& function) {
  if (!interval) return std::nullopt;
  return Interval{function(interval->low), function(interval->high)};
}

std::vector<Metric> without_tokens() {
  std::vector<Metric> metrics;
  for (const auto& name : metric_names(TaskType::language_model)) {
    metrics.push_back(undefined_metric(name, "no predicted tokens"));
  }
  return metrics;
}

}  // namespace

std::vector<Metric> measure_language(const Scored& scored, const MeasureOptions& options) {
  if (scored.nll.empty()) return without_tokens();
  const auto tokens = static_cast<double>(scored.nll.size());
  const auto nats = mean_of(scored.nll);
  const auto exponential = [](double x) { return std::exp(x); };
  const auto bits = [](double x) { return x / std::numbers::ln2; };
  // The text's tokens per byte are taken as known.
  const auto per_byte = [&](double x) {
    return x * tokens / (std::numbers::ln2 * static_cast<double>(scored.bytes));
  };
  std::vector<Metric> metrics = {
      valued_metric("cross_entropy", nats), valued_metric("perplexity", exponential(nats)),
      valued_metric("cross_entropy_bits_per_token", bits(nats)),
      scored.bytes > 0 ? valued_metric("bits_per_byte", per_byte(nats))
                       : undefined_metric("bits_per_byte", "the number of bytes is not known"),
      scored.entropy.empty() ? undefined_metric("predictive_entropy", "not recorded")
                             : valued_metric("predictive_entropy", mean_of(scored.entropy))};
  if (!options.intervals) return metrics;
  auto samples = resample(scored);
  const auto interval = interval_of(metrics[0], std::move(samples.nll), options.confidence);
  set_interval(metrics[0], interval, samples.method);
  set_interval(metrics[1], mapped(interval, exponential), samples.method);
  set_interval(metrics[2], mapped(interval, bits), samples.method);
  set_interval(metrics[3], mapped(interval, per_byte), samples.method);
  set_interval(metrics[4], interval_of(metrics[4], std::move(samples.entropy), options.confidence),
               samples.method);
  return metrics;
}

}  // namespace candor
