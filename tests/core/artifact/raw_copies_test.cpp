// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/raw_copies.h"

#include <candor/purge.h>
#include <sys/stat.h>

#include "core/artifact/run_directory.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/table/table.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using candor::test::error_of;
using candor::test::slurp;
using candor::test::TempDir;

namespace {

namespace fs = std::filesystem;

// A run with everything that a run can hold, and a cache beside it.
fs::path make_run(const TempDir& folder) {
  const auto run = folder / "run";
  RunDirectory::create(run, false).begin();
  for (const auto* name :
       {"config.json", "log.txt", "report.json", "report.html", "model/model.json",
        "checkpoints/step-00000001/state.json", "predictions/test.jsonl",
        "predictions/validation.jsonl", "quarantine.jsonl", ".test.jsonl.tmp-12-0"}) {
    folder.write(std::string("run/") + name, "content\n");
  }
  folder.write("cache/train.table", "CNDRTABL and rows");
  folder.write("cache/train.tokens", "tokens and then CNDRTOKS");
  folder.write("diary.txt", "Dear diary, this is none of a trainer's files.");
  const Json environment = {
      {"caches",
       {(folder / "cache/train.table").string(), (folder / "cache/train.tokens").string(),
        (folder / "cache/gone").string(), (folder / "diary.txt").string()}}};
  folder.write("run/environment.json", environment.dump());
  return run;
}

std::vector<std::string> names_of(const RawCopies& copies) {
  std::vector<std::string> names;
  for (const auto& copy : copies.found) names.push_back(copy.path.filename().string());
  return names;
}

PurgeOptions yes() {
  PurgeOptions options;
  options.confirm = [](const std::string&) { return true; };
  return options;
}

}  // namespace

TEST_CASE("a cache that a killed program left half-written is found beside a finished one",
          "[artifact]") {
  const TempDir folder;
  const auto run = make_run(folder);
  folder.write("cache/.other.table.tmp-999999999-0", "rows");
  folder.write("cache/.other.table.tmp-" + std::to_string(getpid()) + "-0", "somebody at work");
  folder.write("cache/.other.txt.tmp-999999999-0", "of another program");
  folder.write("cache/other.table.tmp-999999999-0", "a name of the user's own");
  const auto names = names_of(find_raw_copies(run));
  std::vector<std::string> unfinished;
  for (const auto& name : names) {
    if (name.find("other") != std::string::npos) unfinished.push_back(name);
  }
  CHECK(unfinished == std::vector<std::string>{".other.table.tmp-999999999-0"});
}

TEST_CASE("the cache that reading a table leaves is found as one", "[artifact]") {
  TempDir folder;
  const auto run = make_run(folder);
  ReadOptions options;
  options.cache = (folder / "tables").string();
  const std::vector<std::string> files = {folder.write("rows.csv", "a,b\n1,x\n2,y\n")};
  read_table(files, TableData{}, options);
  std::vector<std::string> caches;
  for (const auto& entry : fs::directory_iterator(options.cache)) {
    caches.push_back(entry.path().string());
  }
  REQUIRE(caches.size() == 1);
  folder.write("run/environment.json", Json{{"caches", caches}}.dump());
  CHECK(find_raw_copies(run).left.empty());
  CHECK(purge(run.string(), yes()).deleted);
  CHECK_FALSE(fs::exists(caches.front()));
}

TEST_CASE("raw data of a run is its predictions, ledger, unfinished files and caches",
          "[artifact]") {
  TempDir folder;
  const auto copies = find_raw_copies(make_run(folder));
  CHECK(names_of(copies) == std::vector<std::string>{"test.jsonl", "validation.jsonl",
                                                     "quarantine.jsonl", ".test.jsonl.tmp-12-0",
                                                     "train.table", "train.tokens"});
  REQUIRE(copies.left.size() == 1);
  CHECK(copies.left[0].path == folder / "diary.txt");
  CHECK(copies.left[0].why == "environment.json calls it a cache, but it is none of candor's");
}

TEST_CASE("purge lists without deleting, deletes when confirmed, and then finds nothing",
          "[artifact]") {
  TempDir folder;
  const auto run = make_run(folder);
  const auto listed = purge(run.string(), {});
  CHECK_FALSE(listed.deleted);
  CHECK_THAT(listed.text, CANDOR_CONTAINS("6 files with raw data; candor purge " + run.string() +
                                          " --yes deletes them\n"));
  CHECK(fs::exists(run / "predictions/test.jsonl"));
  PurgeOptions no;
  no.confirm = [](const std::string& list) {
    CHECK_THAT(list, CANDOR_CONTAINS("quarantine.jsonl  (ledger, 8 bytes)\n"));
    return false;
  };
  CHECK_FALSE(purge(run.string(), no).deleted);
  CHECK(fs::exists(run / "predictions/test.jsonl"));
  CHECK(purge(run.string() + "/", yes()).deleted);
  for (const auto* gone : {"predictions", "quarantine.jsonl", ".test.jsonl.tmp-12-0"}) {
    CHECK_FALSE(fs::exists(run / gone));
  }
  CHECK_FALSE(fs::exists(folder / "cache/train.table"));
  for (const auto* kept : {"config.json", "environment.json", "log.txt", "report.json",
                           "model/model.json", "checkpoints/step-00000001/state.json"}) {
    CHECK(fs::exists(run / kept));
  }
  CHECK(fs::exists(folder / "diary.txt"));
  const auto again = purge(run.string(), yes());
  CHECK_FALSE(again.deleted);
  CHECK_THAT(again.text, CANDOR_CONTAINS(run.string() + ": holds no copies of raw data\n"));
}

TEST_CASE("purge follows no symbolic link", "[artifact]") {
  TempDir folder;
  const auto run = make_run(folder);
  const auto precious = folder.write("precious/a.jsonl", "CNDR precious");
  fs::remove(run / "quarantine.jsonl");
  fs::create_symlink(precious, run / "quarantine.jsonl");
  fs::create_symlink(precious, run / "predictions/link.jsonl");
  fs::remove(folder / "cache/train.table");
  fs::create_symlink(precious, folder / "cache/train.table");
  CHECK(purge(run.string(), yes()).deleted);
  CHECK(slurp(precious) == "CNDR precious");
  fs::remove_all(run / "predictions");
  fs::create_directory_symlink(folder / "precious", run / "predictions");
  const auto result = purge(run.string(), yes());
  CHECK_FALSE(result.deleted);
  CHECK_THAT(result.text,
             CANDOR_CONTAINS("left: " + (run / "predictions").string() +
                             ": is a symbolic link; what it points to is not part of the run\n"));
  CHECK(slurp(precious) == "CNDR precious");
}

TEST_CASE("a folder that is put under a link between looking and deleting is not followed",
          "[artifact]") {
  TempDir folder;
  const auto run = make_run(folder);
  const auto copies = find_raw_copies(run);
  const auto precious = folder.write("precious/test.jsonl", "precious");
  fs::remove_all(run / "predictions");
  fs::create_directory_symlink(folder / "precious", run / "predictions");
  CHECK(error_of([&] { remove_raw_copies(run, copies); }));
  CHECK(slurp(precious) == "precious");
}

TEST_CASE("what is no run, or is in use, is not purged", "[artifact]") {
  TempDir folder;
  folder.write("plain/predictions/a.jsonl", "mine");
  const auto plain = (folder / "plain").string();
  CHECK(error_of([&] { purge(plain, yes()); })->what() ==
        plain + ": is not a run directory of candor; pass the folder that candor train made");
  CHECK(fs::exists(folder / "plain/predictions/a.jsonl"));
  CHECK_FALSE(fs::exists(folder / "plain/.lock"));
  const auto run = make_run(folder);
  const auto busy = RunDirectory::resume(run);
  CHECK(error_of([&] { purge(run.string(), yes()); })->what() ==
        run.string() + ": in use by another process; wait for it, or use another folder");
}

TEST_CASE("purge writes one JSON document when asked", "[artifact]") {
  TempDir folder;
  const auto run = make_run(folder);
  PurgeOptions options;
  options.json = true;
  const auto json = Json::parse(purge(run.string(), options).text);
  CHECK(json["format_version"] == 1);
  CHECK(json["deleted"] == false);
  CHECK(json["files"].size() == 6);
  CHECK(json["files"][0]["what"] == "predictions");
  CHECK(json["left"][0]["path"] == (folder / "diary.txt").string());
}

TEST_CASE("a private file is its owner's alone, whatever the umask and whatever was there",
          "[artifact]") {
  TempDir folder;
  const auto mode = [&](const char* name) {
    struct stat facts {};
    REQUIRE(::stat((folder / name).c_str(), &facts) == 0);
    return facts.st_mode & 0777;
  };
  const auto before = ::umask(0022);
  write_file_atomic(folder / "usual", "a");
  write_file_atomic(folder / "private", "a", FileAccess::owner);
  write_file_atomic(folder / "usual", "b", FileAccess::owner);
  ::umask(before);
  CHECK(mode("private") == 0600);
  CHECK(mode("usual") == 0600);
}
