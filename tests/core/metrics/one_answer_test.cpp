// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/one_answer.h"

#include "support/catch.h"

using namespace candor;

namespace {

Scored scored(std::vector<std::int64_t> target, std::vector<float> probabilities) {
  Scored rows;
  rows.labels = {"no", "yes"};
  rows.target = std::move(target);
  rows.probabilities = std::move(probabilities);
  return rows;
}

}  // namespace

TEST_CASE("a model that answers one class for rows of several is told in one line", "[metrics]") {
  CHECK(one_answer(scored({0, 1, 0}, {0.9f, 0.1f, 0.6f, 0.4f, 0.7f, 0.3f}), "test") ==
        "the model answers \"no\" for all 3 test rows, which are of several classes: it tells none "
        "apart; train longer, try another train.optimizer.learning_rate, or set "
        "train.loss.class_weighting where one class is most of the rows");
}

TEST_CASE("a model with two answers, or rows of one class, is nothing to tell", "[metrics]") {
  CHECK_FALSE(one_answer(scored({0, 1}, {0.9f, 0.1f, 0.4f, 0.6f}), "test"));
  CHECK_FALSE(one_answer(scored({0, 0}, {0.9f, 0.1f, 0.6f, 0.4f}), "test"));
  CHECK_FALSE(one_answer(scored({}, {}), "test"));
  Scored values;
  values.kind = OutputKind::regression;
  values.target_value = {1.0, 2.0};
  values.value = {1.0, 1.0};
  CHECK_FALSE(one_answer(values, "test"));
}
