// SPDX-License-Identifier: Apache-2.0
#include "core/config/gate_names.h"

#include "support/catch.h"

using namespace candor;

namespace {

const std::vector<std::string> kColumns = {"race", "sex"};

std::vector<std::string> faults_of(const std::string& gate,
                                   TaskType task = TaskType::classification,
                                   const GateConfig& limits = {0.5, std::nullopt}) {
  std::vector<std::string> messages;
  for (const auto& fault : gate_faults(task, kColumns, {{gate, limits}})) {
    CHECK(fault.gate == gate);
    messages.push_back(fault.message);
  }
  return messages;
}

}  // namespace

TEST_CASE("a gate's name is a metric, or columns and a metric", "[config]") {
  CHECK(parse_gate_name("accuracy", kColumns).columns.empty());
  CHECK(parse_gate_name("sex/accuracy", kColumns).columns == std::vector<std::string>{"sex"});
  const auto crossed = parse_gate_name("sex*race/accuracy", kColumns);
  CHECK(crossed.columns == std::vector<std::string>{"race", "sex"});
  CHECK(crossed.metric == "accuracy");
  CHECK(parse_gate_name("a/b*c/f1", {"a/b*c"}).columns == std::vector<std::string>{"a/b*c"});
  const auto label = parse_gate_name("sex/recall:n/a", kColumns);
  CHECK(label.columns == std::vector<std::string>{"sex"});
  CHECK(label.metric == "recall:n/a");
  CHECK(parse_gate_name("recall:n/a", kColumns).metric == "recall:n/a");
}

TEST_CASE("gaps have names of their own, or end in difference and ratio", "[config]") {
  CHECK(find_gap("equalized_odds_difference")->metrics.size() == 2);
  CHECK(find_gap("equalized_odds_ratio")->ratio);
  CHECK(find_gap("average_odds_difference")->mean);
  CHECK(find_gap("demographic_parity_ratio_to_overall")->to_overall);
  CHECK(find_gap("roc_auc_difference")->metrics == std::vector<std::string>{"roc_auc"});
  CHECK(find_gap("mean_error_difference"));
  CHECK_FALSE(find_gap("mean_error_ratio"));  // it may be negative
  CHECK_FALSE(find_gap("speed_difference"));
  CHECK_FALSE(find_gap("accuracy"));
}

TEST_CASE("gates on what exists have no faults", "[config]") {
  for (const auto* gate :
       {"accuracy", "log_loss", "true_positive_rate", "theil_index", "sex/accuracy", "sex/roc_auc",
        "race*sex/f1", "sex/demographic_parity_ratio", "sex/log_loss_difference", "recall:cat",
        "sex/recall:cat", "sex/recall:cat_difference"}) {
    INFO(gate);
    CHECK(faults_of(gate).empty());
  }
  CHECK(faults_of("sex/rmse_ratio", TaskType::regression).empty());
  CHECK(faults_of("perplexity", TaskType::language_model).empty());
}

TEST_CASE("unknown names are told with those that are known", "[config]") {
  using Messages = std::vector<std::string>;
  CHECK(faults_of("accuracyy")
            .at(0)
            .starts_with(
                "not a metric of this task; did you mean \"accuracy\"? allowed: accuracy, "));
  CHECK(faults_of("sax/accuracy") ==
        Messages{"'sax' is not a group column; did you mean \"sex\"? allowed: race, sex"});
  CHECK(faults_of("sex/speed")
            .at(0)
            .starts_with("not a metric or gap of groups; allowed: accuracy, "));
  CHECK_THAT(
      faults_of("sex/speed").at(0),
      CANDOR_CONTAINS("predictive_parity_ratio; a metric that is not of decisions may end in "
                      "_difference or _ratio"));
  CHECK(
      faults_of("sex/calibration_gap_ratio") ==
      std::vector<std::string>{"calibration_gap may be negative, and a ratio of such numbers says "
                               "nothing; bound calibration_gap_difference"});
  CHECK(faults_of("equalized_odds_difference") ==
        Messages{"a gap is between the groups of a column; write "
                 "COLUMN/equalized_odds_difference"});
  CHECK(faults_of("sex/rmse").size() == 1);
  CHECK(faults_of("sex/perplexity", TaskType::language_model).empty());
  CHECK(faults_of("sex/cross_entropy_difference", TaskType::language_model) ==
        Messages{"gaps between groups of texts are not measured; bound a metric in every group; "
                 "did you mean \"cross_entropy\"? allowed: cross_entropy, perplexity, "
                 "predictive_entropy"});
  CHECK(faults_of("sex/bits_per_byte", TaskType::language_model) ==
        Messages{"not a metric of groups of texts; allowed: cross_entropy, perplexity, "
                 "predictive_entropy"});
  CHECK(faults_of("race*sex/perplexity", TaskType::language_model) ==
        Messages{"texts are not grouped by crossed columns; name one column"});
  const auto none = gate_faults(TaskType::classification, {}, {{"sex/f1", {0.5, std::nullopt}}});
  CHECK(none.at(0).message ==
        "'sex' is not a group column; none is named (in data.groups, or by --groups for a file of "
        "predictions)");
}

TEST_CASE("bounds that are missing or contradict each other are faults", "[config]") {
  using Messages = std::vector<std::string>;
  CHECK(faults_of("accuracy", TaskType::classification, {}) ==
        Messages{"a gate needs min, max or both"});
  CHECK(faults_of("accuracy", TaskType::classification, {0.9, 0.1}) ==
        Messages{"min is above max, so that no value passes; lower min or raise max"});
  const std::map<std::string, GateConfig> gates = {{"race*sex/f1", {0.5, std::nullopt}}};
  CHECK(gate_faults(TaskType::classification, kColumns, gates, 1).at(0).message ==
        "crosses 2 columns, and evaluate.intersections allows 1; raise it or name fewer columns");
}

TEST_CASE("a gate on the recall of a class names one of the data", "[config]") {
  const std::map<std::string, GateConfig> gates = {
      {"accuracy", {0.5, std::nullopt}},
      {"recall:cat", {0.5, std::nullopt}},
      {"recall:cet", {0.5, std::nullopt}},
      {"sex/recall:dog_difference", {std::nullopt, 0.1}},
      {"sex/recall:a/b", {0.5, std::nullopt}},
      {"sex/recall:emu_difference", {std::nullopt, 0.1}},
      {"sex/recall:the_difference", {0.5, std::nullopt}}};
  const auto faults = class_faults({"a/b", "cat", "dog", "the_difference"}, kColumns, gates);
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].gate == "recall:cet");
  CHECK(faults[0].message ==
        "'cet' is not a class; did you mean \"cat\"? allowed: a/b, cat, dog, the_difference");
  CHECK(faults[1].gate == "sex/recall:emu_difference");
}
