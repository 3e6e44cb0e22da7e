// SPDX-License-Identifier: Apache-2.0
#include "engine/train/group_weights.h"

#include <torch/torch.h>

#include <cmath>

#include "support/catch.h"

using namespace candor;

namespace {

FairnessConfig config_of(FairnessMethod method, double step = 0.1) {
  FairnessConfig config;
  config.method = method;
  config.group = "sex";
  config.step = step;
  return config;
}

// Eight rows: of group 0 one of class 0 and three of class 1, of group 1 the other way round.
TrainingGroups two_groups() {
  TrainingGroups groups;
  groups.names = {"f", "m"};
  groups.of_rows = {0, 0, 0, 0, 1, 1, 1, 1};
  groups.labels = {0, 1, 1, 1, 0, 0, 0, 1};
  groups.classes = 2;
  return groups;
}

Batch batch_of(const TrainingGroups& groups, const std::vector<std::int64_t>& rows) {
  Batch batch;
  std::vector<std::int64_t> labels;
  for (const auto row : rows) labels.push_back(groups.labels[static_cast<std::size_t>(row)]);
  batch.target = torch::tensor(labels, torch::kInt64);
  return batch;
}

// Logits that answer with the positive class where `chosen` says so.
at::Tensor logits_of(const std::vector<bool>& chosen) {
  auto logits = torch::zeros({static_cast<std::int64_t>(chosen.size()), 2});
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    logits[static_cast<std::int64_t>(i)][1] = chosen[i] ? 1.0 : -1.0;
  }
  return logits;
}

std::vector<float> values_of(const at::Tensor& tensor) {
  const auto flat = tensor.contiguous();
  return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

}  // namespace

TEST_CASE("reweighing multiplies the weights that rows have", "[train]") {
  const auto groups = two_groups();
  GroupWeights weights(config_of(FairnessMethod::reweighing), groups);
  auto batch = batch_of(groups, {1, 0, 7});
  batch.weight = torch::tensor({1.0f, 3.0f, 1.0f});
  weights.weigh(std::vector<std::int64_t>{1, 0, 7}, batch);
  const auto weight = values_of(batch.weight);
  CHECK(weight[0] == Approx(4.0 * 4.0 / (8.0 * 3.0)));
  CHECK(weight[1] == Approx(3.0 * 4.0 * 4.0 / (8.0 * 1.0)));
  CHECK(weight[2] == Approx(4.0 * 4.0 / (8.0 * 1.0)));
  CHECK(batch.target.equal(torch::tensor({1, 0, 1}, torch::kInt64)));
}

TEST_CASE("the rows of a group share its weight in every batch", "[train]") {
  const auto groups = two_groups();
  GroupWeights weights(config_of(FairnessMethod::group_dro), groups);
  auto batch = batch_of(groups, {0, 1, 2, 4});
  weights.weigh(std::vector<std::int64_t>{0, 1, 2, 4}, batch);
  const auto weight = values_of(batch.weight);
  CHECK(weight[0] + weight[1] + weight[2] == Approx(weight[3]));
  CHECK(weight[0] == weight[2]);
}

TEST_CASE("what parts of a batch answer counts as what the whole does", "[train]") {
  const auto groups = two_groups();
  const auto stage = make_text_stage();
  const std::vector<std::int64_t> rows = {0, 1, 2, 5, 6, 7};
  const auto logits = logits_of({true, true, false, false, true, false});
  const auto seen_in_parts = [&](const std::vector<std::int64_t>& firsts) {
    GroupWeights weights(config_of(FairnessMethod::group_dro, 0.7), groups);
    auto batch = batch_of(groups, rows);
    weights.begin_update();
    weights.weigh(rows, batch);
    for (std::size_t i = 0; i < firsts.size(); ++i) {
      const auto end = i + 1 < firsts.size() ? firsts[i + 1] : logits.size(0);
      weights.observe(firsts[i], OutputKind::classification, *stage,
                      logits.narrow(0, firsts[i], end - firsts[i]));
    }
    weights.end_batch();
    weights.end_update();
    return weights.to_json();
  };
  const auto whole = seen_in_parts({0});
  CHECK(whole == seen_in_parts({0, 2}));
  CHECK(whole == seen_in_parts({0, 1, 5}));
  // Members of an ensemble answer by the mean of their probabilities.
  GroupWeights weights(config_of(FairnessMethod::group_dro, 0.7), groups);
  auto batch = batch_of(groups, rows);
  weights.begin_update();
  weights.weigh(rows, batch);
  weights.observe(0, OutputKind::classification, *stage, at::stack({logits, logits}, 1));
  weights.end_batch();
  weights.end_update();
  CHECK(weights.to_json() == whole);
}

TEST_CASE("multipliers turn the targets of a group that is answered unequally", "[train]") {
  const auto groups = two_groups();
  const auto stage = make_text_stage();
  GroupWeights weights(config_of(FairnessMethod::exponentiated_gradient, 0.5), groups);
  const std::vector<std::int64_t> rows = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto logits = logits_of({true, true, true, true, false, false, false, false});
  auto batch = batch_of(groups, rows);
  for (int i = 0; i < 20; ++i) {
    weights.begin_update();
    batch = batch_of(groups, rows);
    weights.weigh(rows, batch);
    if (i == 0) CHECK(batch.target.equal(batch_of(groups, rows).target));
    weights.observe(0, OutputKind::classification, *stage, logits);
    weights.end_batch();
    weights.end_update();
  }
  CHECK(batch.target.equal(torch::tensor({0, 0, 0, 0, 1, 1, 1, 1}, torch::kInt64)));
}
