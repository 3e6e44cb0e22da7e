// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include "core/image/list_images.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

std::string message(const std::filesystem::path& folder) {
  const auto error = error_of([&] { list_images({folder.string()}); });
  if (!error) return "accepted";
  return error->kind() == ErrorKind::data ? error->what() : "wrong kind";
}

}  // namespace

TEST_CASE("Classes and files come sorted, whatever the case of the ending", "[image]") {
  const test::TempDir folder;
  for (const auto* name : {"dog/b.PNG", "dog/a.jpeg", "cat/10.jpg", "cat/2.Jpg", "cat/notes.txt",
                           "cat/.hidden.png", ".git/x.png", "readme.md", "cat/sub.png/inner.txt"}) {
    folder.write(name, "x");
  }
  const auto found = list_images({folder.path().string()});
  CHECK(found.labels == std::vector<std::string>{"cat", "dog"});
  REQUIRE(found.files.size() == 4);
  CHECK(found.files[0].path == (folder / "cat/10.jpg").string());
  CHECK(found.files[1].path == (folder / "cat/2.Jpg").string());
  CHECK(found.files[2].path == (folder / "dog/a.jpeg").string());
  CHECK(found.files[3].path == (folder / "dog/b.PNG").string());
  CHECK(found.files[1].label == 0);
  CHECK(found.files[2].label == 1);
}

TEST_CASE("A folder that is no image data set is refused with the way out", "[image]") {
  const test::TempDir folder;
  const auto root = folder.path().string();
  CHECK(
      message(folder / "none") ==
      root +
          "/none: no such file or folder; images lie in a folder with one sub-folder per class, in "
          "a tar archive of such folders, or where a .csv says");
  folder.write("file", "x");
  CHECK(
      message(folder / "file") ==
      root +
          "/file: is a file, but neither a tar archive (.tar, .tar.gz, .tar.xz) nor a table (.csv, "
          ".tsv); images lie in a folder with one sub-folder per class");
  folder.write("data/cat/1.png", "x");
  CHECK(message(folder / "data") ==
        root +
            "/data: 1 class folders, 2 or more are needed; put the images "
            "of each class into a sub-folder named after it");
  folder.write("data/dog/readme.txt", "x");
  CHECK(message(folder / "data") ==
        root +
            "/data/dog: no .jpg, .jpeg, .png or .webp file; add images of the "
            "class, or remove the folder");
}

TEST_CASE("The digits of the repository are complete and readable", "[image]") {
  const auto digits = list_images({test::source_dir() + "/data/digits"});
  CHECK(digits.labels.size() == 10);
  CHECK(digits.files.size() == 1797);
  const auto first = decode_image(test::slurp(digits.files.front().path));
  CHECK(first.height == 8);
  CHECK(first.width == 8);
}
