// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/text_pairs.h"

#include "core/base/files.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

std::vector<TextPair> read(const test::TempDir& folder, const std::string& text,
                           const std::string& name = "pairs.csv") {
  write_file_atomic(folder / name, text);
  return read_text_pairs((folder / name).string());
}

std::string fault(const test::TempDir& folder, const std::string& text) {
  const auto error = test::error_of([&] { read(folder, text); });
  return error ? error->what() : "";
}

const Metric& metric(const PairRow& row, const std::string& name) {
  for (const auto& one : row.metrics) {
    if (one.name == name) return one;
  }
  FAIL(name);
  return row.metrics.front();
}

}  // namespace

TEST_CASE("pairs are read in the layout of CrowS-Pairs and in our own", "[metrics]") {
  const test::TempDir folder;
  const auto theirs = read(folder,
                           ",sent_more,sent_less,stereo_antistereo,bias_type\n"
                           "0,\"He, too, came.\",\"She, too, came.\",stereo,gender\n");
  REQUIRE(theirs.size() == 1);
  CHECK(theirs[0].first == "He, too, came.");
  CHECK(theirs[0].second == "She, too, came.");
  CHECK(theirs[0].kind == "gender");
  CHECK(theirs[0].place == (folder / "pairs.csv").string() + ":2");
  const auto ours = read(folder,
                         R"({"first": "NA", "second": "12"})"
                         "\n",
                         "pairs.jsonl");
  REQUIRE(ours.size() == 1);
  CHECK(ours[0].first == "NA");
  CHECK(ours[0].second == "12");
  CHECK(ours[0].kind.empty());
}

TEST_CASE("a file that holds no pairs says what is missing", "[metrics]") {
  const test::TempDir folder;
  const auto path = (folder / "pairs.csv").string();
  CHECK(fault(folder, "left,right\na,b\n") ==
        path +
            ": pairs need the columns sent_more and sent_less, or first and second; the file has "
            "left, right");
  CHECK(fault(folder, "first,second\na,\n") ==
        path + ":2: one text of the pair is empty; both are needed");
  CHECK(fault(folder, "first,second\na,a\n") ==
        path + ":2: both texts of the pair are the same; there is nothing to compare");
}

TEST_CASE("a preference is a share of pairs, a difference a mean of log probabilities",
          "[metrics]") {
  const std::vector<TextPair> pairs = {
      {"a", "b", "age", ""}, {"a", "b", "age", ""}, {"a", "b", "", ""}, {"a", "b", "", ""}};
  const std::vector<PairScore> scores = {{-1.0, -3.0}, {-2.0, -2.0}, {-5.0, -1.0}, {-1.0, -2.0}};
  const auto report = make_pair_report(pairs, scores, 0.95);
  REQUIRE(report.rows.size() == 3);
  const auto& all = report.rows[0];
  CHECK(all.count == 4);
  CHECK(all.ties == 1);
  CHECK(*metric(all, "preference").value == 0.5);
  CHECK(*metric(all, "mean_difference").value == -0.25);
  CHECK(*metric(all, "mean_absolute_difference").value == 1.75);
  // scipy.stats.t.interval(0.95, 3, loc=-0.25, scale=scipy.stats.sem([2, 0, -4, 1]))
  CHECK(*metric(all, "mean_difference").low == Approx(-4.434846304).margin(1e-9));
  CHECK(*metric(all, "mean_difference").high == Approx(3.934846304).margin(1e-9));
  CHECK(report.rows[1].kind == "(missing)");
  CHECK(report.rows[2].kind == "age");
  CHECK(report.rows[2].count == 2);
  CHECK(pair_report_json(report)["kinds"]["age"]["metrics"]["preference"]["value"] == 0.5);
}
