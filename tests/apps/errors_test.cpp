// SPDX-License-Identifier: Apache-2.0
// Bad input: one line on stderr, the exit code of its kind, and nothing half-made.
#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/places.h"

using candor::test::Outcome;
using candor::test::Process;
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
  CHECK_FALSE(fs::exists(folder / "run"));  // nothing that the corrected command would trip over
  // The folder is another each time; messages are compared without it.
  for (auto at = outcome.err.find(folder.path()); at != std::string::npos;
       at = outcome.err.find(folder.path())) {
    outcome.err.erase(at, folder.path().string().size() + 1);
  }
  return outcome;
}

// One error line and nothing else on stderr.
void check_only(const Outcome& outcome, int exit_code, const std::string& message) {
  CHECK(outcome.exit_code == exit_code);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "error: " + message + "\n");
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

enum class Repeat { never, at_once, later };

// Trains until there are rows, sends the signal, perhaps again, and returns the exit code. A second
// one that is to come later finds the process halted where the first one found it, however fast the
// machine is.
int stop_training(int number, Repeat repeat, std::chrono::milliseconds until_halted = {}) {
  using namespace std::chrono_literals;
  TempDir folder;
  const auto metrics = folder / "run" / "metrics.jsonl";
  Process process({"candor", "train", write_table_config(folder), "train.epochs=100000",
                   "train.optimizer.learning_rate=0.0001", "--run", (folder / "run").string()});
  while (process.running() && (!fs::exists(metrics) || fs::file_size(metrics) == 0)) {
    std::this_thread::sleep_for(1ms);
  }
  process.signal(SIGSTOP);
  process.signal(number);
  process.signal(SIGCONT);
  if (repeat == Repeat::at_once) process.signal(number);
  if (repeat == Repeat::later) {
    std::this_thread::sleep_for(until_halted);
    process.signal(SIGSTOP);
    std::this_thread::sleep_for(300ms);
    process.signal(number);
    process.signal(SIGCONT);
  }
  const auto outcome = process.wait();
  INFO(outcome.err);
  return outcome.exit_code;
}

// What `candor WORDS...` writes when stdin, stdout and stderr are a terminal.
std::string on_terminal(std::vector<std::string> words,
                        const std::map<std::string, std::string>& variables) {
  words.insert(words.begin(), candor::test::bin_dir() + "/candor");
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int terminal = -1;
  const auto child = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  REQUIRE(child > 0);
  std::string text;
  char part[4096];
  for (ssize_t count; (count = read(terminal, part, sizeof(part))) > 0;) {
    text.append(part, static_cast<std::size_t>(count));
  }
  close(terminal);
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  return text;
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
            ": /model/hiden: unknown key; did you mean \"hidden\"? allowed: type, hidden, "
            "activation, "
            "dropout, norm, residual, ensemble\n" +
            "error: " + config + ": /model/dropout: found 1.5, expected a number in [0, 1)\n" +
            "error: " + config +
            ": /train/epochs: found \"ten\", expected a whole number in [1, 1000000000]\n");
}

TEST_CASE("a config that is missing or not JSON says where", "[errors]") {
  TempDir folder;
  const auto none = (folder / "none.json").string();
  check_only(run_candor({"train", none}), 2,
             none + ": cannot be opened: No such file or directory");
  const auto cut = folder.write("cut.json", "{\"name\": \n");
  check_error(run_candor({"train", cut}), 2, {"error: " + cut + ":2:1: not valid JSON: "});
  const auto twice = folder.write("twice.json", "{\"name\": \"a\", \"name\": \"b\"}");
  check_only(run_candor({"train", twice}), 2,
             twice + ": not valid JSON: the key /name stands twice (line 1, column 21)");
}

TEST_CASE("a word of the command line that is not UTF-8 is a problem of the word", "[errors]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  for (const std::string last : {"--print-config", "--dry-run"}) {
    check_only(run_candor({"train", config, "name=caf\xE9", last}), 2,
               "command line: word 1: not valid UTF-8 at byte 8; a config is UTF-8 text, so write "
               "the word in a UTF-8 terminal");
  }
}

TEST_CASE("a table that cannot be read ends with exit code 3", "[errors]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  fs::remove(folder / "people.csv");
  check_only(run_candor({"train", config, "--run", (folder / "run").string()}), 3,
             (folder / "people.csv").string() + ": cannot be opened: No such file or directory");
  check_only(train_on(""), 3,
             "people.csv: the file is empty; a table needs rows and a header line with the "
             "columns' names");
  check_only(train_on("age,income,city,outcome\n"), 3,
             "people.csv: the file has a header line and no rows");
  check_only(train_on(good_rows(20) + "50,1000\n"), 3,
             "people.csv:22: 2 cells, but the header has 4; fix the row, or set "
             "data.clean.max_bad_fraction to skip such rows (1 of 21 rows is bad)");
}

TEST_CASE("data that cannot be read costs no earlier run, and no --overwrite afterwards",
          "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  const auto model = slurp(fs::path(run) / "model" / "model.safetensors");
  const auto csv = slurp(folder / "people.csv");
  fs::remove(folder / "people.csv");
  const std::vector<std::string> again = {
      "train", (folder / "table.json").string(), "train.epochs=1", "--run", run, "--overwrite"};
  CHECK(run_candor(again).exit_code == 3);
  CHECK(slurp(fs::path(run) / "model" / "model.safetensors") == model);
  CHECK(run_candor({"eval", run, "--data", folder.write("people.csv", csv)}).exit_code == 0);
  CHECK(run_candor(again).exit_code == 0);

  const auto fresh = (folder / "fresh").string();
  const std::vector<std::string> train = {"train", (folder / "table.json").string(),
                                          "train.epochs=1", "--run", fresh};
  folder.write("people.csv", "");
  CHECK(run_candor(train).exit_code == 3);
  folder.write("people.csv", csv);
  const auto mended = run_candor(train);
  INFO(mended.err);
  CHECK(mended.exit_code == 0);
  // What was said while the data was opened is in the log of the run.
  CHECK_THAT(slurp(fs::path(fresh) / "log.txt"), CANDOR_CONTAINS(" info "));
}

TEST_CASE("a run whose checkpoints are all damaged is not begun again by --resume", "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  for (const auto& entry : fs::directory_iterator(fs::path(run) / "checkpoints")) {
    if (!entry.is_symlink()) fs::remove(entry.path() / "state.json");
  }
  const auto wrong = run_candor(
      {"train", (folder / "table.json").string(), "train.epochs=1", "--run", run, "--resume"});
  check_error(wrong, 4,
              {"error: " + run +
                   "/checkpoints: none of the checkpoints is whole, so that the run cannot be "
                   "continued; bring one back from a copy, or start anew with --overwrite. The "
                   "newest: ",
               ": file 'state.json' is missing\n"});
  CHECK(fs::exists(fs::path(run) / "model" / "MANIFEST.json"));
  CHECK(fs::exists(fs::path(run) / "report.json"));
}

TEST_CASE("a target that cannot be learned ends with exit code 3", "[errors]") {
  std::string one_class = "age,income,city,outcome\n";
  for (int row = 0; row < 20; ++row) one_class += std::to_string(row) + ",1,Cork,yes\n";
  check_error(train_on(one_class), 3,
              {"outcome", "1 class in the training rows; classification needs two or more"});
  check_only(train_on(good_rows(20) + "50,1000,Cork,\n"), 3,
             "people.csv:22: the target 'outcome' is missing; fill it in, remove the row, or set "
             "data.clean.max_bad_fraction to leave such rows out (1 of 21 rows has none)");
}

TEST_CASE("text in a column declared a number is found without being repeated", "[errors]") {
  const auto wrong = train_on(good_rows(20) + "secret-4711,1000,Cork,yes\n",
                              {"+data.columns.age={\"type\": \"number\"}"});
  check_only(wrong, 3,
             "people.csv:22: column 'age' has text where a number is expected; fix the cell, set "
             "data.columns.age.type to category, or add its marker to data.format.missing");
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
  tolerant.insert(tolerant.end(), {"data.max_bad_fraction=0.1"});
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
  const auto message =
      no_model + ": is a folder without a model; MODEL is a model directory or a run directory";
  check_only(run_candor({"eval", no_model}), 4, message);
  check_only(run_candor({"predict", no_model, "--input", "-"}), 4, message);
  check_only(run_candor({"generate", no_model, "--prompt", "x"}), 4, message);
  check_only(run_candor({"export", no_model, "--format", "torchscript", "--out",
                         (folder / "out").string()}),
             4, message);
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("a slash behind MODEL makes no difference", "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  for (const auto& model : {run, run + "/", run + "/model", run + "/model/"}) {
    INFO(model);
    const auto outcome = run_candor({"eval", model, "--json"});
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
  }
}

TEST_CASE("a file is not put in the place of a device", "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  const auto wrong = run_candor({"predict", run, "--input", (folder / "people.csv").string(),
                                 "--output", "/dev/null", "--overwrite"});
  CHECK(wrong.exit_code != 0);
  CHECK_THAT(wrong.err, CANDOR_CONTAINS("/dev/null: is there and is no regular file"));
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("predictions that cannot be written are an error, ones that nobody reads are not",
          "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  const std::string line = "\"$0\" predict \"$1\" --input \"$2\"";
  const auto data = (folder / "people.csv").string();
  const std::string candor = candor::test::bin_dir() + "/candor";
  const auto full = candor::test::run({"/bin/sh", "-c", line + " >/dev/full", candor, run, data});
  CHECK(full.exit_code == 1);
  CHECK_THAT(full.err, CANDOR_CONTAINS("error: stdout: cannot be written: "));
  const auto cut = candor::test::run(
      {"/bin/bash", "-o", "pipefail", "-c", line + " | head -n 1", candor, run, data});
  CHECK(cut.exit_code == 0);
  CHECK(cut.err.empty());
  CHECK(std::count(cut.out.begin(), cut.out.end(), '\n') == 1);
}

TEST_CASE("predict ends by SIGTERM while it waits for rows, and says so by its status",
          "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  const auto pipe = folder / "rows";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  Process process({"/bin/sh", "-c", "exec \"$0\" predict \"$1\" --input - <\"$2\"",
                   candor::test::bin_dir() + "/candor", run, pipe.string()});
  const int writer = open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(writer >= 0);
  const std::string row = "{\"age\": 30, \"income\": 1000, \"city\": \"Cork\"}\n";
  REQUIRE(write(writer, row.data(), row.size()) == static_cast<ssize_t>(row.size()));
  int unread = 1;
  while (process.running() && unread > 0) {
    REQUIRE(ioctl(writer, FIONREAD, &unread) == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  process.signal(SIGTERM);
  const auto outcome = process.wait();
  close(writer);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 128 + SIGTERM);
  CHECK(outcome.out.empty());
}

TEST_CASE("the first signal stops training after a checkpoint, a second one ends it at once",
          "[errors]") {
  for (const int number : {SIGINT, SIGTERM}) {
    INFO(number);
    CHECK(stop_training(number, Repeat::never) == 75);
    CHECK(stop_training(number, Repeat::at_once) == 75);  // an echo, as timeout(1) sends it
    const int ended = number == SIGINT ? 130 : 128 + SIGTERM;
    // On a busy machine the process may be done with its checkpoint before it is halted.
    int code = 75;
    for (int attempt = 0; attempt < 10 && code == 75; ++attempt) {
      code = stop_training(number, Repeat::later, std::chrono::milliseconds(1 + attempt));
    }
    CHECK(code == ended);
  }
}

TEST_CASE("colours and cursor movement are for terminals that want them", "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  const std::string bold = "\x1b[";
  const auto has = [&](const std::string& text) { return text.find(bold) != std::string::npos; };
  CHECK_FALSE(has(run_candor({"eval", run}).out));
  CHECK(has(run_candor({"eval", run, "--color", "always"}).out));
  CHECK(has(on_terminal({"eval", run}, {{"TERM", "xterm"}, {"NO_COLOR", ""}})));
  CHECK_FALSE(has(on_terminal({"eval", run}, {{"TERM", "xterm"}, {"NO_COLOR", "1"}})));
  CHECK_FALSE(has(on_terminal({"eval", run}, {{"TERM", "dumb"}, {"NO_COLOR", ""}})));
  CHECK_FALSE(
      has(on_terminal({"eval", run, "--color", "never"}, {{"TERM", "xterm"}, {"NO_COLOR", ""}})));
  const std::vector<std::string> train = {"train",          (folder / "table.json").string(),
                                          "train.epochs=2", "--overwrite",
                                          "--color",        "never",
                                          "--run",          (folder / "again").string()};
  CHECK(has(on_terminal(train, {{"TERM", "xterm"}})));
  CHECK_FALSE(has(on_terminal(train, {{"TERM", "dumb"}})));
}

TEST_CASE("--quiet leaves nothing on stderr of a training that goes well", "[errors]") {
  TempDir folder;
  const auto trained = run_candor({"train", write_table_config(folder), "train.epochs=1", "--run",
                                   (folder / "run").string(), "--quiet"});
  CHECK(trained.exit_code == 0);
  CHECK(trained.err.empty());
  CHECK_FALSE(trained.out.empty());
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

TEST_CASE("generate refuses a model that has no text, and does not print the prompt first",
          "[errors]") {
  TempDir folder;
  const auto run = trained_run(folder);
  check_only(run_candor({"generate", run, "--prompt", "hello"}), 2,
             "model 'people' is not a language model");
}

TEST_CASE("a GPU that is not there is a clear error", "[errors]") {
  if (fs::exists("/dev/nvidia0")) return;
  TempDir folder;
  check_error(run_candor({"train", write_table_config(folder), "--device", "cuda", "--run",
                          (folder / "run").string()}),
              2, {"cuda"});
}
