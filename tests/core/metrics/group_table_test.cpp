// SPDX-License-Identifier: Apache-2.0
// Groups in one pass, against the metrics of each group's rows by themselves.
#include "core/metrics/group_table.h"

#include <cmath>
#include <map>

#include "core/base/random.h"
#include "core/metrics/group_rows.h"
#include "core/metrics/groups.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

// Rows of `classes` classes in two group columns, some weighted.
Scored random_rows(std::size_t rows, std::size_t classes, bool weighted, std::uint64_t seed) {
  const RandomStream stream(seed, "groups");
  Scored scored;
  for (std::size_t k = 0; k < classes; ++k) scored.labels.push_back("class " + std::to_string(k));
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = stream.at(i);
    scored.target.push_back(static_cast<std::int64_t>(row.below(0, classes)));
    float sum = 0.0f;
    std::vector<float> p;
    for (std::size_t k = 0; k < classes; ++k) {
      // Few distinct values: ties.
      p.push_back(0.05f + static_cast<float>(row.below(1 + k, 8)));
      if (static_cast<std::int64_t>(k) == scored.target.back()) p.back() += 2.0f;
      sum += p.back();
    }
    for (const auto one : p) scored.probabilities.push_back(one / sum);
    if (weighted) scored.weight.push_back(static_cast<double>(row.below(20, 4)));
    scored.groups["colour"].push_back(
        row.below(21, 10) == 0 ? "" : "c" + std::to_string(row.below(22, 3)));
    scored.groups["site"].push_back("s" + std::to_string(row.below(23, 2)));
  }
  return scored;
}

Scored part_of(const Scored& scored, const std::string& column, const std::string& value) {
  Scored part;
  part.kind = scored.kind;
  part.labels = scored.labels;
  const auto& values = scored.groups.at(column);
  const auto classes = scored.labels.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if ((values[i].empty() ? "(missing)" : values[i]) != value) continue;
    if (!scored.weight.empty()) part.weight.push_back(scored.weight[i]);
    if (scored.kind == OutputKind::regression) {
      part.target_value.push_back(scored.target_value[i]);
      part.value.push_back(scored.value[i]);
      continue;
    }
    part.target.push_back(scored.target[i]);
    if (!scored.decided.empty()) part.decided.push_back(scored.decided[i]);
    for (std::size_t k = 0; k < classes; ++k) {
      part.probabilities.push_back(scored.probabilities[i * classes + k]);
    }
  }
  return part;
}

const Metric* find(const std::vector<Metric>& metrics, const std::string& name) {
  for (const auto& metric : metrics) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

void check_groups_alone(const Scored& scored) {
  const auto report = make_report(scored, EvaluateConfig{});
  int compared = 0;
  for (const auto& group : report.groups) {
    if (group.crossed) continue;
    const auto alone = measure_classification(part_of(scored, group.column, group.value), {});
    for (const auto& metric : group.metrics) {
      const auto* same = find(alone, metric.name);
      if (same == nullptr) continue;
      INFO(group.value << " " << metric.name);
      CHECK(*metric.value == Approx(*same->value).epsilon(1e-12));
      if (metric.name == "roc_auc" || metric.name == "accuracy" || metric.name == "ece") {
        CHECK(*metric.low == Approx(*same->low).epsilon(1e-9));
        CHECK(*metric.high == Approx(*same->high).epsilon(1e-9));
      }
      ++compared;
    }
  }
  CHECK(compared >= 6 * 5);
}

}  // namespace

TEST_CASE("a group's metrics are those of its rows alone", "[metrics]") {
  for (const std::size_t classes : {2u, 4u}) {
    check_groups_alone(random_rows(5000, classes, false, 5));
    check_groups_alone(random_rows(5000, classes, true, 5));
  }
}

TEST_CASE("a decision by threshold moves rates, and no calibration", "[metrics]") {
  auto scored = random_rows(5000, 2, false, 5);
  const auto before = make_report(scored, EvaluateConfig{});
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    scored.decided.push_back(scored.probabilities[2 * i + 1] >= 0.8f ? 1 : 0);
  }
  check_groups_alone(scored);
  const auto after = make_report(scored, EvaluateConfig{});
  for (std::size_t g = 0; g < before.groups.size(); ++g) {
    for (const auto* name : {"ece", "calibration_gap", "log_loss", "roc_auc"}) {
      CHECK(find(after.groups[g].metrics, name)->value ==
            find(before.groups[g].metrics, name)->value);
    }
    CHECK(*find(after.groups[g].metrics, "selection_rate")->value <
          *find(before.groups[g].metrics, "selection_rate")->value);
  }
}

TEST_CASE("a regression's groups too", "[metrics]") {
  for (const bool weighted : {false, true}) {
    auto scored = random_rows(700, 2, weighted, 6);
    scored.kind = OutputKind::regression;
    scored.labels.clear();
    scored.target.clear();
    scored.probabilities.clear();
    const RandomStream stream(7, "values");
    for (std::size_t i = 0; i < 700; ++i) {
      scored.target_value.push_back(1e4 + stream.normal(2 * i));
      scored.value.push_back(1e4 + 3.0 * stream.normal(2 * i + 1));
    }
    const auto report = make_report(scored, EvaluateConfig{});
    for (const auto& group : report.groups) {
      if (group.crossed) continue;
      const auto alone = measure_regression(part_of(scored, group.column, group.value), {});
      for (const auto* name : {"rmse", "mae"}) {
        const auto& metric = *find(group.metrics, name);
        CHECK(*metric.value == Approx(*find(alone, name)->value).epsilon(1e-12));
        CHECK(*metric.low < *metric.value);
        CHECK(*metric.high > *metric.value);
      }
    }
  }
}

TEST_CASE("crossings hold the combinations that occur, and every row once", "[metrics]") {
  const auto scored = random_rows(3000, 2, false, 8);
  const auto columns = group_columns(scored.groups, 2);
  REQUIRE(columns.size() == 3);
  CHECK(columns[0].values == std::vector<std::string>{"(missing)", "c0", "c1", "c2"});
  CHECK(columns[2].name() == "colour*site");
  CHECK(columns[2].values == std::vector<std::string>{"(missing)*s0", "(missing)*s1", "c0*s0",
                                                      "c0*s1", "c1*s0", "c1*s1", "c2*s0", "c2*s1"});
  for (std::size_t i = 0; i < scored.target.size(); ++i) {
    const auto colour = scored.groups.at("colour")[i];
    CHECK(columns[2].values[columns[2].codes[i]] ==
          (colour.empty() ? "(missing)" : colour) + "*" + scored.groups.at("site")[i]);
  }
  CHECK(group_columns(scored.groups, 1).size() == 2);
  const auto tables = sum_groups(scored, columns);
  for (const auto& table : tables.tables) {
    std::int64_t rows = 0;
    for (const auto& group : table.groups) rows += group.rows;
    CHECK(rows == 3000);
  }
}

TEST_CASE("a star within a value does not join two groups", "[metrics]") {
  const std::map<std::string, std::vector<std::string>> groups = {{"a", {"x*y", "x"}},
                                                                  {"b", {"z", "y*z"}}};
  const auto columns = group_columns(groups, 2);
  CHECK(columns[2].values == std::vector<std::string>{"x*y\\*z", "x\\*y*z"});
}

TEST_CASE("metrics of one class say why they are missing", "[metrics]") {
  Scored scored;
  scored.labels = {"no", "yes"};
  add_rows(scored, "x", 0, true, 40);
  add_rows(scored, "y", 1, true, 40);
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(group_metric_of(report, "x", "roc_auc").reason == "only one class among the true labels");
  CHECK(group_metric_of(report, "x", "negative_predictive_value").reason ==
        "no row is predicted negative");
  CHECK(*group_metric_of(report, "x", "calibration_gap").value == Approx(0.75));
  CHECK(*group_metric_of(report, "y", "calibration_gap").value == Approx(-0.25));
  CHECK(*group_metric_of(report, "x", "ece").value == Approx(0.75));
}

TEST_CASE("more than two classes have a recall each", "[metrics]") {
  const auto report = make_report(random_rows(2000, 3, false, 9), EvaluateConfig{});
  const auto& group = report.groups.front();
  double sum = 0.0;
  for (int k = 0; k < 3; ++k) {
    const auto* recall = find(group.metrics, "recall:class " + std::to_string(k));
    REQUIRE(recall != nullptr);
    sum += *recall->value;
  }
  CHECK(*find(group.metrics, "recall_macro")->value == Approx(sum / 3));
  CHECK(find(group.metrics, "selection_rate") == nullptr);
}

// The variance of a mean, in 1,000 samples of skewed losses: Student's interval of 95 % holds in
// 93 to 97 of 100.
TEST_CASE("intervals of a group's log loss hold as often as they promise", "[metrics]") {
  constexpr int kSamples = 1000, kRows = 150;
  // The positive one's probability is 0.9, 0.6 or 0.2, and true: the expected loss is the entropy.
  const float levels[] = {0.9f, 0.6f, 0.2f};
  double expected = 0.0;
  for (const double p : levels) {
    expected -= (p * std::log(p) + (1.0 - p) * std::log(1.0 - p)) / 3.0;
  }
  int held = 0;
  for (int sample = 0; sample < kSamples; ++sample) {
    const auto stream = RandomStream(4, "loss").at(static_cast<std::uint64_t>(sample));
    Scored scored;
    scored.labels = {"no", "yes"};
    scored.groups["g"].assign(kRows, "x");
    for (std::uint64_t i = 0; i < kRows; ++i) {
      const auto p = levels[stream.below(2 * i, 3)];
      scored.target.push_back(stream.uniform(2 * i + 1) < p ? 1 : 0);
      scored.probabilities.insert(scored.probabilities.end(), {1.0f - p, p});
    }
    const GroupStudy study(scored, {});
    const auto metric = group_metric(study.all(), "log_loss", {0.95, false});
    held += *metric.low <= expected && *metric.high >= expected ? 1 : 0;
  }
  CHECK(held >= 930);
  CHECK(held <= 970);
}

// Of the heavy row's group nothing is known but that row.
TEST_CASE("a group of which one row has the weight has no interval of a mean", "[metrics]") {
  Scored scored;
  scored.kind = OutputKind::regression;
  const RandomStream stream(4, "heavy");
  for (std::uint64_t i = 0; i < 80; ++i) {
    scored.target_value.push_back(stream.normal(2 * i));
    scored.value.push_back(stream.normal(2 * i + 1));
    scored.weight.push_back(i == 0 ? 1e6 : 1.0);
    scored.groups["g"].push_back(i % 2 == 0 ? "heavy" : "light");
  }
  const auto report = make_report(scored, EvaluateConfig{});
  for (const auto& group : report.groups) {
    for (const auto& metric : group.metrics) {
      INFO(group.value << " " << metric.name);
      CHECK(metric.low.has_value() == (group.value == "light"));
      if (!metric.low) CHECK(metric.reason == "a few rows have most of the weight");
    }
  }
  for (const auto& gaps : report.gaps) {
    for (const auto& pair : gaps.pairs) CHECK_FALSE(pair.low);
  }
}

TEST_CASE("groups of numbers whose squares leave the range have values or reasons", "[metrics]") {
  for (const double size : {1e-300, 1e-200, 1e-90, 1e-78, 1e77, 1e80, 1e150, 1e300}) {
    Scored scored;
    scored.kind = OutputKind::regression;
    const RandomStream stream(6, "sizes");
    for (std::uint64_t i = 0; i < 80; ++i) {
      scored.target_value.push_back(size * stream.normal(2 * i));
      scored.value.push_back(scored.target_value.back() + 0.1 * size * stream.normal(2 * i + 1));
      scored.groups["g"].push_back(i % 2 == 0 ? "a" : "b");
    }
    for (const auto& group : make_report(scored, EvaluateConfig{}).groups) {
      for (const auto& metric : group.metrics) {
        INFO(metric.name << " " << size);
        CHECK((metric.low.has_value() || !metric.reason.empty()));
        if (metric.name != "mean_error" && metric.value) CHECK(*metric.value > 0.01 * size);
      }
    }
  }
}

TEST_CASE("a column of names is no column of groups", "[metrics]") {
  Scored scored;
  scored.labels = {"no", "yes"};
  for (int i = 0; i < 1200; ++i) {
    scored.target.push_back(i % 2);
    scored.probabilities.push_back(0.4f);
    scored.probabilities.push_back(0.6f);
    scored.groups["id"].push_back(std::to_string(i));
    scored.groups["sex"].push_back(i % 3 == 0 ? "f" : "m");
  }
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(report.groups.size() == 2);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0] ==
        "The column 'id' is left out of the groups: more than 1000 values are no groups.");
}
