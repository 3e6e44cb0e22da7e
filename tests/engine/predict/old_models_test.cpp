// SPDX-License-Identifier: Apache-2.0
// Model directories of earlier versions, in tests/golden, go on answering what they answered.
#include <torch/torch.h>

#include "engine/predict/predictor.h"
#include "support/catch.h"
#include "support/places.h"

using namespace candor;

namespace {

const std::string kFolder = test::source_dir() + "/tests/golden/preprocess/";

// age, income, city
const std::vector<Row> kRows = {{31.0, 42000.5, "Oslo"},
                                {std::monostate{}, 9000.0, std::monostate{}},
                                {77.0, 1e5, "Atlantis"},
                                {44.0, 23456.78, "Bergen"}};

std::vector<Prediction> answers(const std::string& name, const std::vector<Row>& rows = kRows) {
  Predictor predictor(kFolder + name, at::kCPU);
  auto inputs = predictor.prepare(rows[0]);
  for (std::size_t i = 1; i < rows.size(); ++i) inputs.append(predictor.prepare(rows[i]));
  return predictor.predict(inputs);
}

}  // namespace

TEST_CASE("a classifier with preprocessing of version 1 answers what it answered", "[predict]") {
  const double yes[] = {0.44380810856819153, 0.5199345350265503, 0.9857972264289856,
                        0.5730870962142944};
  const auto found = answers("version_1/classes");
  REQUIRE(found.size() == kRows.size());
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    CHECK(found[i].probabilities[1] == Approx(yes[i]).epsilon(1e-5));
  }
}

TEST_CASE("a regression with quantile scaling of version 1 answers what it answered", "[predict]") {
  const double values[] = {6548.285803192412, 5261.415926503058, 11127.05405729308,
                           7278.024610524717};
  const auto found = answers("version_1/values");
  REQUIRE(found.size() == kRows.size());
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    CHECK(found[i].value == Approx(values[i]).epsilon(1e-5));
  }
}

TEST_CASE("a classifier with preprocessing of version 2 answers what it answered", "[predict]") {
  // age, order, city, sold, paid
  const std::vector<Row> rows = {
      {31.0, 1700000123.0, "Oslo", "2024-03-31", "yes"},
      {std::monostate{}, 1700004567.0, std::monostate{}, std::monostate{}, "no"},
      {66.0, 1700009998.0, "Atlantis", "2025-01-02", std::monostate{}}};
  const double yes[] = {0.5477047562599182, 0.22489792108535767, 0.9811257123947144};
  const auto found = answers("version_2/dates", rows);
  REQUIRE(found.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(found[i].probabilities[1] == Approx(yes[i]).epsilon(1e-5));
  }
}
