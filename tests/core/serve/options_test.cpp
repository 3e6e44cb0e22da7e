// SPDX-License-Identifier: Apache-2.0
// What is checked before a server starts, and what it knows of its models' inputs.
#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/serve/fake_models.h"
#include "core/serve/model_table.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace std::chrono_literals;
using candor::test::error_of;
using candor::test::Observed;

TEST_CASE("numbers out of their range are refused before anything starts", "[serve]") {
  const auto error = [](auto change) {
    candor::ServerOptions options;
    change(options);
    const auto found = error_of([&] { candor::check_options(options); });
    REQUIRE(found);
    CHECK(found->kind() == candor::ErrorKind::config);
    return std::string(found->what());
  };
  using Options = candor::ServerOptions;
  candor::check_options({});
  CHECK(error([](Options& o) { o.max_body = INT64_MAX; }) ==
        "--max-body must be from 1 to 1073741824, found 9223372036854775807");
  CHECK(error([](Options& o) { o.max_body = 0; }) ==
        "--max-body must be from 1 to 1073741824, found 0");
  CHECK(error([](Options& o) { o.max_delay = 11s; }) ==
        "--max-delay-ms must be from 0 to 10000, found 11000");
  CHECK(error([](Options& o) { o.max_batch = 0; }) ==
        "--max-batch must be from 1 to 65536, found 0");
  CHECK(error([](Options& o) { o.queue_rows = -1; }) ==
        "--queue-rows must be from 1 to 1000000, found -1");
  CHECK(candor::batch_delay(2.5) == 2500us);
  CHECK(candor::batch_delay(10'000) == 10s);
  for (const auto& [value, text] : std::vector<std::pair<double, std::string>>{
           {-0.5, "-0.5"}, {1e30, "1e+30"}, {std::nan(""), "nan"}, {10'000.5, "10000.5"}}) {
    const auto found = error_of([&, wrong = value] { candor::batch_delay(wrong); });
    REQUIRE(found);
    CHECK(found->kind() == candor::ErrorKind::config);
    CHECK(std::string(found->what()) == "--max-delay-ms must be from 0 to 10000, found " + text);
  }
}

TEST_CASE("a hint for an unknown column is not looked for among very many", "[serve]") {
  candor::Signature signature;
  for (int i = 0; i < 100; ++i) {
    signature.inputs.push_back({"column" + std::to_string(i), candor::InputKind::number});
  }
  CHECK(candor::FieldIndex(signature).unknown("colum7") ==
        "unknown column; the model's metadata lists its 100 inputs; did you mean 'column7'?");
  signature.inputs.push_back({"column100", candor::InputKind::number});
  CHECK(candor::FieldIndex(signature).unknown("colum7") ==
        "unknown column; the model's metadata lists its 101 inputs");
  candor::Signature wide;
  wide.inputs.push_back({std::string(2000, 'x'), candor::InputKind::number});
  CHECK(candor::FieldIndex(wide).unknown("y") ==
        "unknown column; the model's metadata lists its 1 inputs");
  static_assert(!std::is_copy_constructible_v<candor::FieldIndex>);
}

TEST_CASE("names of models are checked before anything starts", "[serve]") {
  Observed observed;
  const auto error = [&](std::vector<std::string> names) {
    std::vector<candor::ServedModel> models;
    for (auto& name : names) {
      models.push_back({name, {}});
      models.back().replicas.push_back(std::make_unique<candor::test::FakeTable>(observed));
    }
    const auto found = error_of([&] { candor::serve(std::move(models), {}); });
    REQUIRE(found);
    CHECK(found->kind() == candor::ErrorKind::config);
    return std::string(found->what());
  };
  CHECK(error({}) == "no model to serve; give at least one MODEL");
  CHECK(error({"a", "a"}) == "two models are named 'a'; give one another name: NAME=MODEL");
  CHECK(error({"../a"}) ==
        "model name '../a' is not allowed; use letters, digits, '.', '_' and '-', at most 64, a "
        "letter or digit first: NAME=MODEL");
  CHECK_THAT(error({std::string(65, 'a')}), CANDOR_CONTAINS("is not allowed"));
}
