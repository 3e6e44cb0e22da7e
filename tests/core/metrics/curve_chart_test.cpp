// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/curve_chart.h"

#include "core/metrics/plot.h"
#include "core/metrics/report.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using candor::test::TempDir;

namespace {

Points line(std::size_t count, double first, double last) {
  Points points;
  for (std::size_t i = 0; i < count; ++i) {
    const auto share = static_cast<double>(i) / static_cast<double>(count - 1);
    points.push_back({static_cast<double>(i), first + share * (last - first)});
  }
  return points;
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a moving average keeps a constant, and follows a line from below its end", "[metrics]") {
  for (const auto& [x, y] : smoothed(line(100, 3.0, 3.0))) CHECK(y == Approx(3.0));
  const auto rising = smoothed(line(100, 0.0, 1.0));
  CHECK(rising.front()[1] == 0.0);
  CHECK(rising.back()[1] < 1.0);
  CHECK(rising.back()[1] > 0.9);
}

TEST_CASE("long noisy curves are drawn raw and smoothed, short ones once", "[metrics]") {
  const CurveChartText text{"Loss", "step", "loss", std::nullopt};
  const auto both =
      curve_chart(text, {{"a", 0, line(100, 2, 1), true}, {"b", 11, line(5, 2, 1), true}});
  CHECK(times(both, "<polyline") == 3);
  CHECK(times(both, "class=\"curve raw c0\"") == 1);
  CHECK(times(both, "class=\"curve c1 dashed\"") == 1);
  CHECK_THAT(both, CANDOR_CONTAINS("thin: as logged, thick: moving average"));
}

TEST_CASE("the best point of each curve is marked in the metric's direction", "[metrics]") {
  const Points points = {{1, 0.5}, {2, 0.9}, {3, 0.7}};
  CHECK_THAT(curve_chart({"A", "step", "accuracy", true}, {{"a<b", 0, points}}),
             CANDOR_CONTAINS("<title>best of a&lt;b: step 2, accuracy 0.9000</title>"));
  CHECK_THAT(curve_chart({"A", "step", "loss", false}, {{"a", 0, points}}),
             CANDOR_CONTAINS("<title>best of a: step 1, loss 0.5000</title>"));
}

TEST_CASE("a curve of one point is a mark with its name, beside the lines of others", "[metrics]") {
  const CurveChartText text{"A", "step", "loss", false};
  const std::vector<Curve> curves = {
      {"long", 0, line(5, 2, 1)}, {"a<b", 3, {{1, 1.5}}}, {"late", 4, {{4, 1.5}}}};
  const auto figure = curve_chart(text, curves);
  CHECK(times(figure, "<polyline") == 1);
  CHECK_THAT(figure, CANDOR_CONTAINS("r=\"5.0\"><title>a&lt;b: step 1, loss 1.500</title>"));
  CHECK_THAT(figure, CANDOR_CONTAINS("text-anchor=\"start\">a&lt;b</text>"));
  CHECK_THAT(figure,
             CANDOR_CONTAINS("text-anchor=\"end\">late</text>"));  // there is no room on the right
  CHECK(curve_chart(text, {curves[1], curves[2]}).empty());
}

TEST_CASE("values of several magnitudes get a logarithmic axis", "[metrics]") {
  const CurveChartText text{"A", "step", "loss", std::nullopt};
  const auto wide = curve_chart(text, {{"a", 0, line(10, 100.0, 0.1)}});
  for (const auto* tick : {">0.1<", ">1<", ">10<", ">100<"}) {
    INFO(tick);
    CHECK_THAT(wide, CANDOR_CONTAINS(tick));
  }
  CHECK(log_ticks(0.9, 12.0) == std::vector<double>{1, 2, 5, 10});
  CHECK(log_ticks(1e-9, 1e3).size() <= 8);
}

TEST_CASE("curves without a line, and values that are no numbers, draw nothing", "[metrics]") {
  const CurveChartText text{"A", "step", "loss", std::nullopt};
  CHECK(curve_chart(text, {}).empty());
  CHECK(curve_chart(text, {{"a", 0, {{1, 2}}}}).empty());
  const auto gaps = curve_chart(text, {{"a", 0, {{1, 2}, {2, std::nan("")}, {3, 1}}}});
  CHECK_FALSE(gaps.empty());
  CHECK(gaps.find("nan") == std::string::npos);
  CHECK(curve_chart(text, {{"a", 0, {{1, 2}, {2, 2}}}}).find("nan") == std::string::npos);
}

TEST_CASE("a curve of many points stays small and keeps its peak", "[metrics]") {
  auto points = line(100000, 1.0, 1.0);
  points[54321][1] = 9.0;
  const CurveChartText text{"A", "step", "loss", std::nullopt};
  const auto chart = curve_chart(text, {{"a", 0, points}});
  CHECK(chart.size() < 40000);
  CHECK(times(chart, ",19.") + times(chart, ",20.") + times(chart, ",18.") + times(chart, ",17.") +
            times(chart, ",16.") >=
        1);  // near the top
}

TEST_CASE("a history is read line by line, and damage is counted", "[metrics]") {
  const TempDir folder;
  const auto path = folder.write(
      "metrics.jsonl",
      "{\"step\": 5, \"epoch\": 0.5, \"train/loss\": 1.5, \"note\": \"x\"}\n"
      "[1]\n"
      "{\"step\": \"six\"}\n"
      "{\"step\": 10, \"epoch\": 1.0, \"validation/loss\": 1.25, \"validation/r2\": null}\n"
      "{\"step\": 15, \"train/lo");
  const auto history = read_history(path);
  CHECK(history.last_step == 10);
  CHECK(history.steps_per_epoch == 10.0);
  CHECK(history.damaged_lines == 2);
  CHECK(history.series("train/loss") == Points{{5, 1.5}});
  CHECK(history.series("validation/loss") == Points{{10, 1.25}});
  CHECK(history.series("validation/r2").empty());
  CHECK(read_history(folder / "none").values.empty());
}

TEST_CASE("a report's page draws the training where its history is given", "[metrics]") {
  Scored scored;
  scored.labels = {"a", "b"};
  const auto report = make_report(scored, EvaluateConfig{});
  History history;
  history.values["train/loss"] = line(30, 2.0, 1.0);
  history.values["validation/loss"] = line(3, 2.0, 1.5);
  CHECK(report_html(report, scored).find("Training") == std::string::npos);
  const auto page = report_html(report, scored, history);
  CHECK_THAT(page, CANDOR_CONTAINS("<figcaption>Training</figcaption>"));
  CHECK_THAT(page, CANDOR_CONTAINS(">validation</span>"));
}

TEST_CASE("an axis has few ticks, whatever its ends", "[metrics]") {
  CHECK(ticks({0.0, 10.0}) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(ticks({1e17, 1e17 + 64.0}) == std::vector<double>{1e17, 1e17 + 64.0});
  CHECK(ticks({-1e308, 1e308}).size() <= 20);
  CHECK(ticks({3.0, 3.0}).size() <= 20);
}

TEST_CASE("the numbers of an axis are short, of one unit and told apart", "[metrics]") {
  using Texts = std::vector<std::string>;
  CHECK(tick_texts({0.0, 0.25, 1.5}) == Texts{"0", "0.25", "1.5"});
  CHECK(tick_texts({-5'000.0, 0.0, 12'345.0}) == Texts{"-5000", "0", "12,345"});
  CHECK(tick_texts({-5e6, 0.0, 5e6, 1e7}) == Texts{"-5M", "0", "5M", "10M"});
  CHECK(tick_texts({0.0, 25e9}) == Texts{"0", "25G"});
  CHECK(tick_texts({99'999'950.0, 1e8, 100'000'050.0}) == Texts{"99.99995M", "100M", "100.00005M"});
  CHECK(point_text(123'500'000.0) == "123,500,000");
  const std::vector<double> close = {99'999'960.0, 99'999'980.0, 1e8, 100'000'020.0};
  CHECK(fitting_ticks(close, 400.0) == close);
  CHECK(fitting_ticks(close, 160.0).size() == 2);
  CHECK(fitting_ticks(close, 10.0).size() == 1);
}

TEST_CASE("curves to the ends of all numbers have places", "[metrics]") {
  const Points wide = {{1, -1e308}, {2, 1e308}}, high = {{1, 1.0}, {2, 1.79e308}};
  for (const auto& points : {wide, high}) {
    const auto figure = curve_chart({"A", "step", "loss", false}, {{"a", 0, points}});
    CHECK(times(figure, "<polyline") == 1);
    CHECK(figure.find("nan") == std::string::npos);
    CHECK(figure.find("inf") == std::string::npos);
  }
  CHECK(padded(-1.7e308, 1.7e308).share(0.0) == Approx(0.5));
}
