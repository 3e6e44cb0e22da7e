// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::run_candor;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

const std::vector<std::string> kCommands = {"train",  "eval",  "predict", "generate",
                                            "export", "serve", "init"};

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
        "error: 'trian' is not a command; did you mean 'train'? (commands: init, train, eval, "
        "predict, "
        "generate, export, serve)\n");
}

TEST_CASE("an unknown option ends with exit code 2 and one line", "[help]") {
  for (const auto& command : kCommands) {
    INFO(command);
    const auto wrong = run_candor({command, "--no-such-option"});
    CHECK(wrong.exit_code == 2);
    CHECK(wrong.out.empty());
    CHECK(wrong.err.rfind("error: ", 0) == 0);
    CHECK_THAT(wrong.err, CANDOR_CONTAINS("no-such-option"));
  }
}

TEST_CASE("a command without its argument says what it needs", "[help]") {
  for (const auto& command : kCommands) {
    INFO(command);
    const auto wrong = run_candor({command});
    CHECK(wrong.exit_code == 2);
    CHECK(wrong.out.empty());
    CHECK(wrong.err.rfind("error: ", 0) == 0);
  }
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
