// SPDX-License-Identifier: Apache-2.0
// Data that is damaged, repeated or has changed, through the real programs.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/gzip.h"
#include "support/places.h"
#include "support/temp.h"

using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

// A run of one epoch called `name`, with more words.
candor::test::Outcome train(const TempDir& folder, const std::string& name, const Words& more) {
  Words words = {"train", (folder / "table.json").string(), "train.epochs=1", "--run",
                 (folder / name).string()};
  words.insert(words.end(), more.begin(), more.end());
  return run_candor(words);
}

std::string weights(const TempDir& folder, const std::string& run) {
  const auto bytes = slurp(folder / (run + "/model/model.safetensors"));
  REQUIRE_FALSE(bytes.empty());
  return bytes;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// `lines` from `begin` on, below the header.
std::string table_of(const std::vector<std::string>& lines, std::size_t begin, std::size_t end) {
  std::string text = lines[0] + "\n";
  for (std::size_t i = begin; i < end; ++i) text += lines[i] + "\n";
  return text;
}

}  // namespace

TEST_CASE("rows that inspect finds in the test file are taken out of training by its words",
          "[data]") {
  TempDir folder;
  REQUIRE((folder / "table.json") == fs::path(candor::test::write_table_config(folder)));
  const auto people = slurp(folder / "people.csv");
  const auto lines = lines_of(people);
  REQUIRE(lines.size() == 241);
  const auto test = folder.write("test.csv", table_of(lines, 201, 241));
  folder.write("people.csv", people + lines[1] + "\n" + lines[2] + "\n");
  const auto seen = run_candor({"inspect", (folder / "people.csv").string(), "--target", "outcome",
                                "--test", test, "--json"});
  REQUIRE(seen.exit_code == 0);
  Words words = {"data.files.test=" + Json(test).dump(), "~data.split.test",
                 "data.clean.bad_rows=quarantine"};
  std::vector<std::string> codes;
  const auto document = Json::parse(seen.out);
  for (const auto& finding : document.at("findings")) {
    const auto code = finding.at("code").get<std::string>();
    if (code != "duplicate_rows" && code != "test_rows_in_train") continue;
    codes.push_back(code);
    CHECK(finding.at("config") == Json({"data.clean.deduplicate=true"}));
  }
  CHECK(codes.size() == 2);
  words.push_back("data.clean.deduplicate=true");
  const auto trained = train(folder, "run", words);
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const auto environment = Json::parse(slurp(folder / "run/environment.json"));
  std::size_t left_out = 0;
  for (const auto& file : environment.at("files")) {
    left_out += file.value("equal_rows_left_out", std::size_t{0});
  }
  CHECK(left_out == 46);  // 40 of the test, the two above, and four that people.csv has
  CHECK_THAT(slurp(folder / "run/log.txt"),
             CANDOR_CONTAINS("people.csv: 6 of 242 rows equal an earlier one and are left out"));
  const auto ledger = slurp(folder / "run/quarantine.jsonl");
  const auto file = (folder / "people.csv").string();
  CHECK_THAT(ledger, CANDOR_CONTAINS("\"line\":242,\"reason\":\"equal to " + file + ":2\"}\n"));
  CHECK_THAT(ledger, CANDOR_CONTAINS("\"line\":202,\"reason\":\"equal to " + test + ":2\"}\n"));
  CHECK(std::count(ledger.begin(), ledger.end(), '\n') == 46);
}

TEST_CASE("a packed table that is cut or damaged ends with exit code 3", "[data]") {
  TempDir folder;
  candor::test::write_table_config(folder);
  const auto packed = candor::test::gzip(slurp(folder / "people.csv"));
  const auto path = (folder / "people.csv.gz").string();
  const auto refused = [&](const std::string& bytes) {
    folder.write("people.csv.gz", bytes);
    const auto trained = train(folder, "run", {"data.files.train=" + path});
    CHECK(trained.exit_code == 3);
    CHECK(trained.out.empty());
    CHECK_FALSE(fs::exists(folder / "run/model"));
    const auto seen = run_candor({"inspect", path});
    CHECK(seen.exit_code == 3);
    CHECK(seen.err == trained.err);
    return trained.err;
  };
  CHECK(refused(packed.substr(0, packed.size() / 2)) ==
        "error: " + path + ": the gzip data is cut short; the file is not whole, get it anew\n");
  CHECK(refused(packed.substr(0, packed.size() - 3)) ==
        "error: " + path + ": the gzip data is cut short; the file is not whole, get it anew\n");
  auto damaged = packed;
  damaged[damaged.size() - 6] ^= 1;  // in the checksum
  CHECK(refused(damaged) == "error: " + path +
                                ": the gzip data is damaged (incorrect data check); get the file "
                                "anew\n");
  folder.write("people.csv.gz", packed);
  CHECK(train(folder, "run", {"data.files.train=" + path}).exit_code == 0);
}

TEST_CASE("a cache is never trusted beyond what it was made of", "[data]") {
  TempDir folder;
  candor::test::write_table_config(folder);
  const Words cached = {"data.cache=" + (folder / "cache").string()};
  REQUIRE(train(folder, "plain", {}).exit_code == 0);
  REQUIRE(train(folder, "written", cached).exit_code == 0);
  const auto files = files_in(folder / "cache");
  REQUIRE(files.size() == 1);
  const auto bytes = slurp(files[0]);
  REQUIRE(train(folder, "read", cached).exit_code == 0);
  CHECK(slurp(files[0]) == bytes);
  CHECK(weights(folder, "written") == weights(folder, "plain"));
  CHECK(weights(folder, "read") == weights(folder, "plain"));

  // Other content of the same size and time is other content.
  const auto time = fs::last_write_time(folder / "people.csv");
  auto people = slurp(folder / "people.csv");
  std::replace(people.begin(), people.end(), '7', '2');
  folder.write("people.csv", people);
  fs::last_write_time(folder / "people.csv", time);
  REQUIRE(train(folder, "changed", cached).exit_code == 0);
  CHECK(files_in(folder / "cache").size() == 2);
  REQUIRE(train(folder, "plain_changed", {}).exit_code == 0);
  CHECK(weights(folder, "changed") == weights(folder, "plain_changed"));
  CHECK(weights(folder, "changed") != weights(folder, "plain"));

  for (const auto& file : files_in(folder / "cache")) {
    auto damaged = slurp(file);
    damaged[damaged.size() / 2] ^= 1;
    std::ofstream(file, std::ios::binary) << damaged;
  }
  const auto anew = train(folder, "anew", cached);
  REQUIRE(anew.exit_code == 0);
  CHECK_THAT(anew.err, CANDOR_CONTAINS("this cache is not used, and made anew"));
  CHECK(weights(folder, "anew") == weights(folder, "plain_changed"));
  REQUIRE(train(folder, "again", cached).exit_code == 0);
  CHECK_THAT(slurp(folder / "again/log.txt"), !CANDOR_CONTAINS("made anew"));
}

TEST_CASE("a disk that is full when the cache is written ends the run and leaves no half of it",
          "[data]") {
  TempDir folder;
  candor::test::write_table_config(folder);
  std::string rows = "age,income,city,outcome\n";
  for (int i = 0; i < 30'000; ++i) {
    rows += std::to_string(i % 60) + "," + std::to_string(i * 7) + ",Cork," +
            (i % 2 ? "yes" : "no") + "\n";
  }
  folder.write("people.csv", rows);
  // No file may grow beyond 64 KiB; writing more is an error rather than a signal.
  const auto full = candor::test::run({"bash", "-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"",
                                       "full-disk", candor::test::bin_dir() + "/candor", "train",
                                       (folder / "table.json").string(), "train.epochs=1",
                                       "data.cache=" + (folder / "cache").string(), "--run",
                                       (folder / "run").string()});
  CHECK(full.exit_code == 1);
  CHECK_THAT(full.err, CANDOR_CONTAINS((folder / "cache").string()));
  CHECK(std::count(full.err.begin(), full.err.end(), '\n') == 1);
  CHECK(files_in(folder / "cache").empty());
  CHECK_FALSE(fs::exists(folder / "run/model"));
  const auto trained = train(folder, "run", {"data.cache=" + (folder / "cache").string()});
  CHECK(trained.exit_code == 0);
  CHECK(files_in(folder / "cache").size() == 1);
}
