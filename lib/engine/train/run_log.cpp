// SPDX-License-Identifier: Apache-2.0
#include "engine/train/run_log.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/base/seconds.h"
#include "core/base/trace.h"

namespace candor {
namespace {

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(std::llround(std::max(0.0, seconds)));
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
}

std::string rate_text(double rate) {
  return rate >= 10000 ? fmt::format("{:.1f}k", rate / 1000) : fmt::format("{:.0f}", rate);
}

}  // namespace

RunLog::RunLog(RunDirectory& run, const TrainPlan& plan, std::string unit,
               std::function<void(const std::string&, bool)> progress)
    : run_(run),
      plan_(plan),
      unit_(std::move(unit)),
      progress_(std::move(progress)),
      events_(run.path()),
      start_(Clock::now()),
      last_row_(start_),
      last_progress_(start_) {}

void RunLog::step(const StepResult& result, TrainState& state, std::int64_t log_every) {
  const TraceSpan span("log");
  if (updates_ > 0) timed_items_ += result.items, timed_seconds_ += result.seconds;
  ++updates_;
  items_since_row_ += result.items;
  items_ += result.items;
  if (!result.skipped) {
    state.loss_sum += result.loss;
    ++state.loss_count;
  }
  if (state.step % log_every == 0 || state.step == plan_.total_steps) {
    auto row = row_of(state.step);
    if (state.loss_count > 0) {
      row["train/loss"] = state.loss_sum / static_cast<double>(state.loss_count);
    }
    if (result.regularisation != 0.0) row["train/regularization"] = result.regularisation;
    if (!result.skipped) row["train/gradient_norm"] = result.gradient_norm;
    row["train/learning_rate"] = result.learning_rate;
    write(row, state.step);
    state.loss_sum = 0.0;
    state.loss_count = 0;
    Json timing;
    timing["step"] = state.step;
    timing["seconds"] = seconds();
    timing[unit_ + "_per_second"] =
        static_cast<double>(items_since_row_) / seconds_since(last_row_);
    run_.append_timing(timing);
    last_row_ = Clock::now();
    items_since_row_ = 0;
  }
  last_loss_ = result.loss;
  report_progress(state);
}

void RunLog::skipped(const StepResult& result, const TrainState& state) {
  auto row = row_of(state.step);
  row["skipped"] = result.fault;
  row["rows"] = result.rows;
  write(row, state.step);
}

void RunLog::rolled_back(const TrainState& from, const TrainState& state) {
  auto row = row_of(state.step + 1);
  row["rolled_back_from"] = from.step;
  row["rolled_back_to"] = state.step;
  row["batches_left_out"] = state.batch_offset - from.batch_offset;
  write(row, state.step + 1);
}

void RunLog::validation(const Report& report, double loss, const TrainState& state) {
  auto row = row_of(state.step);
  row["validation/loss"] = loss;
  for (const auto& metric : report.metrics) {
    if (metric.value) row["validation/" + metric.name] = *metric.value;
  }
  for (const auto& column : report.gaps) {
    for (const auto& gap : column.ranges) {
      if (!gap.metric.value) continue;
      row["validation/" + column.column + "/" + gap.metric.name] = *gap.metric.value;
    }
  }
  write(row, state.step);
  validation_ = loss;
}

double RunLog::seconds() const { return seconds_since(start_); }

Json RunLog::row_of(std::int64_t step) const {
  Json row;
  row["step"] = step;
  row["epoch"] = static_cast<double>(step) / static_cast<double>(plan_.steps_per_epoch);
  return row;
}

void RunLog::write(const Json& row, std::int64_t step) {
  run_.append_metrics(row);
  for (const auto& [key, value] : row.items()) {
    if (key.find('/') != std::string::npos) events_.scalar(key, value.get<double>(), step);
  }
  events_.flush();
}

void RunLog::report_progress(const TrainState& state) {
  constexpr double kInterval = 0.2;  // seconds
  const bool last = state.step == plan_.total_steps;
  if (!progress_ || (seconds_since(last_progress_) < kInterval && !last)) return;
  last_progress_ = Clock::now();
  progress_(progress_line(state), /*last=*/false);
}

void RunLog::finish(const TrainState& state) {
  if (progress_ && updates_ > 0) progress_(progress_line(state), /*last=*/true);
}

// What is left follows from the speed that is shown: that of all since the start.
std::string RunLog::progress_line(const TrainState& state) const {
  const auto spent = std::max(seconds(), 1e-9);
  const auto left =
      spent / static_cast<double>(updates_) * static_cast<double>(plan_.total_steps - state.step);
  auto line =
      fmt::format("{:3.0f}%  step {}/{}  loss {:.4f}",
                  100.0 * static_cast<double>(state.step) / static_cast<double>(plan_.total_steps),
                  state.step, plan_.total_steps, last_loss_);
  if (validation_) line += fmt::format("  validation {:.4f}", *validation_);
  return line + fmt::format("  {} {}/s  [{} < {}]", rate_text(static_cast<double>(items_) / spent),
                            unit_, clock_text(spent), clock_text(left));
}

}  // namespace candor
