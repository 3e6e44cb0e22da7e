// SPDX-License-Identifier: Apache-2.0
// What each thread was doing when: spans of time with a name, for `candor train --profile`. While
// no trace is being recorded, a span costs one relaxed load.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace candor {

namespace trace_detail {
extern std::atomic<bool> recording;
void begin(const char* name);
void end();
}  // namespace trace_detail

inline bool tracing() { return trace_detail::recording.load(std::memory_order_relaxed); }

// From its construction to its end, or to next(). Spans of a thread nest. `name` is a literal.
class TraceSpan {
 public:
  explicit TraceSpan(const char* name) : open_(tracing()) {
    if (open_) trace_detail::begin(name);
  }
  ~TraceSpan() {
    if (open_) trace_detail::end();
  }
  // Ends this span and begins another one in its place.
  void next(const char* name) {
    if (!open_) return;
    trace_detail::end();
    trace_detail::begin(name);
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

 private:
  const bool open_;
};

// What the trace calls the thread that calls it; only while a trace is recorded.
void name_trace_thread(const std::string& name);

// All spans of one name in threads of one name.
struct TraceTotal {
  std::string thread;
  std::string name;
  std::int64_t count = 0;
  double seconds = 0.0;
  // Seconds of those that lie in no other span of their thread; together with what no span covers,
  // these make up a thread's time.
  double outermost_seconds = 0.0;
};

struct TraceSummary {
  double seconds = 0.0;             // wall time of the recording
  std::vector<TraceTotal> totals;   // of `main` first, then by seconds
  std::int64_t dropped_events = 0;  // counted in the totals, but not in the file
};

// Records from now on; the calling thread is `main`. What an earlier trace recorded is gone. At
// most `most_events` spans are kept for the file (24 bytes each), the first ones.
void start_trace(std::int64_t most_events = 1'000'000);
// Spans that are open now are left out.
TraceSummary stop_trace();

// What was recorded, in the format of Chrome's trace viewer, which Perfetto reads too:
// {"traceEvents": [...]} with complete events ("ph": "X") in microseconds. Call it after
// stop_trace(). Throws Error{failed}.
void write_trace(const std::filesystem::path& path);

// A table of `summary` for people, line by line.
std::vector<std::string> trace_table(const TraceSummary& summary);

}  // namespace candor
