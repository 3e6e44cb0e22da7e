// SPDX-License-Identifier: Apache-2.0
// Bad input: one line on stderr, the exit code of its kind, and nothing half-made.
#include <fstream>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::Outcome;
using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;

namespace {

namespace fs = std::filesystem;

// Trains the table config on `csv`.
Outcome train_on(const std::string& csv, const std::vector<std::string>& words = {}) {
  TempDir folder;
  const auto config = write_table_config(folder);
  folder.write("people.csv", csv);
  std::vector<std::string> line = {"train", config, "train.epochs=1", "--run",
                                   (folder / "run").string()};
  line.insert(line.end(), words.begin(), words.end());
  auto outcome = run_candor(line);
  CHECK(outcome.out.empty());
  CHECK_FALSE(fs::exists(folder / "run" / "model"));
  return outcome;
}

void check_error(const Outcome& outcome, int exit_code, const std::vector<std::string>& parts) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == exit_code);
  CHECK(outcome.err.find("error: ") != std::string::npos);
  CHECK(outcome.err.find("terminate called") == std::string::npos);
  for (const auto& part : parts) CHECK_THAT(outcome.err, CANDOR_CONTAINS(part));
}

// `rows` good rows of both classes.
std::string good_rows(int rows) {
  std::string csv = "age,income,city,outcome\n";
  for (int row = 0; row < rows; ++row) {
    csv += std::to_string(20 + row) + ",1000,Cork," + (row % 2 ? "yes" : "no") + "\n";
  }
  return csv;
}

std::string trained_run(const TempDir& folder) {
  const auto run = (folder / "run").string();
  const auto trained =
      run_candor({"train", write_table_config(folder), "train.epochs=1", "--run", run});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  return run;
}

}  // namespace

TEST_CASE("every problem of a config is reported at once", "[errors]") {
  TempDir folder;
  const auto config = folder.write("bad.json", R"({
  "name": "x", "task": {"type": "classification", "target": "outcome"},
  "data": {"type": "table", "files": {"train": "people.csv"}},
  "model": {"type": "mlp", "hiden": [8], "dropout": 1.5},
  "train": {"epochs": "ten"}
})");
  const auto wrong = run_candor({"train", config});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.out.empty());
  CHECK(wrong.err ==
        "error: " + config +
            ": /model/hiden: unknown key; did you mean \"hidden\"? allowed: hidden, activation, "
            "dropout, norm\n" +
            "error: " + config + ": /model/dropout: found 1.5, expected a number in [0, 1)\n" +
            "error: " + config +
            ": /train/epochs: found \"ten\", expected a whole number in [1, 1000000000]\n");
}

TEST_CASE("a config that is missing or not JSON says where", "[errors]") {
  TempDir folder;
  check_error(run_candor({"train", (folder / "none.json").string()}), 2,
              {"none.json: cannot be opened: No such file or directory"});
  check_error(run_candor({"train", folder.write("cut.json", "{\"name\": \n")}), 2,
              {"cut.json:2:1: not valid JSON"});
  check_error(
      run_candor({"train", folder.write("twice.json", "{\"name\": \"a\", \"name\": \"b\"}")}), 2,
      {"twice.json: not valid JSON: the key /name stands twice"});
}

TEST_CASE("a table that cannot be read ends with exit code 3", "[errors]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  fs::remove(folder / "people.csv");
  check_error(run_candor({"train", config, "--run", (folder / "run").string()}), 3, {"people.csv"});
  check_error(train_on(""), 3,
              {"people.csv: the file is empty; a table needs rows and a header line with the "
               "columns' names"});
  check_error(train_on("age,income,city,outcome\n"), 3,
              {"people.csv: the file has a header line and no rows"});
  check_error(train_on(good_rows(20) + "50,1000\n"), 3,
              {"people.csv:22: ", "; fix the row, or set data.max_bad_fraction"});
}

TEST_CASE("a target that cannot be learned ends with exit code 3", "[errors]") {
  std::string one_class = "age,income,city,outcome\n";
  for (int row = 0; row < 20; ++row) one_class += std::to_string(row) + ",1,Cork,yes\n";
  check_error(train_on(one_class), 3,
              {"outcome", "1 class in the training rows; classification needs two or more"});
  check_error(train_on(good_rows(20) + "50,1000,Cork,\n"), 3,
              {"people.csv:22: the target 'outcome' is missing; fill it in, or remove the row"});
}

TEST_CASE("text in a column declared a number is found without being repeated", "[errors]") {
  const auto wrong = train_on(good_rows(20) + "secret-4711,1000,Cork,yes\n",
                              {"+data.columns.age={\"type\": \"number\"}"});
  check_error(wrong, 3,
              {"people.csv:22: ", "age", "text where a number is expected; fix the cell"});
  CHECK(wrong.err.find("secret-4711") == std::string::npos);
}

TEST_CASE("a class that training never saw is named in the test file", "[errors]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  folder.write("people.csv", good_rows(40));
  const auto test =
      folder.write("test.csv", "age,income,city,outcome\n30,1000,Cork,yes\n31,1000,Cork,perhaps\n");
  const auto wrong = run_candor({"train", config, "train.epochs=1", "~data.split.test",
                                 "data.files.test=" + test, "--run", (folder / "run").string()});
  check_error(wrong, 3,
              {"test.csv:3: a class of 'outcome' that training never saw (it saw 2 classes)"});
}

TEST_CASE("an unknown column in the config gets the nearest name", "[errors]") {
  check_error(train_on(good_rows(20), {"task.target=outcom"}), 2, {"outcom", "outcome"});
}

TEST_CASE("infinity in a numeric column is refused or counted as missing, never learned",
          "[errors]") {
  check_error(
      train_on(good_rows(20) + "inf,1000,Cork,yes\n", {"+data.columns.age={\"type\": \"number\"}"}),
      3, {"people.csv", "age"});
}

TEST_CASE(
    "images that cannot be read are named and counted, and end the run above the allowed share",
    "[errors]") {
  TempDir folder;
  const auto config = write_images_config(folder);
  folder.write("shapes/dark/zero.png", "");
  folder.write("shapes/dark/noise.png", "this is not an image");
  const auto png = slurp(folder / "shapes" / "bright" / "0.png");
  folder.write("shapes/bright/cut.png", png.substr(0, png.size() / 2));
  const std::vector<std::string> words = {"train", config, "train.epochs=1", "--run",
                                          (folder / "run").string()};
  check_error(run_candor(words), 3, {"zero.png", "noise.png", "cut.png", "data.max_bad_fraction"});

  auto tolerant = words;
  tolerant.insert(tolerant.end(), {"data.max_bad_fraction=0.1", "--overwrite"});
  const auto trained = run_candor(tolerant);
  INFO(trained.err);
  CHECK(trained.exit_code == 0);
  CHECK_THAT(trained.err, CANDOR_CONTAINS("zero.png"));
}

TEST_CASE("a loss that is not finite ends with exit code 6", "[errors]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const auto diverged =
      run_candor({"train", config, "task.type=regression", "task.target=age", "~task.positive",
                  "train.optimizer.type=sgd", "train.optimizer.learning_rate=100", "--run",
                  (folder / "run").string()});
  check_error(diverged, 6, {"step"});
  CHECK_FALSE(fs::exists(folder / "run" / "model"));
}

TEST_CASE("a damaged model directory is refused and the file named", "[errors]") {
  TempDir folder;
  const fs::path model = fs::path(trained_run(folder)) / "model";
  const auto eval = [&] {
    return run_candor({"eval", model.string(), "--data", (folder / "people.csv").string()});
  };
  REQUIRE(eval().exit_code == 0);

  const auto weights = slurp(model / "model.safetensors");
  auto flipped = weights;
  flipped[flipped.size() - 5] = static_cast<char>(flipped[flipped.size() - 5] ^ 1);
  std::ofstream(model / "model.safetensors", std::ios::binary) << flipped;
  check_error(eval(), 4, {"model.safetensors"});
  fs::remove(model / "model.safetensors");
  check_error(eval(), 4, {"model.safetensors"});
  std::ofstream(model / "model.safetensors", std::ios::binary) << weights;
  CHECK(eval().exit_code == 0);
  fs::remove(model / "MANIFEST.json");
  check_error(eval(), 4, {"MANIFEST.json"});
}

TEST_CASE("something that is no model is refused by every command", "[errors]") {
  TempDir folder;
  const auto no_model = folder.path().string();
  check_error(run_candor({"eval", no_model}), 4, {no_model});
  check_error(run_candor({"predict", no_model, "--input", "-"}), 4, {no_model});
  check_error(run_candor({"generate", no_model, "--prompt", "x"}), 4, {no_model});
  check_error(run_candor({"export", no_model, "--format", "torchscript", "--out",
                          (folder / "out").string()}),
              4, {no_model});
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("an unknown export format prints the list, an existing export is kept", "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  const auto out = (folder / "out").string();
  check_error(run_candor({"export", run, "--format", "torchscrip", "--out", out}), 2,
              {"torchscrip", "torchscript"});
  CHECK_FALSE(fs::exists(out));
  REQUIRE(run_candor({"export", run, "--format", "torchscript", "--out", out}).exit_code == 0);
  check_error(run_candor({"export", run, "--format", "torchscript", "--out", out}), 2,
              {"--overwrite"});
}

TEST_CASE("generate refuses a model that has no text, predict refuses one that has no rows",
          "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  const auto wrong = run_candor({"generate", run, "--prompt", "hello"});
  CHECK(wrong.exit_code != 0);
  CHECK(wrong.err.rfind("error: ", 0) == 0);
}

TEST_CASE("a GPU that is not there is a clear error", "[errors]") {
  if (fs::exists("/dev/nvidia0")) return;
  TempDir folder;
  check_error(run_candor({"train", write_table_config(folder), "--device", "cuda", "--run",
                          (folder / "run").string()}),
              2, {"cuda"});
}
