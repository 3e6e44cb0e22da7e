// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/gate_record.h"

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

std::string refusal(const Json& metrics) {
  const auto error = test::error_of([&] { require_gates(metrics, "income"); });
  if (!error) return "";
  CHECK(error->kind() == ErrorKind::gate);
  return error->what();
}

}  // namespace

TEST_CASE("a model that passed all of its gates is taken", "[artifact]") {
  CHECK(refusal({{"gates", {{{"metric", "accuracy"}, {"passed", true}}}}}) == "");
}

TEST_CASE("a model that failed a gate, or has none, is refused", "[artifact]") {
  const auto never =
      "model 'income' was never measured against gates; set evaluate.gates and train it again, or "
      "leave --require-gates out";
  CHECK(refusal(Json::object()) == never);
  CHECK(refusal({{"gates", Json::array()}}) == never);
  CHECK(refusal({{"gates", "passed"}}) == never);
  CHECK(refusal({{"gates",
                  {{{"metric", "accuracy"}, {"passed", true}},
                   {{"metric", "roc_auc"},
                    {"passed", false},
                    {"reason", "roc_auc is 0.8, below min 0.9"}}}}}) ==
        "model 'income' did not pass its gates:\n  roc_auc: roc_auc is 0.8, below min 0.9");
  CHECK(refusal({{"gates", {1}}}) == "model 'income' did not pass its gates:\n  ?");
}
