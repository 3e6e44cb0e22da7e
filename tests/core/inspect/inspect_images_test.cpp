// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/data_kind.h"
#include "inspected.h"
#include "support/make_tar.h"
#include "support/places.h"

using namespace candor;
using candor::test::check_words;
using candor::test::codes;
using candor::test::config_of;
using candor::test::error_of;
using candor::test::find;
using candor::test::TempDir;
using candor::test::text_of;

namespace {

namespace fs = std::filesystem;

const RunConfig& images_config() {
  static const auto config = config_of(R"({
    "name": "x", "data": {"type": "images", "files": {"train": "a", "test": "b"},
                          "split": {"validation": 0.2}},
    "model": {"type": "resnet"}, "train": {"epochs": 1}})");
  return config;
}

Inspection look(const std::string& path, const std::optional<std::string>& test = std::nullopt) {
  const auto inspection = inspect_images({path, "", test});
  check_words(inspection, images_config());
  return inspection;
}

// `count` images of each of the digits' classes 0 and 1, from the `first` on.
void copy_digits(const fs::path& folder, int first, int count) {
  for (const std::string label : {"0", "1"}) {
    fs::create_directories(folder / label);
    std::vector<fs::path> files;
    for (const auto& entry :
         fs::directory_iterator(fs::path(test::source_dir() + "/data/digits") / label)) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (int i = first; i < first + count; ++i) {
      const auto& file = files[static_cast<std::size_t>(i)];
      fs::copy(file, folder / label / file.filename());
    }
  }
}

}  // namespace

TEST_CASE("a folder of classes is counted, and a good one has no findings", "[inspect]") {
  TempDir folder;
  copy_digits(folder / "a", 0, 30);
  const auto inspection = look((folder / "a").string());
  CHECK(codes(inspection).empty());
  const auto json = inspection_json(inspection);
  CHECK(json["facts"]["images"] == 60);
  CHECK(json["facts"]["median_shorter_side"] == 8);
  CHECK(json["classes"][1] == Json({{"value", "1"}, {"rows", 30}}));
}

TEST_CASE("broken, repeated and contradicting images are found", "[inspect]") {
  TempDir folder;
  copy_digits(folder / "a", 0, 30);
  folder.write("a/0/broken.png", "no image");
  const auto first = *fs::directory_iterator(folder / "a/1");
  fs::copy(first.path(), folder / "a/1/again.png");
  fs::copy(first.path(), folder / "a/0/again.png");
  const auto inspection = look((folder / "a").string());
  CHECK(text_of(inspection, "broken_images") ==
        "1 image cannot be decoded, the first is " + (folder / "a/0/broken.png").string());
  CHECK(text_of(inspection, "duplicate_images") == "2 images equal an earlier one, byte for byte");
  CHECK(text_of(inspection, "conflicting_labels") ==
        "1 image stands in more than one class folder");
  CHECK(find(inspection, "conflicting_labels")->severity == Severity::error);
}

TEST_CASE("classes of very different size are found", "[inspect]") {
  TempDir folder;
  copy_digits(folder / "a", 0, 60);
  int left = 0;
  for (const auto& entry : fs::directory_iterator(folder / "a/0")) {
    if (++left > 5) fs::remove(entry.path());
  }
  CHECK(text_of(look((folder / "a").string()), "imbalance") ==
        "class '0' has 5 images, class '1' has 60");
}

TEST_CASE("test images that are training images, and other classes, are found", "[inspect]") {
  TempDir folder;
  copy_digits(folder / "a", 0, 30);
  copy_digits(folder / "b", 28, 12);
  CHECK(text_of(look((folder / "a").string(), (folder / "b").string()), "test_images_in_train") ==
        "4 images of the test stand among the training images too");
  fs::rename(folder / "b/1", folder / "b/one");
  CHECK(find(look((folder / "a").string(), (folder / "b").string()), "test_other_classes") !=
        nullptr);
}

TEST_CASE("images of an archive and of a table are looked at", "[inspect]") {
  TempDir folder;
  copy_digits(folder / "a", 0, 30);
  std::string tar, table = "path,label\n";
  for (const std::string label : {"0", "1"}) {
    for (const auto& entry : fs::directory_iterator(folder / "a" / label)) {
      const auto name = label + "/" + entry.path().filename().string();
      tar += test::tar_file("all/" + name, test::slurp(entry.path()));
      table += "a/" + name + "," + label + "\n";
    }
  }
  folder.write("a.tar", tar + test::tar_end());
  folder.write("a.csv", table);
  for (const auto* path : {"a.tar#all", "a.csv"}) {
    CHECK(kind_of(folder / path, false, "candor inspect") == DataKind::images);
    const auto json = inspection_json(look((folder / path).string()));
    CHECK(json["facts"]["images"] == 60);
    CHECK(json["classes"][1] == Json({{"value", "1"}, {"rows", 30}}));
  }
  CHECK(kind_of(folder / "a.csv", true, "candor inspect") == DataKind::table);
}

TEST_CASE("a folder that is none of classes is refused", "[inspect]") {
  TempDir folder;
  InspectOptions options;
  options.target = "x";
  CHECK(error_of([&] { inspect(folder.path().string(), options); })->what() ==
        "--target: belongs to tables, but " + folder.path().string() +
            " holds images, whose classes are what is predicted");
  CHECK(error_of([&] { inspect((folder / "none").string(), {}); })->what() ==
        (folder / "none").string() +
            ": does not exist; candor inspect takes a CSV, a text file, or a folder of class "
            "folders with images");
}
