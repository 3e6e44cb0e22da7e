// SPDX-License-Identifier: Apache-2.0
// init on every kind of file that training reads.
#include <candor/init.h>

#include "core/config/config_json.h"
#include "support/catch.h"
#include "support/gzip.h"
#include "support/places.h"
#include "support/temp.h"

using namespace candor;
using candor::test::gzip;
using candor::test::TempDir;

namespace {

RunConfig init(const TempDir& folder, const std::string& data,
               const std::optional<std::string>& target = std::nullopt) {
  JsonLimits limits;
  limits.comments = true;
  const auto text = init_config((folder / data).string(), {target, folder.path().string()});
  return config_from_json(parse_json(text, "init", ErrorKind::config, limits), "init");
}

std::string rows_csv(int begin, int end) {
  std::string text = "age,city,y\n";
  for (int i = begin; i < end; ++i) {
    text += std::to_string(20 + i % 37) + "," +
            (i % 5 == 0 ? "?"
             : i % 2    ? "Cork"
                        : "Oslo") +
            "," + (i % 3 ? "no" : "yes") + "\n";
  }
  return text;
}

std::string rows_json(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "{\"age\": " + std::to_string(20 + i % 37) + ", \"city\": \"" +
            (i % 5 == 0 ? "?"
             : i % 2    ? "Cork"
                        : "Oslo") +
            "\", \"y\": \"" + (i % 3 ? "no" : "yes") + "\"}\n";
  }
  return text;
}

std::string story(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) text += "The boat, late again, came in with the tide.\n";
  return text;
}

}  // namespace

TEST_CASE("init reads tables as training does: JSON lines, packed, several", "[init]") {
  TempDir folder;
  folder.write("plain.csv", rows_csv(0, 60));
  folder.write("packed.csv.gz", gzip(rows_csv(0, 60)));
  folder.write("lines.jsonl", rows_json(60));
  folder.write("lines.data", rows_json(60));
  folder.write("part-1.csv", rows_csv(0, 20));
  folder.write("part-2.csv", rows_csv(20, 60));
  const auto plain = init(folder, "plain.csv");
  for (const std::string name : {"packed.csv.gz", "lines.jsonl", "lines.data", "part-*.csv"}) {
    CAPTURE(name);
    auto config = init(folder, name, "y");
    auto data = std::get<TableData>(config.data);
    CHECK(data.files.train == Paths(name));
    CHECK(data.format.missing.back() == "?");
    CHECK(data.format.type ==
          (name == "lines.data" ? TableFileType::json_lines : TableFileType::automatic));
    CHECK(config.name == (name == "part-*.csv" ? "part" : name.substr(0, name.find('.'))));
    // All else is the same.
    data.files = std::get<TableData>(plain.data).files;
    data.format = std::get<TableData>(plain.data).format;
    config.data = data;
    config.name = plain.name;
    CHECK(config_json(config) == config_json(plain));
  }
}

TEST_CASE("init reads corpora: folders, packed files, JSON lines", "[init]") {
  TempDir folder;
  folder.write("corpus/a.txt", story(60));
  folder.write("corpus/deep/b.txt.gz", gzip(story(60)));
  folder.write("story.txt.gz", gzip(story(100)));
  std::string lines;
  for (int i = 0; i < 100; ++i)
    lines += "{\"id\": 1, \"text\": \"The boat came in, late again.\"}\n";
  folder.write("docs.jsonl", lines);
  std::string bodies;
  for (int i = 0; i < 100; ++i) bodies += "{\"body\": \"The boat came in, late again.\"}\n";
  folder.write("bodies.ndjson.gz", gzip(bodies));
  for (const std::string name :
       {"corpus", "story.txt.gz", "docs.jsonl", "bodies.ndjson.gz", "corpus/*.txt"}) {
    CAPTURE(name);
    const auto config = init(folder, name);
    CHECK(config.task.type == TaskType::language_model);
    const auto& data = std::get<TextData>(config.data);
    CHECK(data.files.train == Paths(name));
    CHECK(data.tokenizer.type == TokenizerType::characters);
    const bool json = name.find("json") != std::string::npos;
    CHECK(data.documents == (json ? DocumentUnit::json_lines : DocumentUnit::file));
    CHECK(data.field == (name == "bodies.ndjson.gz" ? "body" : "text"));
    CHECK(data.split.validation == (name == "corpus" ? 0.5 : 0.1));  // a document at least
  }
  CHECK(init(folder, "story.txt.gz").name == "story");
}
