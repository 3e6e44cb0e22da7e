// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/language_parts.h"

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "support/catch.h"

using namespace candor;

namespace {

// Documents of `tokens` predicted tokens each, which grow easier along the way.
Scored text(std::size_t documents, std::size_t tokens) {
  const RandomStream stream(21, "parts");
  Scored scored;
  scored.kind = OutputKind::language_model;
  for (std::size_t d = 0; d < documents; ++d) {
    scored.document_starts.push_back(static_cast<std::int64_t>(scored.nll.size()));
    for (std::size_t t = 0; t < tokens; ++t) {
      scored.nll.push_back(4.0 - 0.1 * static_cast<double>(t) + 0.1 * stream.normal(d));
    }
  }
  scored.bytes = static_cast<std::int64_t>(3 * scored.nll.size());
  return scored;
}

}  // namespace

TEST_CASE("positions are counted in each document and every token once", "[metrics]") {
  const auto scored = text(30, 20);
  const auto rows = measure_positions(scored, {});
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].first == 1);
  CHECK(rows[0].last == 3);
  CHECK(rows[1].first == 4);
  CHECK(rows[2].last == 63);
  CHECK(rows[0].count == 90);
  CHECK(rows[1].count == 30 * 12);
  CHECK(rows[0].count + rows[1].count + rows[2].count == 600);
  double sum = 0.0, all = 0.0;
  for (const auto& row : rows) {
    sum += static_cast<double>(row.count) * *row.cross_entropy.value;
    CHECK(row.cross_entropy.method == "linearisation");
    CHECK(*row.cross_entropy.low < *row.cross_entropy.value);
  }
  for (const auto nll : scored.nll) all += nll;
  CHECK(sum == Approx(all));
  CHECK(*rows[0].cross_entropy.value == Approx(3.9).margin(0.1));
  CHECK(*rows[2].cross_entropy.value < *rows[1].cross_entropy.value);
}

TEST_CASE("a text without documents has positions, but no interval of them", "[metrics]") {
  auto scored = text(1, 20);
  scored.document_starts.clear();
  const auto rows = measure_positions(scored, {});
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].cross_entropy.method == "none");
  CHECK(measure_positions(text(0, 0), {}).empty());
}

TEST_CASE("every document counts once in the summary of documents", "[metrics]") {
  auto scored = text(20, 10);
  // One long and easy document, which would outweigh the others token by token.
  scored.document_starts.push_back(200);
  scored.nll.insert(scored.nll.end(), 10'000, 0.5);
  const auto summary = measure_documents(scored, {});
  CHECK(summary.count == 21);
  CHECK(*summary.cross_entropy.value == Approx((20 * 3.55 + 0.5) / 21).margin(0.1));
  CHECK(summary.cross_entropy.low);
  REQUIRE(summary.quantiles.size() == DocumentSummary::kLevels.size());
  CHECK(std::is_sorted(summary.quantiles.begin(), summary.quantiles.end()));
  CHECK(summary.quantiles[2] == Approx(3.55).margin(0.1));
}

TEST_CASE("few documents are counted and not summed up", "[metrics]") {
  const auto summary = measure_documents(text(19, 5), {});
  CHECK(summary.count == 19);
  CHECK_FALSE(summary.cross_entropy.value);
  CHECK(summary.cross_entropy.reason == "fewer than 20 documents");
  CHECK(summary.quantiles.empty());
}

TEST_CASE("the report of a language model tells positions and documents", "[metrics]") {
  const auto json = report_json(make_report(text(25, 10), EvaluateConfig{}));
  REQUIRE(json["by_position"].size() == 2);
  CHECK(json["by_position"][0]["first"] == 1);
  CHECK(json["by_position"][0]["count"] == 75);
  CHECK(json["by_position"][0]["cross_entropy"]["better"] == "lower");
  CHECK(json["by_document"]["count"] == 25);
  CHECK(json["by_document"]["quantiles"].size() == 5);
  CHECK(json["by_document"]["quantiles"].contains("0.5"));
}

TEST_CASE("groups of documents have the loss of their documents", "[metrics]") {
  auto scored = text(50, 8);
  scored.entropy.assign(scored.nll.size(), 1.5);
  for (int d = 0; d < 50; ++d) scored.groups["source"].push_back(d % 5 == 0 ? "press" : "forum");
  const auto rows = measure_document_groups(scored, {}, 30);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].value == "forum");
  CHECK(rows[0].count == 40);
  CHECK_FALSE(rows[0].small);
  CHECK(rows[1].count == 10);
  CHECK(rows[1].small);
  double sum = 0.0;
  for (std::size_t d = 0; d < 50; d += 5) {
    for (std::size_t t = 0; t < 8; ++t) sum += scored.nll[d * 8 + t];
  }
  REQUIRE(rows[1].metrics[0].name == "cross_entropy");
  CHECK(*rows[1].metrics[0].value == Approx(sum / 80.0));
  CHECK(rows[1].metrics.back().name == "predictive_entropy");
  CHECK(*rows[1].metrics.back().value == Approx(1.5));
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(report.groups.size() == 2);
  const auto table = report_text(report, false);
  CHECK_THAT(table, CANDOR_CONTAINS("\nsource  documents  cross_entropy"));
  CHECK_THAT(table, CANDOR_CONTAINS("\nforum          40  "));
}

TEST_CASE("a gate on the groups of a text holds in each of them", "[metrics]") {
  auto scored = text(80, 8);
  for (int d = 0; d < 80; ++d) scored.groups["source"].push_back(d % 2 == 0 ? "press" : "forum");
  for (std::size_t i = 0; i < scored.nll.size(); ++i) {
    if (i / 8 % 2 == 1) scored.nll[i] += 1.0;  // the forum's
  }
  EvaluateConfig config;
  const auto judged = [&](const std::string& name, double most) {
    config.gates = {{name, {std::nullopt, most}}};
    return make_report(scored, config).gates.at(0);
  };
  const auto passed = judged("source/cross_entropy", 5.0);
  CHECK(passed.state == GateState::passed);
  CHECK(passed.confidence == 0.95);
  const auto failed = judged("source/cross_entropy", 4.0);
  CHECK(failed.state == GateState::failed);
  CHECK_THAT(failed.reason, CANDOR_CONTAINS("cross_entropy of 'forum' is 4.6"));
  CHECK(judged("source/perplexity", 150.0).state == GateState::passed);
  config.min_count = 41;
  const auto few = judged("source/cross_entropy", 5.0);
  CHECK(few.state == GateState::undecided);
  CHECK_THAT(few.reason,
             CANDOR_CONTAINS("'forum' has 40 documents, fewer than evaluate.min_count 41"));
  CHECK(judged("writer/cross_entropy", 5.0).state == GateState::undecided);
}
