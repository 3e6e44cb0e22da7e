// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/temp.h"

using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

TEST_CASE("inspect writes text, one JSON document, or a page", "[inspect]") {
  TempDir folder;
  write_table_config(folder);
  const auto data = (folder / "people.csv").string(), page = (folder / "page.html").string();
  const auto plain = run_candor({"inspect", data, "--target", "outcome"});
  CHECK(plain.exit_code == 0);
  CHECK(plain.err.empty());
  CHECK_THAT(plain.out, CANDOR_CONTAINS("people.csv: table\n"));
  CHECK_THAT(plain.out, CANDOR_CONTAINS("\nincome"));
  const auto json = run_candor({"inspect", data, "--target", "outcome", "--json", "--html", page});
  CHECK(json.exit_code == 0);
  const auto document = Json::parse(json.out);
  CHECK(document["format_version"] == 1);
  CHECK(document["facts"]["rows"] == 240);
  CHECK(document["columns"].size() == 4);
  CHECK(slurp(page).rfind("<!doctype html>", 0) == 0);
  const auto again = run_candor({"inspect", data, "--html", page});
  CHECK(again.exit_code == 2);
  CHECK(again.err == "error: " + page +
                         ": exists already; replace it with --overwrite, or choose another file "
                         "with --html\n");
  CHECK(run_candor({"inspect", data, "--html", page, "--overwrite"}).exit_code == 0);
}

TEST_CASE("the words that inspect names are taken by train", "[inspect]") {
  TempDir folder;
  std::string csv = "id,x,copy,y\n";
  for (int i = 0; i < 200; ++i) {
    csv += std::to_string(i) + "," + std::to_string(i * 7 % 50) + "," +
           (i * 7 % 50 > 25 ? "1" : "0") + "," + (i * 7 % 50 > 25 ? "yes" : "no") + "\n";
  }
  candor::test::RunOptions here;
  here.folder = folder.path();
  folder.write("a.csv", csv);
  folder.write("a.json", R"({"name": "a", "task": {"target": "y"},
    "data": {"type": "table", "files": {"train": "a.csv"}, "split": {"validation": 0.2}},
    "model": {"type": "mlp"}, "train": {"epochs": 1}})");
  const auto seen = run_candor({"inspect", "a.csv", "--target", "y", "--json"}, here);
  const auto findings = Json::parse(seen.out).at("findings");
  REQUIRE(findings.size() >= 2);
  for (const auto& finding : findings) {
    std::vector<std::string> words = {"train", "a.json", "--print-config"};
    for (const auto& word : finding.at("config")) words.push_back(word.get<std::string>());
    const auto printed = run_candor(words, here);
    INFO(finding.dump() << printed.err);
    CHECK(printed.exit_code == 0);
  }
}

TEST_CASE("inspect says what it cannot read, and nothing on stdout", "[inspect]") {
  TempDir folder;
  const auto none = (folder / "none.csv").string();
  const auto wrong = run_candor({"inspect", none});
  CHECK(wrong.exit_code == 3);
  CHECK(wrong.out.empty());
  CHECK(wrong.err ==
        "error: " + none +
            ": does not exist; candor inspect takes a CSV, a text file, or a folder of "
            "class folders with images\n");
}
