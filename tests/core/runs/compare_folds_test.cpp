// SPDX-License-Identifier: Apache-2.0
// `candor compare` of runs that were cross-validated on the same folds.
#include <candor/compare.h>

#include "core/runs/made_runs.h"
#include "core/select/cross_validation.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

std::string folds_file(const std::vector<double>& accuracies, const std::string& digest) {
  CrossValidation result;
  result.model = "people";
  result.folds = static_cast<std::int64_t>(accuracies.size());
  result.rows = 100;
  result.kind = "stratified";
  result.digest = digest;
  for (std::size_t i = 0; i < accuracies.size(); ++i) {
    FoldScore score;
    score.fold = static_cast<std::int64_t>(i) + 1;
    score.rows = 20;
    score.training_rows = 80;
    score.metrics["accuracy"] = accuracies[i];
    result.scores.push_back(score);
  }
  result.metrics = fold_means(result.scores, {"accuracy"}, 0.95);
  return cross_validation_json(result).dump(2) + "\n";
}

std::string compared(const std::vector<std::string>& runs, bool json) {
  CompareOptions options;
  options.json = json;
  return compare_runs(runs, options).text;
}

}  // namespace

TEST_CASE("runs with equal folds are compared fold by fold", "[runs]") {
  const TempDir folder;
  const auto a = (folder / "a").string(), b = (folder / "b").string();
  make_finished(a, run_config(0.01), 0.8);
  make_finished(b, run_config(0.02), 0.8);
  folder.write("a/cross_validation.json", folds_file({0.80, 0.84, 0.79, 0.86, 0.82}, "same"));
  folder.write("b/cross_validation.json", folds_file({0.83, 0.87, 0.82, 0.885, 0.85}, "same"));
  CHECK_THAT(
      compared({a, b}, false),
      CANDOR_CONTAINS("A and B on the same 5 folds (Nadeau and Bengio)\n  B is better than A "
                      "in accuracy by 0.02900 ["));
  const auto pair = Json::parse(compared({a, b}, true)).at("paired").at(0);
  CHECK(pair.at("folds") == 5);
  const auto& accuracy = pair.at("by_folds").at("accuracy");
  CHECK(accuracy.at("difference").get<double>() == Approx(0.029));
  CHECK(accuracy.at("method") == "nadeau-bengio");
  CHECK(accuracy.at("p_holm").get<double>() < 0.001);
}

TEST_CASE("runs with other folds, or a damaged file of them, are not compared by folds", "[runs]") {
  const TempDir folder;
  const auto a = (folder / "a").string(), b = (folder / "b").string();
  make_finished(a, run_config(0.01), 0.8);
  make_finished(b, run_config(0.02), 0.8);
  folder.write("a/cross_validation.json", folds_file({0.80, 0.84}, "one"));
  folder.write("b/cross_validation.json", folds_file({0.83, 0.87}, "other"));
  CHECK(compared({a, b}, false).find("folds") == std::string::npos);
  folder.write("b/cross_validation.json", "{\"format_version\": 1");
  CHECK(compared({a, b}, false).find("folds") == std::string::npos);
}
