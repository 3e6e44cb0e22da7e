// SPDX-License-Identifier: Apache-2.0
#include "core/base/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "core/base/durable_file.h"
#include "core/base/json.h"

namespace candor {

namespace trace_detail {
std::atomic<bool> recording{false};
}

namespace {

using Clock = std::chrono::steady_clock;

struct Event {
  const char* name;
  std::int64_t begin, length;  // ns; begin since the start of the trace
};

struct Open {
  const char* name;
  Clock::time_point begin;
};

struct Sum {
  std::int64_t count = 0;
  std::int64_t length = 0, outermost = 0;  // ns
};

// What one thread recorded. Its own thread writes; others read after the trace was stopped, or
// while it runs on: hence the mutex, for which nobody waits otherwise.
struct ThreadLog {
  std::mutex mutex;
  std::int64_t generation = 0;  // of the trace that it belongs to
  int id = 0;
  std::string name;
  std::vector<Open> open;
  std::vector<Event> events;
  std::map<const char*, Sum> sums;
};

// All threads of a trace. A log outlives its thread.
struct Recorder {
  std::mutex mutex;
  std::atomic<std::int64_t> generation{0};
  std::vector<std::shared_ptr<ThreadLog>> threads;
  Clock::time_point start;
  std::atomic<std::int64_t> room{0};  // events that may still be kept
  std::atomic<std::int64_t> dropped{0};
};

Recorder& recorder() {
  static Recorder instance;
  return instance;
}

// The calling thread's log of the trace that is being recorded.
ThreadLog& thread_log() {
  thread_local std::shared_ptr<ThreadLog> own;
  auto& all = recorder();
  const auto generation = all.generation.load();
  if (own && own->generation == generation) return *own;
  own = std::make_shared<ThreadLog>();
  own->generation = generation;
  const std::scoped_lock lock(all.mutex);
  own->id = static_cast<int>(all.threads.size()) + 1;
  own->name = fmt::format("thread {}", own->id);
  all.threads.push_back(own);
  return *own;
}

std::int64_t nanoseconds(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

double seconds(std::int64_t length) { return 1e-9 * static_cast<double>(length); }

void add_totals(const ThreadLog& log, std::vector<TraceTotal>& totals) {
  for (const auto& [name, sum] : log.sums) {
    const auto same = [&, name = name](const TraceTotal& total) {
      return total.thread == log.name && total.name == name;
    };
    auto total = std::find_if(totals.begin(), totals.end(), same);
    if (total == totals.end()) {
      total = totals.insert(totals.end(), TraceTotal{log.name, name, 0, 0.0, 0.0});
    }
    total->count += sum.count;
    total->seconds += seconds(sum.length);
    total->outermost_seconds += seconds(sum.outermost);
  }
}

std::string thread_event(const ThreadLog& log) {
  return fmt::format(
      ",\n{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":{},\"args\":{{\"name\":{}}}}}",
      log.id, Json(log.name).dump());
}

std::string event_text(const Event& event, int thread) {
  return fmt::format(
      ",\n{{\"ph\":\"X\",\"name\":{},\"pid\":1,\"tid\":{},\"ts\":{:.3f},\"dur\":{:.3f}}}",
      Json(event.name).dump(), thread, 1e-3 * static_cast<double>(event.begin),
      1e-3 * static_cast<double>(event.length));
}

std::string table_line(const std::string& thread, const std::string& name, std::int64_t count,
                       double total, double wall) {
  const auto mean =
      count > 0 ? fmt::format("{:.3f}", 1e3 * total / static_cast<double>(count)) : "";
  return fmt::format("{:<10}  {:<12}  {:>9}  {:>9.3f}  {:>10}  {:>6.1f} %", thread, name,
                     count > 0 ? std::to_string(count) : "", total, mean,
                     wall > 0.0 ? 100.0 * total / wall : 0.0);
}

}  // namespace

void trace_detail::begin(const char* name) {
  auto& log = thread_log();
  const std::scoped_lock lock(log.mutex);
  log.open.push_back({name, Clock::now()});
}

// A span that began in an earlier trace, or before it was stopped, is of no log's business.
void trace_detail::end() {
  const auto now = Clock::now();
  auto& all = recorder();
  auto& log = thread_log();
  const std::scoped_lock lock(log.mutex);
  if (log.open.empty()) return;
  const auto span = log.open.back();
  log.open.pop_back();
  if (!tracing()) return;
  const auto length = nanoseconds(now - span.begin);
  auto& sum = log.sums[span.name];
  ++sum.count;
  sum.length += length;
  if (log.open.empty()) sum.outermost += length;
  if (all.room.fetch_sub(1) > 0) {
    log.events.push_back({span.name, nanoseconds(span.begin - all.start), length});
  } else {
    all.dropped.fetch_add(1);
  }
}

void name_trace_thread(const std::string& name) {
  if (!tracing()) return;
  auto& log = thread_log();
  const std::scoped_lock lock(log.mutex);
  log.name = name;
}

void start_trace(std::int64_t most_events) {
  auto& all = recorder();
  trace_detail::recording = false;
  {
    const std::scoped_lock lock(all.mutex);
    all.threads.clear();
    all.generation.fetch_add(1);
    all.room = most_events;
    all.dropped = 0;
    all.start = Clock::now();
  }
  trace_detail::recording = true;
  name_trace_thread("main");
}

TraceSummary stop_trace() {
  auto& all = recorder();
  trace_detail::recording = false;
  TraceSummary summary;
  summary.seconds = seconds(nanoseconds(Clock::now() - all.start));
  summary.dropped_events = all.dropped;
  const std::scoped_lock lock(all.mutex);
  for (const auto& log : all.threads) {
    const std::scoped_lock own(log->mutex);
    add_totals(*log, summary.totals);
  }
  std::stable_sort(summary.totals.begin(), summary.totals.end(),
                   [](const TraceTotal& a, const TraceTotal& b) {
                     const bool a_main = a.thread == "main", b_main = b.thread == "main";
                     return a_main != b_main ? a_main : a.seconds > b.seconds;
                   });
  return summary;
}

void write_trace(const std::filesystem::path& path) {
  auto& all = recorder();
  const std::scoped_lock lock(all.mutex);
  DurableFile file(path);
  file.write(fmt::format(
      "{{\"displayTimeUnit\":\"ms\",\"otherData\":{{\"dropped_events\":{}}},\"traceEvents\":[\n"
      "{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"args\":{{\"name\":\"candor\"}}}}",
      all.dropped.load()));
  for (const auto& log : all.threads) {
    const std::scoped_lock own(log->mutex);
    auto text = thread_event(*log);
    for (const auto& event : log->events) {
      text += event_text(event, log->id);
      if (text.size() > 1 << 20) file.write(std::exchange(text, {}));
    }
    file.write(text);
  }
  file.write("\n]}\n");
  file.commit();
}

std::vector<std::string> trace_table(const TraceSummary& summary) {
  std::vector<std::string> lines = {fmt::format("{:<10}  {:<12}  {:>9}  {:>9}  {:>10}  {:>8}",
                                                "thread", "span", "count", "seconds", "mean ms",
                                                "of wall")};
  double covered = 0.0;
  std::size_t i = 0;
  const auto& totals = summary.totals;
  const auto add = [&](const TraceTotal& total) {
    lines.push_back(
        table_line(total.thread, total.name, total.count, total.seconds, summary.seconds));
  };
  for (; i < totals.size() && totals[i].thread == "main"; ++i) {
    covered += totals[i].outermost_seconds;
    add(totals[i]);
  }
  lines.push_back(table_line("main", "(no span)", 0, std::max(0.0, summary.seconds - covered),
                             summary.seconds));
  for (; i < totals.size(); ++i) add(totals[i]);
  lines.push_back(table_line("", "wall", 0, summary.seconds, summary.seconds));
  return lines;
}

}  // namespace candor
