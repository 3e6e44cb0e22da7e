// SPDX-License-Identifier: Apache-2.0
// Gates, groups and pairs of texts through the programs.
#include <nlohmann/json.hpp>

#include <filesystem>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::run_candor;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

// A model of people.csv with one gate; what training answers is in `exit_code`.
struct Trained {
  explicit Trained(const std::string& gate) : run((folder / "run").string()) {
    std::vector<std::string> words = {"train", write_table_config(folder), "--run", run};
    if (!gate.empty()) words.push_back(gate);
    outcome = run_candor(words);
  }

  TempDir folder;
  std::string run;
  candor::test::Outcome outcome;
};

}  // namespace

TEST_CASE("a model that passed its gates is exported where that is required", "[gates]") {
  const Trained trained("+evaluate.gates.log_loss={\"max\": 50}");
  INFO(trained.outcome.err);
  REQUIRE(trained.outcome.exit_code == 0);
  const auto exported = run_candor({"export", trained.run, "--format", "torchscript", "--out",
                                    (trained.folder / "out").string(), "--require-gates"});
  INFO(exported.err);
  CHECK(exported.exit_code == 0);
}

TEST_CASE("a model that failed a gate, or never met one, is neither exported nor served",
          "[gates]") {
  const Trained failed("+evaluate.gates.accuracy={\"min\": 1.0, \"confidence\": 0.6}");
  CHECK(failed.outcome.exit_code == 7);
  const auto out = (failed.folder / "out").string();
  const auto exported = run_candor(
      {"export", failed.run, "--format", "torchscript", "--out", out, "--require-gates"});
  CHECK(exported.exit_code == 7);
  CHECK_THAT(exported.err, CANDOR_CONTAINS("error: model 'people' did not pass its gates:\n"
                                           "  accuracy: accuracy is "));
  CHECK_FALSE(std::filesystem::exists(out));
  const auto served = run_candor({"serve", failed.run, "--port", "0", "--require-gates"});
  CHECK(served.exit_code == 7);
  CHECK_THAT(served.err, CANDOR_CONTAINS("error: model 'people' did not pass its gates:\n"));

  const Trained never("");
  REQUIRE(never.outcome.exit_code == 0);
  const auto refused =
      run_candor({"export", never.run, "--format", "torchscript", "--out", out, "--require-gates"});
  CHECK(refused.exit_code == 7);
  CHECK(refused.err ==
        "error: model 'people' was never measured against gates; set evaluate.gates and train it "
        "again, or leave --require-gates out\n");
}

TEST_CASE("training for groups shows in the report of the groups", "[gates]") {
  const TempDir folder;
  const auto config = write_table_config(folder);
  for (const std::string method : {"reweighing", "group_dro", "exponentiated_gradient"}) {
    INFO(method);
    const auto run = (folder / method).string();
    const auto trained =
        run_candor({"train", config, "--run", run, "--json",
                    "train.fairness={\"method\": \"" + method + "\", \"group\": \"city\"}",
                    "data.groups=[\"city\"]"});
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    const auto report = run_candor({"eval", run, "--json"});
    REQUIRE(report.exit_code == 0);
    CHECK(Json::parse(report.out).at("gaps").contains("city"));
    CHECK_THAT(candor::test::slurp(run + "/metrics.jsonl"),
               CANDOR_CONTAINS("\"validation/city/demographic_parity_difference\":"));
  }
  const auto unknown = run_candor({"train", config, "--run", (folder / "x").string(),
                                   "train.fairness={\"method\": \"reweighing\", \"group\": "
                                   "\"town\"}"});
  CHECK(unknown.exit_code == 2);
  CHECK_THAT(unknown.err, CANDOR_CONTAINS("error: train.fairness.group: no column 'town' in "));
}

TEST_CASE("a language model tells which text of a pair is likelier", "[gates]") {
  const TempDir folder;
  const auto run = (folder / "run").string();
  const auto trained = run_candor({"train", write_text_config(folder), "--run", run});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const auto pairs = folder.write("pairs.csv",
                                  "first,second,kind\n"
                                  "he went home.,she went home.,gender\n"
                                  "the old man,the young man,age\n"
                                  "the sea is calm.,the sea is wild.,\n");
  const auto out = (folder / "out").string();
  const auto done = run_candor({"eval", run, "--pairs", pairs, "--json", "--out", out});
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  const auto report = Json::parse(done.out);
  CHECK(report.at("count") == 3);
  CHECK(report.at("kinds").size() == 3);
  CHECK(report.at("metrics").at("preference").at("method") == "wilson");
  CHECK(Json::parse(candor::test::slurp(out + "/pairs.json")) == report);
  const auto again = run_candor({"eval", run, "--pairs", pairs, "--out", out});
  CHECK(again.exit_code == 2);
  CHECK(again.err ==
        "error: " + out + "/pairs.json: exists already; pass --overwrite or another --out\n");
  const auto text = run_candor({"eval", run, "--pairs", pairs});
  CHECK_THAT(text.out, CANDOR_CONTAINS("preference: share of pairs whose first text is likelier"));
}

TEST_CASE("pairs are for language models", "[gates]") {
  const Trained table("");
  const auto pairs = table.folder.write("pairs.csv", "first,second\na,b\n");
  const auto done = run_candor({"eval", table.run, "--pairs", pairs});
  CHECK(done.exit_code == 2);
  CHECK(done.err ==
        "error: --pairs needs a language model, which 'people' is not; compare groups with "
        "data.groups instead\n");
}
