// SPDX-License-Identifier: Apache-2.0
// Programs that run beside a search, and the folder that it locks.
#include <csignal>
#include <thread>

#include <candor/error.h>

#include "core/base/json.h"
#include "core/config/config_json.h"
#include "core/select/child_process.h"
#include "core/select/run_trials.h"
#include "core/select/search_directory.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;
using test::slurp;
using test::TempDir;

namespace {

int ended(ChildProcess& child) {
  for (int i = 0; i < 1000; ++i) {
    if (const auto code = child.ended()) return *code;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return -1;
}

ChildProcess shell(const TempDir& folder, const std::string& line) {
  return {{"/bin/sh", "-c", line}, folder / "out", folder / "err"};
}

RunConfig searched(std::int64_t trials = 3) {
  auto config = config_from_json(Json::parse(R"({
    "name": "people",
    "task": {"type": "classification", "target": "outcome"},
    "data": {"type": "table", "files": {"train": "people.csv"}, "split": {"validation": 0.2}},
    "model": {"type": "mlp"},
    "train": {"epochs": 9},
    "search": {"model.dropout": {"uniform": [0, 0.5]}}})"),
                                 "f.json");
  config.tune.trials = trials;
  return config;
}

std::string refusal(const std::function<void()>& action) {
  const auto error = error_of(action);
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  return error->what();
}

}  // namespace

TEST_CASE("a child's exit code, signal and both streams are told", "[select]") {
  TempDir folder;
  auto fine = shell(folder, "echo said; echo wrong >&2; exit 6");
  CHECK(ended(fine) == 6);
  CHECK(fine.ended() == 6);
  CHECK(slurp(folder / "out") == "said\n");
  CHECK(slurp(folder / "err") == "wrong\n");
  auto killed = shell(folder, "sleep 60");
  CHECK_FALSE(killed.ended());
  killed.signal(SIGTERM);
  CHECK(ended(killed) == 128 + SIGTERM);
}

TEST_CASE("a child that nobody holds any more is gone", "[select]") {
  TempDir folder;
  { auto child = shell(folder, "sleep 1; echo late > '" + (folder / "late").string() + "'"); }
  std::this_thread::sleep_for(std::chrono::milliseconds(1300));
  CHECK_FALSE(std::filesystem::exists(folder / "late"));
}

TEST_CASE("a program that is not there is named", "[select]") {
  TempDir folder;
  const auto error =
      error_of([&] { ChildProcess({"/nowhere/candor-train"}, folder / "out", folder / "err"); });
  REQUIRE(error);
  CHECK(std::string(error->what()) ==
        "/nowhere/candor-train: cannot be started; build or install it beside candor");
}

TEST_CASE("of what a program said, the errors are kept", "[select]") {
  TempDir folder;
  folder.write("err", "warning: slow\nerror: first\n  with more\nrows: 3\nerror: second\n");
  CHECK(error_lines(folder / "err") == "first\n  with more\nsecond");
  CHECK(error_lines(folder / "none").empty());
}

TEST_CASE("the folder of a search is made, locked, and gone on with", "[select]") {
  TempDir folder;
  const auto path = folder / "search";
  {
    const auto search = SearchDirectory::create(path, searched(), false);
    CHECK(search.trial_path(0) == path / "trials" / "trial-001");
    CHECK_THAT(refusal([&] { SearchDirectory::resume(path, searched()); }),
               CANDOR_CONTAINS("in use"));
  }
  CHECK(refusal([&] { SearchDirectory::create(path, searched(), false); }) ==
        path.string() +
            ": exists already; go on with --resume, replace it with --overwrite, or choose another "
            "folder with --run");
  CHECK_NOTHROW(SearchDirectory::resume(path, searched(5)));  // more trials
  CHECK(refusal([&] { SearchDirectory::resume(path, searched(4)); }) ==
        "--resume: the config is not the one of " + path.string() +
            "; resume without these changes, or start a new search:\n  tune.trials: 5 -> 4");
  auto other = searched(5);
  other.seed = 9;
  CHECK_THAT(refusal([&] { SearchDirectory::resume(path, other); }),
             CANDOR_CONTAINS("\n  seed: 0 -> 9"));
}

TEST_CASE("an overwritten search leaves what is not its own", "[select]") {
  TempDir folder;
  const auto path = folder / "search";
  { SearchDirectory::create(path, searched(), false); }
  folder.write("search/notes.txt", "mine");
  folder.write("search/best.json", "{}");
  { SearchDirectory::create(path, searched(), true); }
  CHECK(slurp(path / "notes.txt") == "mine");
  CHECK_FALSE(std::filesystem::exists(path / "best.json"));
  folder.write("foreign/notes.txt", "mine");
  CHECK(refusal([&] { SearchDirectory::create(folder / "foreign", searched(), true); }) ==
        (folder / "foreign").string() +
            ": is a folder that candor tune did not make; choose another one with --run, or remove "
            "it yourself");
  CHECK(refusal([&] { SearchDirectory::resume(folder / "foreign", searched()); }) ==
        (folder / "foreign").string() +
            ": is no search of candor tune; pass the folder that it made, or leave out --resume");
}

TEST_CASE("a search that came to nothing leaves nothing", "[select]") {
  TempDir folder;
  const auto path = folder / "search";
  SearchDirectory::create(path, searched(), false).discard();
  CHECK_FALSE(std::filesystem::exists(path));
}
