// SPDX-License-Identifier: Apache-2.0
#include "core/base/files.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/durable_file.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using candor::test::error_of;
using candor::test::slurp;
using candor::test::TempDir;

namespace {

std::size_t entries(const std::filesystem::path& folder) {
  const std::filesystem::directory_iterator all(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("a file is read whole, zero bytes and all", "[base]") {
  TempDir folder;
  const std::string content("a\0b\r\n", 5);
  CHECK(read_file(folder.write("a", content), ErrorKind::data) == content);
  const std::string large(200'000, 'x');
  CHECK(read_file(folder.write("b", large), ErrorKind::data) == large);
  CHECK(read_file(folder.write("c", ""), ErrorKind::data).empty());
}

TEST_CASE("what cannot be read is named with its cause", "[base]") {
  TempDir folder;
  const auto missing = (folder / "none").string();
  const auto error = error_of([&] { read_file(missing, ErrorKind::data); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(error->what() == missing + ": cannot be opened: No such file or directory");
  const auto is_folder = error_of([&] { read_file(folder.path(), ErrorKind::model); });
  REQUIRE(is_folder);
  CHECK(is_folder->kind() == ErrorKind::model);
  CHECK(is_folder->what() == folder.path().string() + ": is a folder, but a file is expected");
}

TEST_CASE("an atomic write replaces the file and leaves nothing beside it", "[base]") {
  TempDir folder;
  write_file_atomic(folder / "a", "one");
  write_file_atomic(folder / "a", "two");
  CHECK(slurp(folder / "a") == "two");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a write that fails leaves nothing behind", "[base]") {
  TempDir folder;
  std::filesystem::create_directories(folder / "taken" / "inside");
  const auto error = error_of([&] { write_file_atomic(folder / "taken", "x"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  CHECK(error->what() == (folder / "taken").string() +
                             ": is there and is no regular file, so that it cannot be replaced by "
                             "one; choose another path");
  CHECK(entries(folder.path()) == 1);
  const auto nowhere = error_of([&] { write_file_atomic(folder / "no" / "where", "x"); });
  REQUIRE(nowhere);
  CHECK(nowhere->what() ==
        (folder / "no" / "where").string() + ": cannot be written: No such file or directory");
}

TEST_CASE("a pipe is not replaced by a file, a link to a file is", "[base]") {
  TempDir folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(error_of([&] { write_file_atomic(folder / "pipe", "x"); }));
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  CHECK(error_of([&] { write_file_atomic("/dev/null", "x"); }));
  folder.write("data", "kept");
  std::filesystem::create_symlink("data", folder / "link");
  write_file_atomic(folder / "link", "new");
  CHECK(slurp(folder / "data") == "kept");
  CHECK(slurp(folder / "link") == "new");
}

TEST_CASE("a temporary name that somebody left behind is passed over", "[base]") {
  TempDir folder;
  const auto next = temporary_beside(folder / "a").filename().string();
  const auto mark = next.rfind('-') + 1;
  const auto taken = next.substr(0, mark) + std::to_string(std::stoi(next.substr(mark)) + 1);
  folder.write(taken, "of a process with the same id in another container");
  write_file_atomic(folder / "a", "x");
  CHECK(slurp(folder / "a") == "x");
  CHECK(entries(folder.path()) == 2);
}

TEST_CASE("a file's name is its last component, with or without a slash behind it", "[base]") {
  CHECK(display_name("data/train") == "train");
  CHECK(display_name("data/train/") == "train");
  CHECK(display_name("/data/train//") == "train");
  CHECK(display_name("rows.csv") == "rows.csv");
  CHECK(display_name("train/") == "train");
  CHECK(display_name("").empty());
  CHECK(without_slash("/") == "/");
  CHECK(without_slash("a/b/") == "a/b");
}

// FIPS 180-4 examples.
TEST_CASE("SHA-256 gives the standard's figures, for bytes and for files", "[base]") {
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  TempDir folder;
  const std::string million(1'000'000, 'a');
  CHECK(sha256_file(folder.write("a", million), ErrorKind::data) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a lock keeps others out until it is let go", "[base]") {
  TempDir folder;
  {
    const FileLock lock(folder / "lock");
    const auto error = error_of([&] { FileLock second(folder / "lock"); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::config);
    CHECK_THAT(error->what(), CANDOR_CONTAINS("in use by another process"));
  }
  CHECK_FALSE(error_of([&] { FileLock again(folder / "lock"); }));
}

TEST_CASE("a lock ends with the process that holds it", "[base]") {
  TempDir folder;
  const auto child = fork();
  if (child == 0) {
    const FileLock lock(folder / "lock");
    _exit(0);  // without unwinding, as a killed process
  }
  REQUIRE(child > 0);
  waitpid(child, nullptr, 0);
  CHECK_FALSE(error_of([&] { FileLock lock(folder / "lock"); }));
}
