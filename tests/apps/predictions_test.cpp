// SPDX-License-Identifier: Apache-2.0
// `candor eval --predictions` and `candor compare FILE ...` as programs.
#include <filesystem>

#include "run_program.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor::test;

namespace {

const std::string kScores =
    "id,label,score,sex\n1,0,0.1,F\n2,1,0.8,M\n3,1,0.4,F\n4,0,0.2,M\n5,1,0.9,F\n6,0,0.6,M\n";

}  // namespace

TEST_CASE("predictions are evaluated without a model", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("scores.csv", kScores);
  const auto result = run_candor({"eval", "--predictions", file, "--groups", "sex", "--threshold",
                                  "0.3", "--out", (folder / "out").string()});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, CANDOR_CONTAINS("scores.csv · scores · 6 rows · positive 1\n"
                                         "decided by threshold 0.3 (--threshold)\n"));
  CHECK_THAT(result.err, CANDOR_CONTAINS("The score is taken to speak for the class '1'."));
  CHECK(std::filesystem::exists(folder / "out/report.md"));
}

TEST_CASE("a gate on predictions that is not passed exits with 7", "[predictions]") {
  const TempDir folder;
  const auto file = folder.write("scores.csv", kScores);
  const auto result = run_candor(
      {"eval", "--predictions", file, "+evaluate.gates.accuracy={\"min\":0.999}", "--quiet"});
  CHECK(result.exit_code == 7);
  CHECK_THAT(result.out, CANDOR_CONTAINS("accuracy"));
}

TEST_CASE("bad predictions exit with 3, and flags that do not belong with 2", "[predictions]") {
  const TempDir folder;
  const auto bad = folder.write("bad.csv", "label,score\n0,0.1\n1,nan\n");
  const auto result = run_candor({"eval", "--predictions", bad});
  CHECK(result.exit_code == 3);
  CHECK(result.err == "error: " + bad + ":3: score is not a finite number\n");
  const auto refused = [](const std::vector<std::string>& words) {
    const auto outcome = run_candor(words);
    CHECK(outcome.exit_code == 2);
    return outcome.err;
  };
  CHECK(refused({"eval", "--predictions", bad, "--split", "test"}) ==
        "error: --split goes with a MODEL, not with --predictions (see candor eval --help)\n");
  CHECK(refused({"eval", "runs/x", "--threshold", "0.5"}) ==
        "error: --threshold goes with --predictions FILE (see candor eval --help)\n");
  CHECK(refused({"eval", "runs/x", "--predictions", bad}) ==
        "error: 'runs/x': pass a MODEL or --predictions FILE, not both; candor compare puts them "
        "side by side\n");
  CHECK(refused({"eval", "--predictions", bad, "--groups", "sex,race,sex"}) ==
        "error: --groups names 'sex' twice\n");
  CHECK_THAT(refused({"eval", "--predictions", bad, "--threshold", "high"}),
             CANDOR_CONTAINS("--threshold: expected a number in "));
}

TEST_CASE("a model is still evaluated by the program that has LibTorch", "[predictions]") {
  const auto result = run_candor({"eval", "no/such/model"});
  CHECK(result.exit_code == 4);
  CHECK_THAT(result.err, CANDOR_CONTAINS("no/such/model"));
}

TEST_CASE("the program for predictions does not load LibTorch", "[predictions]") {
  const auto result = run({"ldd", program("candor-eval")});
  CHECK(result.exit_code == 0);
  CHECK(result.out.find("torch") == std::string::npos);
  CHECK(result.out.find("libc.so") != std::string::npos);
}

TEST_CASE("files are compared from the command line", "[predictions]") {
  const TempDir folder;
  const auto a = folder.write("a.csv", "id,label,score\n1,x,0.1\n2,y,0.8\n3,y,0.4\n");
  const auto b = folder.write("b.csv", "id,label,score\n3,y,0.7\n1,x,0.2\n2,y,0.6\n");
  const auto result = run_candor({"compare", a, b, "--positive", "y", "--metric", "accuracy"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, CANDOR_CONTAINS("A and B on the same 3 rows\n"));
  CHECK_THAT(result.out,
             CANDOR_CONTAINS("accuracy: no difference can be told; B less A is 0.3333 ["));
}
