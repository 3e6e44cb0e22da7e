// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/checkpoint_folders.h"

#include <fstream>
#include <string>

#include "core/artifact/model_directory.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

namespace fs = std::filesystem;
using Steps = std::vector<std::int64_t>;

void save(const CheckpointFolders& folders, std::int64_t step) {
  DirectoryWriter writer(folders.path_of(step));
  writer.write("state.json", "{\"step\": " + std::to_string(step) + "}");
  writer.commit(true);
}

void save(const CheckpointFolders& folders, const Steps& steps) {
  for (const auto step : steps) save(folders, step);
}

}  // namespace

TEST_CASE("a checkpoint's folder is named by its step, in order of names and of numbers",
          "[artifact]") {
  const CheckpointFolders folders("c");
  CHECK(folders.path_of(500) == "c/step-00000500");
  CHECK(folders.path_of(0) == "c/step-00000000");
  CHECK(folders.path_of(1234567890) == "c/step-1234567890");
}

TEST_CASE("a run without checkpoints has none", "[artifact]") {
  const test::TempDir folder;
  const CheckpointFolders folders(folder / "checkpoints");
  CHECK(folders.list().empty());
  CHECK_FALSE(folders.find_last_complete());
  CHECK_FALSE(folders.last());
  CHECK_FALSE(folders.best());
}

TEST_CASE("only complete folders with the right names are listed, in ascending order",
          "[artifact]") {
  const test::TempDir folder;
  const CheckpointFolders folders(folder / "checkpoints");
  save(folders, {500, 20, 123456789});
  folder.write("checkpoints/step-00000700/state.json", "no manifest");
  folder.write("checkpoints/step-7/MANIFEST.json", "{}");
  folder.write("checkpoints/step-0000007x/MANIFEST.json", "{}");
  folder.write("checkpoints/step--0000007/MANIFEST.json", "{}");
  folder.write("checkpoints/other/MANIFEST.json", "{}");
  CHECK(folders.list() == Steps{20, 500, 123456789});
}

TEST_CASE("the newest checkpoint that is whole is found, damaged ones are passed over",
          "[artifact]") {
  const test::TempDir folder;
  const CheckpointFolders folders(folder / "checkpoints");
  save(folders, {1, 2, 3, 4});
  CHECK(folders.find_last_complete() == 4);
  std::ofstream(folders.path_of(4) / "state.json") << "{\"step\": 5}";
  CHECK(folders.find_last_complete() == 3);
  fs::remove(folders.path_of(3) / "state.json");
  CHECK(folders.find_last_complete() == 2);
  fs::remove(folders.path_of(2) / "MANIFEST.json");
  CHECK(folders.find_last_complete() == 1);
}

TEST_CASE("a run whose checkpoints are all damaged is not taken for one without any",
          "[artifact]") {
  const test::TempDir folder;
  const CheckpointFolders folders(folder / "checkpoints");
  save(folders, {1, 2});
  fs::remove(folders.path_of(1) / "MANIFEST.json");
  fs::remove(folders.path_of(2) / "state.json");
  const auto error = test::error_of([&] { folders.find_last_complete(); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(error->what() == (folder / "checkpoints").string() +
                             ": none of the checkpoints is whole, so that the run cannot be "
                             "continued; bring one back from a copy, or start anew with "
                             "--overwrite. The newest: " +
                             folders.path_of(2).string() + ": file 'state.json' is missing");
}

TEST_CASE("last and best are relative links that move with the run", "[artifact]") {
  const test::TempDir folder;
  CheckpointFolders folders(folder / "run/checkpoints");
  save(folders, {1, 2});
  folders.set_last(1);
  folders.set_best(1);
  folders.set_last(2);
  CHECK(folders.last() == 2);
  CHECK(folders.best() == 1);
  CHECK(fs::read_symlink(folder / "run/checkpoints/last") == "step-00000002");
  CHECK(std::distance(fs::directory_iterator(folder / "run/checkpoints"),
                      fs::directory_iterator()) == 4);
  fs::rename(folder / "run", folder / "moved");
  const CheckpointFolders moved(folder / "moved/checkpoints");
  CHECK(moved.last() == 2);
  CHECK(fs::exists(folder / "moved/checkpoints/best/state.json"));
}

TEST_CASE(
    "a link to a checkpoint that is not there is refused, and one that dangles is no checkpoint",
    "[artifact]") {
  const test::TempDir folder;
  CheckpointFolders folders(folder / "checkpoints");
  save(folders, 1);
  const auto error = test::error_of([&] { folders.set_last(2); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  CHECK(error->what() ==
        folders.path_of(2).string() + ": is no complete checkpoint; 'last' cannot lead to it");
  folders.set_last(1);
  fs::remove_all(folders.path_of(1));
  CHECK_FALSE(folders.last());
  fs::remove(folder / "checkpoints/last");
  fs::create_symlink("../../etc", folder / "checkpoints/last");
  CHECK_FALSE(folders.last());
}

TEST_CASE("the newest and the best are kept", "[artifact]") {
  const test::TempDir folder;
  CheckpointFolders folders(folder / "checkpoints");
  save(folders, {1, 2, 3, 4, 5, 6});
  folders.set_best(2);
  folders.set_last(6);
  folders.retain(2);
  CHECK(folders.list() == Steps{2, 5, 6});
  folders.retain(0);  // one always stays
  CHECK(folders.list() == Steps{2, 6});
  folders.retain(10);
  CHECK(folders.list() == Steps{2, 6});
  CHECK(folders.best() == 2);
}

TEST_CASE("sweeping removes temporaries only", "[artifact]") {
  const test::TempDir folder;
  CheckpointFolders folders(folder / "checkpoints");
  save(folders, {1});
  folders.set_last(1);
  folder.write("checkpoints/.step-00000002.tmp-4-7/state.json", "half");
  fs::create_symlink("step-00000001", folder / "checkpoints/.last.tmp-4-8");
  folder.write("checkpoints/.hidden", "kept");
  folders.sweep();
  CHECK(folders.list() == Steps{1});
  CHECK(folders.last() == 1);
  CHECK(fs::exists(folder / "checkpoints/.hidden"));
  CHECK(std::distance(fs::directory_iterator(folder / "checkpoints"), fs::directory_iterator()) ==
        3);
}

TEST_CASE("a checkpoint written again replaces the first", "[artifact]") {
  const test::TempDir folder;
  const CheckpointFolders folders(folder / "checkpoints");
  save(folders, {5, 5});
  CHECK(folders.list() == Steps{5});
  CHECK(folders.find_last_complete() == 5);
}

}  // namespace candor
