// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "core/config/metric_list.h"
#include "core/metrics/averages.h"
#include "core/metrics/bootstrap.h"
#include "core/metrics/measures.h"
#include "core/metrics/token_resample.h"

namespace candor {
namespace {

std::optional<Interval> interval_of(const Metric& metric, const TokenResamples& resamples,
                                    std::size_t series, double confidence) {
  if (!metric.value) return std::nullopt;
  const auto& info = *find_metric_info(metric.name);
  return resamples.interval(series, *metric.value, confidence, info.lowest, info.highest);
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

// The loss in its units. Its resamples are those of series number `series`.
std::vector<Metric> loss_metrics(const std::vector<double>& nll, std::int64_t bytes,
                                 const TokenResamples& resamples, std::size_t series,
                                 const MeasureOptions& options) {
  const auto tokens = static_cast<double>(nll.size());
  const auto nats = mean_of(nll);
  const auto exponential = [](double x) { return std::exp(x); };
  const auto bits = [](double x) { return x / std::numbers::ln2; };
  // The text's tokens per byte are taken as known.
  const auto per_byte = [&](double x) {
    return x * tokens / (std::numbers::ln2 * static_cast<double>(bytes));
  };
  std::vector<Metric> metrics = {
      valued_metric("cross_entropy", nats), valued_metric("perplexity", exponential(nats)),
      valued_metric("cross_entropy_bits_per_token", bits(nats)),
      bytes > 0 ? valued_metric("bits_per_byte", per_byte(nats))
                : undefined_metric("bits_per_byte", "the number of bytes is not known")};
  if (!options.intervals) return metrics;
  const auto interval = interval_of(metrics[0], resamples, series, options.confidence);
  set_interval(metrics[0], interval, resamples.method);
  set_interval(metrics[1], mapped(interval, exponential), resamples.method);
  set_interval(metrics[2], mapped(interval, bits), resamples.method);
  set_interval(metrics[3], mapped(interval, per_byte), resamples.method);
  return metrics;
}

// The same tokens' loss with more text before each; empty unless it was measured.
std::vector<Metric> sliding_metrics(const Scored& scored, const TokenResamples& resamples,
                                    std::size_t series, const MeasureOptions& options) {
  if (scored.sliding_nll.empty()) return {};
  const auto exponential = [](double x) { return std::exp(x); };
  const auto nats = mean_of(scored.sliding_nll);
  std::vector<Metric> metrics = {valued_metric("sliding_cross_entropy", nats),
                                 valued_metric("sliding_perplexity", exponential(nats))};
  if (!options.intervals) return metrics;
  const auto interval = interval_of(metrics[0], resamples, series, options.confidence);
  set_interval(metrics[0], interval, resamples.method);
  set_interval(metrics[1], mapped(interval, exponential), resamples.method);
  return metrics;
}

// How much less the model loses than the baseline, on the same tokens. The difference is series
// number 2.
Metric gain_metric(const Scored& scored, const TokenResamples& resamples,
                   const MeasureOptions& options) {
  Metric gain;
  gain.name = "gain";
  gain.value = mean_of(scored.baseline->nll) - mean_of(scored.nll);
  if (!options.intervals) return gain;
  const auto infinity = std::numeric_limits<double>::infinity();
  set_interval(gain, resamples.interval(2, *gain.value, options.confidence, -infinity, infinity),
               resamples.method);
  return gain;
}

std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
  return result;
}

std::string gain_sentence(const BaselineReport& baseline, double confidence) {
  const auto name = fmt::format("the {}-gram baseline", baseline.order);
  const auto& gain = baseline.gain;
  // Of the gain, or of the loss, which is the gain with the other sign.
  const auto size = [&](bool loss) {
    const double sign = loss ? -1.0 : 1.0;
    const auto ends = std::minmax({sign * gain.low.value_or(0.0), sign * gain.high.value_or(0.0)});
    const auto interval = gain.low ? fmt::format(" ({:.6g} % interval {:.4f} to {:.4f})",
                                                 100.0 * confidence, ends.first, ends.second)
                                   : std::string();
    return fmt::format("{:.4f} nats a token{}", sign * *gain.value, interval);
  };
  if (gain.low && *gain.low <= 0.0 && *gain.high >= 0.0) {
    return fmt::format("These tokens tell no difference between the model and {}: a gain of {}.",
                       name, size(false));
  }
  const auto ratio = std::exp(std::min(-*gain.value, 700.0));
  if (*gain.value > 0.0) {
    return fmt::format(
        "The model loses less than {} by {}: its perplexity is {:.3g} times as high.", name,
        size(false), ratio);
  }
  return fmt::format(
      "The model loses more than {} by {}: its perplexity is {:.3g} times as high. Counting short "
      "runs of tokens still does better; train longer, or a larger model, or on a longer context.",
      name, size(true), ratio);
}

}  // namespace

std::vector<Metric> measure_language(const Scored& scored, const MeasureOptions& options) {
  if (scored.nll.empty()) return without_tokens();
  std::vector<const std::vector<double>*> series = {&scored.nll};
  if (!scored.entropy.empty()) series.push_back(&scored.entropy);
  const auto sliding = series.size();
  if (!scored.sliding_nll.empty()) series.push_back(&scored.sliding_nll);
  TokenResamples resamples;
  if (options.intervals) resamples = resample_tokens(scored.document_starts, series);
  auto metrics = loss_metrics(scored.nll, scored.bytes, resamples, 0, options);
  metrics.push_back(scored.entropy.empty()
                        ? undefined_metric("predictive_entropy", "not recorded")
                        : valued_metric("predictive_entropy", mean_of(scored.entropy)));
  if (options.intervals) {
    auto& entropy = metrics.back();
    set_interval(entropy, interval_of(entropy, resamples, 1, options.confidence), resamples.method);
  }
  for (auto& metric : sliding_metrics(scored, resamples, sliding, options)) {
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

std::optional<BaselineReport> measure_baseline(const Scored& scored,
                                               const MeasureOptions& options) {
  if (!scored.baseline) return std::nullopt;
  const auto& baseline = *scored.baseline;
  BaselineReport report;
  report.order = baseline.order;
  report.training_tokens = baseline.training_tokens;
  report.held_out_tokens = baseline.held_out_tokens;
  report.weights_from = baseline.weights_from;
  report.reason = baseline.reason;
  if (baseline.nll.empty()) {
    if (report.reason.empty()) report.reason = "no predicted tokens";
    return report;
  }
  TokenResamples resamples;
  if (options.intervals) {
    const auto gains = differences(baseline.nll, scored.nll);
    resamples = resample_tokens(scored.document_starts, {&scored.nll, &baseline.nll, &gains});
  }
  report.gain = gain_metric(scored, resamples, options);
  report.metrics = loss_metrics(baseline.nll, scored.bytes, resamples, 1, options);
  report.summary = gain_sentence(report, options.confidence);
  return report;
}

}  // namespace candor
