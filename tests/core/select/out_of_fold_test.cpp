// SPDX-License-Identifier: Apache-2.0
#include "core/select/out_of_fold.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using namespace candor::test;

namespace {

namespace fs = std::filesystem;

CrossFolds two_folds() {
  CrossFolds folds;
  folds.rows = {0, 1, 2, 3, 4};
  folds.folds = 2;
  folds.fold_of = {{0, 1, 0, 1, 0}};
  return folds;
}

Scored answers(std::vector<std::string> labels, std::vector<std::int64_t> target,
               std::vector<float> probabilities, std::vector<std::string> city) {
  Scored scored;
  scored.kind = OutputKind::classification;
  scored.labels = std::move(labels);
  scored.target = std::move(target);
  scored.probabilities = std::move(probabilities);
  scored.groups["city"] = std::move(city);
  return scored;
}

// As candor train leaves a fold.
void write_fold(const fs::path& run, std::int64_t number, const Scored& scored) {
  const auto path = fold_path(run, number);
  fs::create_directories(path / "predictions");
  write_file_atomic(path / "predictions" / "test.jsonl", predictions_jsonl(scored));
  write_file_atomic(path / "report.json", json_document(report_json(make_report(scored, {}))));
}

const Scored kFirst =
    answers({"no", "yes"}, {0, 1, 1}, {0.9f, 0.1f, 0.4f, 0.6f, 0.7f, 0.3f}, {"Ulm", "Bonn", "Ulm"});
const Scored kSecond = answers({"no", "yes"}, {1, 0}, {0.2f, 0.8f, 0.5f, 0.5f}, {"Bonn", "Bonn"});

}  // namespace

TEST_CASE("what folds say of the rows they hold out comes back fold by fold", "[select]") {
  const TempDir folder;
  write_fold(folder.path(), 0, kFirst);
  write_fold(folder.path(), 1, kSecond);
  const auto all = read_held_out(folder.path(), two_folds(), {"no", "yes"}, {"city"});
  CHECK(all.kind == OutputKind::classification);
  CHECK(all.labels == kFirst.labels);
  CHECK(all.target == std::vector<std::int64_t>{0, 1, 1, 1, 0});
  CHECK(all.probabilities ==
        std::vector<float>{0.9f, 0.1f, 0.4f, 0.6f, 0.7f, 0.3f, 0.2f, 0.8f, 0.5f, 0.5f});
  CHECK(all.groups.at("city") == std::vector<std::string>{"Ulm", "Bonn", "Ulm", "Bonn", "Bonn"});
}

TEST_CASE("values of a regression's folds come back", "[select]") {
  const TempDir folder;
  Scored scored;
  scored.kind = OutputKind::regression;
  scored.target_value = {1.5, -2.0};
  scored.value = {1.25, 0.1};
  write_fold(folder.path(), 0, scored);
  write_fold(folder.path(), 1, scored);
  const auto all = read_held_out(folder.path(), two_folds(), {}, {});
  CHECK(all.kind == OutputKind::regression);
  CHECK(all.value == std::vector<double>{1.25, 0.1, 1.25, 0.1});
  CHECK(all.target_value == std::vector<double>{1.5, -2.0, 1.5, -2.0});
}

TEST_CASE("a fold with other classes than the model gives no sets", "[select]") {
  const TempDir folder;
  write_fold(folder.path(), 0, kFirst);
  write_fold(folder.path(), 1, kSecond);
  const auto error = error_of([&] {
    read_held_out(folder.path(), two_folds(), {"maybe", "no", "yes"}, {"city"});
  });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK_THAT(error->what(),
             CANDOR_CONTAINS("fold-01/predictions/test.jsonl: the model of this fold "
                             "knows 2 classes, and the model of all rows 3"));
}

TEST_CASE("a fold with fewer predictions than rows is told by its path", "[select]") {
  const TempDir folder;
  write_fold(folder.path(), 0, kFirst);
  write_fold(folder.path(), 1, kSecond);
  CHECK(out_of_fold_lines(folder.path(), two_folds()).starts_with("{\"fold\":1,\"id\":0,"));
  write_fold(folder.path(), 1, kFirst);
  const auto error = error_of([&] { out_of_fold_lines(folder.path(), two_folds()); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK_THAT(
      error->what(),
      CANDOR_CONTAINS("fold-02/predictions/test.jsonl: has 3 predictions for 2 held-out rows"));
}
