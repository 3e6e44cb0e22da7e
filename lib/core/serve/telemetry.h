// SPDX-License-Identifier: Apache-2.0
// What the server counts: atomics only, laid out when the server starts, so that counting neither
// locks nor allocates and a client cannot add a label.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/serve/batcher.h"

namespace candor {

enum class Route { infer, predict, completions, metadata, health, metrics, other };
inline constexpr std::array<std::string_view, 7> kRouteNames{
    "infer", "predict", "completions", "metadata", "health", "metrics", "other"};
// Counted for a client that left before its answer was whole; never sent. As nginx has it.
inline constexpr int kClientLeft = 499;
inline constexpr std::array<int, 14> kStatusCodes{200, 400, 404, 405,         408, 413, 414,
                                                  415, 417, 431, kClientLeft, 500, 503, 505};

// A Prometheus histogram with fixed upper bounds.
template <std::size_t Count>
class Histogram {
 public:
  explicit constexpr Histogram(std::array<double, Count> bounds) : bounds_(bounds) {}
  void add(double value) {
    std::size_t bucket = 0;
    while (bucket < Count && value > bounds_[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  // Sample lines of `name` with the given labels, such as `model="a"`.
  void write(std::string& out, std::string_view name, std::string_view labels) const;

 private:
  std::array<double, Count> bounds_;
  std::array<std::atomic<std::uint64_t>, Count + 1> counts_{};
  std::atomic<double> sum_{0.0};
};

inline constexpr std::array<double, 14> kSecondBounds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0};
inline constexpr std::array<double, 9> kRowBounds{1, 2, 4, 8, 16, 32, 64, 128, 256};

// Counters of one model, or of all requests without one.
class ModelTelemetry final : public BatchObserver {
 public:
  // Without `seconds`, what was no request in time: it counts, but has no duration.
  void request(Route route, int status, std::optional<double> seconds);
  void tokens(std::int64_t prompt, std::int64_t completion);

  void queued(std::int64_t rows) override { queue_rows_.store(rows, std::memory_order_relaxed); }
  void batch(std::int64_t rows) override { batch_rows_.add(static_cast<double>(rows)); }
  void dropped(Dropped why) override;

 private:
  friend class MetricsWriter;
  using Counter = std::atomic<std::uint64_t>;
  std::array<std::array<Counter, kStatusCodes.size() + 1>, kRouteNames.size()> requests_{};
  Histogram<kSecondBounds.size()> seconds_{kSecondBounds};
  Histogram<kRowBounds.size()> batch_rows_{kRowBounds};
  std::atomic<std::int64_t> queue_rows_{0};
  Counter prompt_tokens_{0}, completion_tokens_{0};
  std::array<Counter, 3> dropped_{};
};

struct NamedTelemetry {
  std::string_view model;  // empty: requests without a model
  const ModelTelemetry* telemetry;
  bool answers = true;  // false: no queue, batches or tokens
};

// The body of GET /metrics: Prometheus text format 0.0.4.
std::string metrics_text(const std::vector<NamedTelemetry>& all, std::size_t connections);

}  // namespace candor
