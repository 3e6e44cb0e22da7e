// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/places.h"

using candor::test::run_candor;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

const std::vector<std::string> kCommands = {"train",   "eval",  "predict", "generate", "export",
                                            "serve",   "init",  "inspect", "tokenize", "runs",
                                            "compare", "purge", "tune"};

const std::string kCandor = candor::test::bin_dir() + "/candor";

// A command line that is refused with exit code 2 and this one line.
void check_usage(const std::vector<std::string>& words, const std::string& message) {
  const auto wrong = run_candor(words);
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.out.empty());
  CHECK(wrong.err == "error: " + message + "\n");
}

}  // namespace

TEST_CASE("candor --help lists every command on stdout", "[help]") {
  const auto help = run_candor({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.err.empty());
  for (const auto& command : kCommands) CHECK_THAT(help.out, CANDOR_CONTAINS(command));
}

TEST_CASE("every command shows an example before its options", "[help]") {
  for (const auto& command : kCommands) {
    INFO(command);
    const auto help = run_candor({command, "--help"});
    CHECK(help.exit_code == 0);
    CHECK(help.err.empty());
    const auto example = help.out.find("candor " + command);
    const auto option = help.out.find("--help");
    REQUIRE(example != std::string::npos);
    REQUIRE(option != std::string::npos);
    CHECK(example < option);
  }
}

TEST_CASE("an unknown command gets the nearest one as a hint", "[help]") {
  const auto wrong = run_candor({"trian"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.out.empty());
  CHECK(wrong.err ==
        "error: 'trian' is not a command; did you mean 'train'? (commands: inspect, init, "
        "tokenize, train, tune, eval, predict, "
        "generate, export, serve, runs, compare, purge)\n");
}

TEST_CASE("an unknown option ends with exit code 2 and one line", "[help]") {
  for (const auto& command : kCommands) {
    check_usage({command, "--qqqqqqqqqqqq"},
                "unknown option --qqqqqqqqqqqq (see candor " + command + " --help)");
  }
}

TEST_CASE("an option that is nearly one gets the nearest as a hint, and its value is not repeated",
          "[help]") {
  check_usage({"train", "a.json", "--overwrit"},
              "unknown option --overwrit; did you mean --overwrite? (see candor train --help)");
  check_usage({"generate", "runs/a", "--promt=secret words"},
              "unknown option --promt; did you mean --prompt? (see candor generate --help)");
  check_usage({"eval", "runs/a", "--output", "x"},
              "unknown option --output; did you mean --out? (see candor eval --help)");
  check_usage({"predict", "runs/a", "--out", "x"},
              "unknown option --out; did you mean --output? (see candor predict --help)");
  check_usage({"eval", "runs/a", "-x"}, "unknown option -x (see candor eval --help)");
  check_usage({"eval", "runs/a", "--x"}, "unknown option --x (see candor eval --help)");
}

TEST_CASE("a command without its argument says what it needs", "[help]") {
  check_usage({"init"},
              "DATA is missing: candor init DATA [--target COLUMN] [--output FILE]; see candor "
              "init --help");
  check_usage({"inspect"},
              "DATA is missing: candor inspect DATA [--target COLUMN] [--test FILE]; see candor "
              "inspect --help");
  check_usage(
      {"compare"},
      "RUN is missing: candor compare RUN|FILE RUN|FILE ... [--out FILE.html]; see candor compare "
      "--help");
  check_usage({"purge"}, "RUN is missing: candor purge RUN [--yes]; see candor purge --help");
  check_usage({"train"},
              "CONFIG is missing: candor train CONFIG [key=value ...]; see candor train --help");
  check_usage({"eval"},
              "MODEL is missing: candor eval MODEL [key=value ...]  |  --predictions FILE "
              "[key=value ...]; see candor eval --help");
  check_usage({"predict"},
              "MODEL is missing: candor predict MODEL --input FILE|-; see candor predict --help");
  check_usage({"predict", "runs/a"},
              "--input is missing: a file, a folder of images, or - for stdin");
  check_usage({"generate"},
              "MODEL is missing: candor generate MODEL --prompt TEXT; see candor generate --help");
  check_usage({"export"},
              "MODEL is missing: candor export MODEL --format NAME[,NAME] --out DIR; see candor "
              "export --help");
  const auto serve = run_candor({"serve"});
  CHECK(serve.exit_code == 2);
  CHECK_THAT(serve.err, CANDOR_CONTAINS("error: MODEL is missing: candor serve "));
}

TEST_CASE("surplus words are refused, not ignored", "[help]") {
  check_usage({"init", "a.csv", "b.csv"},
              "'b.csv' is one word too many: candor init DATA [--target COLUMN] [--output FILE]; a "
              "value with spaces needs quotes (see candor init --help)");
  check_usage({"generate", "runs/a", "--prompt", "The", "harbour"},
              "'harbour' is one word too many: candor generate MODEL --prompt TEXT; a value with "
              "spaces needs quotes (see candor generate --help)");
  for (const std::string command : {"predict", "export"}) {
    const auto wrong = run_candor({command, "runs/a", "runs/b"});
    CHECK(wrong.exit_code == 2);
    CHECK_THAT(wrong.err, CANDOR_CONTAINS("error: 'runs/b' is one word too many: "));
  }
}

TEST_CASE("--json is refused where there is no document to write", "[help]") {
  for (const std::string command : {"init", "predict", "generate"}) {
    check_usage({command, "a", "--json"}, "--json goes with --version only: candor " + command +
                                              " has no JSON document to write (see candor " +
                                              command + " --help)");
  }
}

TEST_CASE("a bad value of an option is refused with what is allowed", "[help]") {
  check_usage({"train", "a.json", "--color", "red"},
              "--color: expected auto, always or never, found 'red'");
  check_usage({"init", "a.csv", "--overwrite=perhaps"},
              "--overwrite: expected true, false or no value, found 'perhaps'");
  check_usage({"eval", "runs/a", "--threads", "many"},
              "--threads: expected a whole number in [0, 1024], found 'many'");
  check_usage({"eval", "runs/a", "--threads=-1"},
              "--threads: expected a whole number in [0, 1024], found '-1'");
  for (const std::string value : {"nan", "inf", "-0.5", "1e9", "hot", ""}) {
    INFO(value);
    check_usage({"generate", "runs/a", "--temperature=" + value},
                "--temperature: expected a number in [0, 1e+06], found '" + value + "'");
  }
  check_usage({"generate", "runs/a", "--top-p", "1.5"},
              "--top-p: expected a number in [0, 1], found '1.5'");
  const auto no_value = run_candor({"init", "a.csv", "--target"});
  CHECK(no_value.exit_code == 2);
  CHECK_THAT(no_value.err, CANDOR_CONTAINS("; see candor init --help\n"));
}

TEST_CASE("a switch can be switched off", "[help]") {
  TempDir folder;
  write_table_config(folder);
  const auto data = (folder / "people.csv").string();
  const auto mine = folder.write("mine.json", "mine");
  const std::vector<std::string> words = {"init", data, "--output", mine};
  auto off = words;
  off.push_back("--overwrite=false");
  check_usage(off, mine +
                       ": exists already; replace it with --overwrite, or choose another file "
                       "with --output");
  CHECK(candor::test::slurp(mine) == "mine");
  auto on = words;
  on.push_back("--overwrite=true");
  CHECK(run_candor(on).exit_code == 0);
}

TEST_CASE("-h is --help, and a flag's name as a value is only a value", "[help]") {
  for (const auto& command : kCommands) {
    CHECK(run_candor({command, "-h"}).out == run_candor({command, "--help"}).out);
  }
  TempDir folder;
  const auto none = (folder / "none").string();
  for (const std::string value : {"--help", "--version", "--schema"}) {
    const auto wrong = run_candor({"generate", none, "--prompt", value});
    CHECK(wrong.exit_code == 4);
    CHECK(wrong.out.empty());
    CHECK(wrong.err ==
          "error: " + none + ": no such folder; MODEL is a model directory or a run directory\n");
  }
}

TEST_CASE("an answer that cannot be written is an error, one that nobody reads to the end is not",
          "[help]") {
  TempDir folder;
  write_table_config(folder);
  const auto data = (folder / "people.csv").string();
  const std::vector<std::string> lines = {"\"$0\" --help", "\"$0\" train --schema",
                                          "\"$0\" train --help", "\"$0\" --version",
                                          "\"$0\" init \"$1\""};
  for (const auto& line : lines) {
    INFO(line);
    const auto full = candor::test::run({"/bin/sh", "-c", line + " >/dev/full", kCandor, data});
    CHECK(full.exit_code == 1);
    CHECK(full.err.rfind("error: stdout: cannot be written: ", 0) == 0);
    const auto cut = candor::test::run(
        {"/bin/bash", "-o", "pipefail", "-c", line + " | head -n 1", kCandor, data});
    CHECK(cut.exit_code == 0);
    CHECK(cut.err.empty());
  }
  CHECK(candor::test::run({"/bin/sh", "-c", "\"$0\" --version >/dev/full", kCandor}).err ==
        "error: stdout: cannot be written: No space left on device\n");
}

TEST_CASE("--quiet leaves errors only on stderr", "[help]") {
  TempDir folder;
  write_table_config(folder);
  const auto data = (folder / "people.csv").string();
  const auto quiet =
      run_candor({"init", data, "--output", (folder / "mine.json").string(), "--quiet"});
  CHECK(quiet.exit_code == 0);
  CHECK(quiet.err.empty());
  const auto wrong =
      run_candor({"init", data, "--output", (folder / "mine.json").string(), "--quiet"});
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err.rfind("error: ", 0) == 0);
}

TEST_CASE("--version --json is one JSON document", "[help]") {
  const auto version = run_candor({"--version", "--json"});
  CHECK(version.exit_code == 0);
  CHECK(Json::parse(version.out).at("candor").get<std::string>().size() >= 5);
}

TEST_CASE("--schema and --print-config write JSON that can be read back", "[help]") {
  TempDir folder;
  const auto config = write_table_config(folder);
  const auto schema = run_candor({"train", "--schema"});
  CHECK(schema.exit_code == 0);
  CHECK(Json::parse(schema.out).at("$schema") == "https://json-schema.org/draft/2020-12/schema");

  const auto printed = run_candor({"train", config, "train.epochs=3", "--print-config"});
  REQUIRE(printed.exit_code == 0);
  CHECK(Json::parse(printed.out).at("train").at("epochs") == 3);
  const auto copy = folder.write("copy.json", printed.out);
  const auto again = run_candor({"train", copy, "--print-config"});
  CHECK(again.exit_code == 0);
  CHECK(again.out == printed.out);
  CHECK_FALSE(std::filesystem::exists(folder / "runs"));
}

TEST_CASE("init writes a config that trains", "[help]") {
  TempDir folder;
  write_table_config(folder);
  candor::test::RunOptions here;
  here.folder = folder.path();
  const auto made =
      run_candor({"init", "people.csv", "--target", "outcome", "--output", "mine.json"}, here);
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  const auto again =
      run_candor({"init", "people.csv", "--target", "outcome", "--output", "mine.json"}, here);
  CHECK(again.exit_code == 2);
  CHECK_THAT(again.err, CANDOR_CONTAINS("mine.json"));
  const auto trained = run_candor({"train", "mine.json", "train.epochs=2", "--run", "mine"}, here);
  INFO(trained.err);
  CHECK(trained.exit_code == 0);
}

TEST_CASE("init writes a config that trains, also where a few cells are not what they seem",
          "[help]") {
  TempDir folder;
  std::string csv = "size,price,age,city,outcome\n";
  for (int i = 0; i < 200; ++i) {
    csv += (i % 40 == 7 ? std::string("unknown") : std::to_string(i * 7 % 50)) + ",";
    csv += (i == 120 ? std::string("1O5") : std::to_string(i * 11 % 60)) + ",";
    csv += (i % 50 == 3 ? std::string("inf") : std::to_string(i % 30)) + ",";
    csv += std::string(i % 3 ? "Cork" : "Bergen") + "," + (i * 7 % 50 > 25 ? "yes" : "no") + "\n";
  }
  folder.write("odd.csv", csv);
  candor::test::RunOptions here;
  here.folder = folder.path();
  REQUIRE(run_candor({"init", "odd.csv", "--output", "odd.json"}, here).exit_code == 0);
  const auto trained = run_candor({"train", "odd.json", "train.epochs=1", "--run", "odd"}, here);
  INFO(trained.err);
  CHECK(trained.exit_code == 0);
}
