// SPDX-License-Identifier: Apache-2.0
// Tables: files of a part of its own, and what is recorded of files.
#include <filesystem>

#include "core/base/files.h"
#include "table_runs.h"

using namespace candor;
using namespace candor::test;

TEST_CASE("files of a user's own are the validation and the test", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("train.csv", joined(people(20))));
  data_of(config).files.validation = folder.write("later.csv", joined(people(7)));
  data_of(config).files.test = folder.write("test.csv", "city,age,outcome\nCork,,top\n");
  const auto data = open_data(config);
  CHECK(data.train->size() == 20);
  CHECK(data.validation->size() == 7);
  CHECK(data.validation->ids()[6] == "later.csv:8");
  REQUIRE(data.test->size() == 1);
  CHECK(whole(*data.test).inputs.numeric.isnan().all().item<bool>());
  REQUIRE(data.files.size() == 3);
  CHECK(data.files[1]["part"] == "validation");
  CHECK(data.files[1]["path"] == data_of(config).files.validation->text());
  CHECK(data.files[1]["sha256"] == sha256(joined(people(7))));
  CHECK(data.summary[0] == "rows: 20 for training, 7 for validation, 1 for the test");
}

TEST_CASE("one part opens without the files of the others, as it was in the whole", "[data]") {
  const test::TempDir folder;
  const auto train = folder.write("train.csv", joined(people(40)));
  const auto test = folder.write("test.csv", joined(people(5)));
  auto config = config_of(train);
  data_of(config).split.validation = 0.25;
  data_of(config).files.test = test;
  const auto opened = open_data(config);
  std::filesystem::remove(test);
  for (const std::string part : {"train", "validation"}) {
    const auto data = open_data(config, opened.preprocessor, part);
    CHECK(data.part(part)->ids() == opened.part(part)->ids());
    CHECK(whole(*data.part(part)).target.equal(whole(*opened.part(part)).target));
    CHECK(data.files.size() == 1);
    CHECK_FALSE(data.part(part) == (part == "train" ? data.validation : data.train));
    CHECK_FALSE(data.test);
  }
  folder.write("test.csv", joined(people(5)));
  std::filesystem::remove(train);
  const auto data = open_data(config, opened.preprocessor, "test");
  CHECK(data.test->ids() == opened.test->ids());
  CHECK(data.files.size() == 1);
  const auto error = test::error_of([&] { data.part("validation"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(std::string(error->what()) ==
        "the run has no validation rows: neither data.files.validation nor data.split.validation "
        "is set; pass --data PATH or another --split");
  CHECK(std::string(test::error_of([&] {
                      open_data(config, opened.preprocessor, "tset");
                    })->what()) == "split 'tset' is unknown; allowed: train, validation, test");
}

TEST_CASE("a file of a user's own is opened for a fitted model", "[data]") {
  const test::TempDir folder;
  const auto config = config_of(folder.write("train.csv", joined(people(20))));
  const auto fitted = open_data(config).preprocessor;
  const auto path = folder.write("other.csv", "note,outcome,city,age\nx,low,Cork,33\n");
  const auto data = open_external(config, fitted, path);
  CHECK(data.test->size() == 1);
  CHECK(whole(*data.test).inputs.numeric.item<float>() == 33.0f);
  CHECK(data.preprocessor == fitted);
  CHECK(data.files[0]["part"] == "test");
}

TEST_CASE("a table's digest changes with its content, the split's with the split", "[data]") {
  const test::TempDir folder;
  const auto lines = people(20);
  auto config = config_of(folder.write("train.csv", joined(lines)));
  data_of(config).split.validation = 0.2;
  const auto first = open_data(config);
  CHECK(first.files[0]["sha256"] == sha256(joined(lines)));
  CHECK(open_data(config).split_digest == first.split_digest);
  auto other = config;
  data_of(other).split.seed = 1;
  CHECK(open_data(other).split_digest != first.split_digest);
  other = config;
  other.seed = 1;  // training has a seed of its own
  CHECK(open_data(other).split_digest == first.split_digest);
  folder.write("train.csv", joined(lines) + "\n");  // a blank line is no row, but another file
  const auto second = open_data(config);
  CHECK(second.split_digest == first.split_digest);
  CHECK(second.files[0]["sha256"] != first.files[0]["sha256"]);
  CHECK(changed_files(first.files, second.files) == data_of(config).files.train.list);
}

TEST_CASE("a changed file is one that was there before with other content", "[data]") {
  const auto entry = [](const char* part, const char* path, const char* digest) {
    return Json{{"part", part}, {"path", path}, {"sha256", digest}};
  };
  const auto before = Json::array({entry("train", "a.csv", "1"), entry("test", "b.csv", "2")});
  CHECK(changed_files(before, before).empty());
  CHECK(changed_files(Json::array(), before).empty());
  CHECK(changed_files(before, Json::array({entry("test", "b.csv", "3")})) == Lines{"b.csv"});
  CHECK(changed_files(before, Json::array({entry("test", "c.csv", "3")})).empty());
  CHECK(changed_files(before, Json::array({entry("validation", "b.csv", "3")})).empty());
}
