// SPDX-License-Identifier: Apache-2.0
#include <candor/init.h>

#include "core/config/config_json.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using candor::test::error_of;
using candor::test::TempDir;

namespace {

namespace fs = std::filesystem;

RunConfig read(const std::string& text) {
  JsonLimits limits;
  limits.comments = true;
  return config_from_json(parse_json(text, "init", ErrorKind::config, limits), "init");
}

RunConfig init(const TempDir& folder, const std::string& data,
               const std::optional<std::string>& target = std::nullopt) {
  return read(init_config((folder / data).string(), {target, folder.path().string()}));
}

std::string rows(const std::string& header, int count, const std::string& end = "\n") {
  std::string csv = header + end;
  for (int i = 0; i < count; ++i) {
    csv += std::to_string(i) + ",name" + std::to_string(i) + "," + (i % 2 ? "m" : "f") + "," +
           std::to_string(i * 0.5) + "," + (i % 3 ? "no" : "yes") + end;
  }
  return csv;
}

std::string fault(const TempDir& folder, const std::string& data,
                  const std::optional<std::string>& target = std::nullopt) {
  const auto error = error_of([&] { init(folder, data, target); });
  return error ? error->what() : "";
}

}  // namespace

TEST_CASE("a table gets a config that says what was seen", "[init]") {
  TempDir folder;
  folder.write("people.csv", rows("customer_id,name,sex,income,outcome", 60));
  const auto config = init(folder, "people.csv");
  CHECK(config.name == "people");
  CHECK(config.task.target == "outcome");
  CHECK(config.task.positive == "yes");
  const auto& data = std::get<TableData>(config.data);
  CHECK(data.files.train == "people.csv");
  CHECK(data.columns.at("customer_id").use == ColumnUse::ignore);
  CHECK(data.columns.at("name").use == ColumnUse::ignore);
  CHECK(data.columns.size() == 2);
  CHECK(data.groups == std::vector<std::string>{"sex"});
}

TEST_CASE("numbers are an amount, unless there are few of them", "[init]") {
  TempDir folder;
  folder.write("people.csv", rows("customer_id,name,sex,income,outcome", 60));
  CHECK(init(folder, "people.csv", "income").task.type == TaskType::regression);
  CHECK(init(folder, "people.csv", "sex").task.type == TaskType::classification);
}

TEST_CASE("delimiter, blanks, missing markers and header are found", "[init]") {
  TempDir folder;
  folder.write("a.csv", "age; city; y\n1; ?; no\n2; Cork; yes\n3; Cork; no\n2; Bergen; yes\n");
  const auto format = std::get<TableData>(init(folder, "a.csv").data).format;
  CHECK(format.delimiter == ";");
  CHECK(format.trim);
  CHECK(format.missing.back() == "?");
  CHECK(format.header);
  folder.write("b.csv", "1,2,no\n3,4,yes\n5,6,no\n");
  const auto plain = init(folder, "b.csv");
  CHECK_FALSE(std::get<TableData>(plain.data).format.header);
  CHECK(plain.task.target == "c2");
}

TEST_CASE("what a table cannot be used for is said", "[init]") {
  TempDir folder;
  folder.write("people.csv", rows("customer_id,name,sex,income,outcome", 60));
  CHECK_THAT(fault(folder, "people.csv", "outcom"), CANDOR_CONTAINS("did you mean 'outcome'"));
  CHECK_THAT(fault(folder, "people.csv", "name"), CANDOR_CONTAINS("too many for classes"));
  CHECK_THAT(fault(folder, "none.csv"), CANDOR_CONTAINS("none.csv: does not exist"));
  folder.write("same.csv", "a,b\n1,x\n2,x\n");
  CHECK_THAT(fault(folder, "same.csv"), CANDOR_CONTAINS("has one value only"));
  folder.write("empty.csv", "");
  CHECK_THAT(fault(folder, "empty.csv"), CANDOR_CONTAINS("empty.csv: the file is empty"));
}

TEST_CASE("a column's name cannot end the comment or the string that it stands in", "[init]") {
  TempDir folder;
  folder.write("a.csv", "x,\"y\"\"\nz\"\n1,no\n2,yes\n3,no\n");
  CHECK(init(folder, "a.csv").task.target == "y\"\nz");
}

TEST_CASE("text gets a language model over characters, or bytes where it is not UTF-8", "[init]") {
  TempDir folder;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "The boat, late again, came in with the tide.\n";
  folder.write("story.txt", text);
  const auto config = init(folder, "story.txt");
  CHECK(config.task.type == TaskType::language_model);
  CHECK(std::get<TextData>(config.data).tokenizer.type == TokenizerType::characters);
  folder.write("latin.txt", text + "caf\xe9\n");
  CHECK(std::get<TextData>(init(folder, "latin.txt").data).tokenizer.type == TokenizerType::bytes);
  folder.write("tiny.txt", "hello");
  CHECK_THAT(fault(folder, "tiny.txt"), CANDOR_CONTAINS("5 bytes; a language model needs"));
}

TEST_CASE("a folder of class folders gets an image model of the images' size", "[init]") {
  const auto config = read(
      init_config(CANDOR_SOURCE_DIR "/data/digits", {std::nullopt, CANDOR_SOURCE_DIR "/configs"}));
  const auto& data = std::get<ImageData>(config.data);
  CHECK(data.files.train == "../data/digits");
  CHECK(data.size == 8);
  CHECK(config.augment.crop < data.size);
  CHECK(config.name == "digits");
}
