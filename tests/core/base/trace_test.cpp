// SPDX-License-Identifier: Apache-2.0
#include "core/base/trace.h"

#include <map>
#include <set>
#include <thread>

#include "core/base/json.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using candor::test::TempDir;

namespace {

Json written(const TempDir& folder) {
  write_trace(folder / "trace.json");
  return parse_json_file((folder / "trace.json").string(), ErrorKind::failed);
}

std::vector<Json> spans_of(const Json& trace) {
  std::vector<Json> spans;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("ph") == "X") spans.push_back(event);
  }
  return spans;
}

const TraceTotal& total_of(const TraceSummary& summary, const std::string& thread,
                           const std::string& name) {
  for (const auto& total : summary.totals) {
    if (total.thread == thread && total.name == name) return total;
  }
  throw std::runtime_error("no total of " + thread + "/" + name);
}

}  // namespace

TEST_CASE("a trace is JSON with complete events that nest as the spans did", "[base]") {
  TempDir folder;
  start_trace();
  {
    const TraceSpan outer("outer");
    for (int i = 0; i < 3; ++i) const TraceSpan inner("inner");
  }
  const auto summary = stop_trace();
  const auto spans = spans_of(written(folder));
  REQUIRE(spans.size() == 4);  // a span is written when it ends
  const auto& outer = spans.back();
  CHECK(outer.at("name") == "outer");
  const double begin = outer.at("ts"), end = begin + outer.at("dur").get<double>();
  for (int i = 0; i < 3; ++i) {
    const auto& inner = spans[static_cast<std::size_t>(i)];
    CHECK(inner.at("name") == "inner");
    CHECK(inner.at("tid") == outer.at("tid"));
    CHECK(inner.at("ts").get<double>() >= begin);
    CHECK(inner.at("ts").get<double>() + inner.at("dur").get<double>() <= end + 0.002);
  }
  CHECK(total_of(summary, "main", "inner").count == 3);
  CHECK(total_of(summary, "main", "inner").outermost_seconds == 0.0);
  const auto& whole = total_of(summary, "main", "outer");
  CHECK(whole.outermost_seconds == whole.seconds);
  CHECK(whole.seconds <= summary.seconds);
}

TEST_CASE("next() ends a span and begins another, without a gap in the nesting", "[base]") {
  start_trace();
  {
    TraceSpan span("forward");
    span.next("backward");
    span.next("forward");
  }
  const auto summary = stop_trace();
  CHECK(total_of(summary, "main", "forward").count == 2);
  CHECK(total_of(summary, "main", "backward").count == 1);
}

TEST_CASE("threads have names and ids of their own, also when they are gone", "[base]") {
  TempDir folder;
  start_trace();
  { const TraceSpan span("work"); }
  for (int i = 0; i < 2; ++i) {
    std::thread([] {
      name_trace_thread("loader");
      const TraceSpan span("make batch");
    }).join();
  }
  const auto summary = stop_trace();
  CHECK(total_of(summary, "loader", "make batch").count == 2);
  const auto trace = written(folder);
  std::multiset<std::string> names;
  std::set<int> ids;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("name") != "thread_name") continue;
    names.insert(event.at("args").at("name").get<std::string>());
    ids.insert(event.at("tid").get<int>());
  }
  CHECK(names == std::multiset<std::string>{"loader", "loader", "main"});
  CHECK(ids.size() == 3);
}

TEST_CASE("a full trace drops events, says how many, and goes on counting", "[base]") {
  TempDir folder;
  start_trace(/*most_events=*/10);
  for (int i = 0; i < 25; ++i) const TraceSpan span("step");
  const auto summary = stop_trace();
  CHECK(summary.dropped_events == 15);
  CHECK(total_of(summary, "main", "step").count == 25);
  const auto trace = written(folder);
  CHECK(spans_of(trace).size() == 10);
  CHECK(trace.at("otherData").at("dropped_events") == 15);
}

TEST_CASE("spans outside a trace leave nothing, nor do those that it cuts", "[base]") {
  TempDir folder;
  { const TraceSpan before("before"); }
  {
    const TraceSpan begun_before("begun before");
    start_trace();
    const TraceSpan cut("cut");
    stop_trace();
  }
  { const TraceSpan after("after"); }
  CHECK(spans_of(written(folder)).empty());
  start_trace();
  { const TraceSpan span("second"); }
  const auto summary = stop_trace();
  REQUIRE(summary.totals.size() == 1);
  CHECK(summary.totals[0].name == "second");
}

TEST_CASE("the table of shares adds up to the wall time", "[base]") {
  TraceSummary summary;
  summary.seconds = 10.0;
  summary.totals = {{"main", "forward", 100, 4.0, 4.0},
                    {"main", "validation", 2, 2.5, 2.5},
                    {"main", "batch", 2, 0.5, 0.0},
                    {"loader", "make batch", 100, 12.0, 12.0}};
  CHECK(trace_table(summary) ==
        std::vector<std::string>{
            "thread      span              count    seconds     mean ms   of wall",
            "main        forward             100      4.000      40.000    40.0 %",
            "main        validation            2      2.500    1250.000    25.0 %",
            "main        batch                 2      0.500     250.000     5.0 %",
            "main        (no span)                    3.500                35.0 %",
            "loader      make batch          100     12.000     120.000   120.0 %",
            "            wall                        10.000               100.0 %"});
}
