// SPDX-License-Identifier: Apache-2.0
#include "core/text/documents.h"

#include <candor/error.h>

#include "core/base/files.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

using Texts = std::vector<std::string>;

Texts documents(const std::string& path, const DocumentRules& rules) {
  Texts texts;
  const auto file =
      read_documents(path, rules, [&](std::string_view text) { texts.emplace_back(text); });
  CHECK(file.documents == static_cast<std::int64_t>(texts.size()));
  return texts;
}

Texts documents_of(const std::string& content, DocumentUnit unit) {
  const test::TempDir folder;
  return documents(folder.write("a.txt", content), {unit});
}

std::string refusal(const std::string& path, const DocumentRules& rules) {
  const auto error = test::error_of([&] { read_documents(path, rules, [](std::string_view) {}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  return error->what();
}

}  // namespace

TEST_CASE("a file is one document as it is", "[text]") {
  CHECK(documents_of("a\n\nb\r\n", DocumentUnit::file) == Texts{"a\n\nb\r\n"});
  CHECK(documents_of("", DocumentUnit::file).empty());
}

TEST_CASE("lines are documents without their ends, empty ones are none", "[text]") {
  CHECK(documents_of("one\r\ntwo\n\n three \nfour", DocumentUnit::line) ==
        Texts{"one", "two", " three ", "four"});
  CHECK(documents_of("\n\r\n", DocumentUnit::line).empty());
}

TEST_CASE("blank lines part documents, however many there are", "[text]") {
  CHECK(documents_of("a\nb\n\nc\n", DocumentUnit::blank_line) == Texts{"a\nb", "c"});
  CHECK(documents_of("\n \n\na\r\nb\r\n\r\n\t\nc", DocumentUnit::blank_line) ==
        Texts{"a\r\nb", "c"});
  CHECK(documents_of("a\n  ", DocumentUnit::blank_line) == Texts{"a"});
  CHECK(documents_of("  a\n\n\n", DocumentUnit::blank_line) == Texts{"  a"});
  CHECK(documents_of(" \n\n", DocumentUnit::blank_line).empty());
}

TEST_CASE("a field of JSON lines is the document", "[text]") {
  const test::TempDir folder;
  const auto path = folder.write("a.jsonl",
                                 "{\"id\": 1, \"body\": \"a\\nb\"}\n\n"
                                 "{\"body\": \"\"}\r\n{\"body\": \"\\u00e9\"}");
  CHECK(documents(path, {DocumentUnit::json_lines, "body"}) == Texts{"a\nb", "\u00e9"});
  const auto file =
      read_documents(path, {DocumentUnit::json_lines, "body"}, [](std::string_view) {});
  CHECK(file.empty == 1);
  CHECK(file.sha256 == sha256(test::slurp(path)));
}

TEST_CASE("documents that span many parts of a file come whole", "[text]") {
  std::string content;
  Texts expected;
  for (int i = 0; i < 300; ++i) {
    expected.push_back("line " + std::to_string(i) + " " + std::string(97 * i, 'x'));
    content += expected.back() + "\n\n";
  }
  CHECK(documents_of(content, DocumentUnit::line) == expected);
  CHECK(documents_of(content, DocumentUnit::blank_line) == expected);
}

TEST_CASE("a bad JSON line is named by file and line, and never repeated", "[text]") {
  const test::TempDir folder;
  const DocumentRules rules{DocumentUnit::json_lines, "text"};
  const auto refused = [&](const std::string& line) {
    const auto path = folder.write("a.jsonl", "{\"text\": \"fine\"}\n" + line + "\n");
    return refusal(path, rules).substr(path.size());
  };
  CHECK(refused("{\"body\": \"secret\"}") ==
        ":2: the object has no field 'text'; data.field names the field that holds the text");
  CHECK(refused("{\"text\": 7}") == ":2: field 'text' is not a string, but number");
  CHECK(refused("[\"text\"]") == ":2: expected a JSON object on each line");
  CHECK(refused("{\"text\": \"secret").find("secret") == std::string::npos);
}

TEST_CASE("text that is not UTF-8 is named by file and byte, unless bytes are asked for",
          "[text]") {
  const test::TempDir folder;
  const std::string latin = "caf\xE9 au lait\n";
  const auto message = [](const std::string& path, const char* at) {
    return path + ": not valid UTF-8 at byte " + at +
           "; convert the file, or set data.tokenizer.type to bytes";
  };
  const auto path = folder.write("latin.txt", "first\n\n" + latin);
  CHECK(refusal(path, {DocumentUnit::file}) == message(path, "10"));
  CHECK(refusal(path, {DocumentUnit::line}) == message(path, "10"));
  CHECK(refusal(path, {DocumentUnit::blank_line}) == message(path, "10"));
  CHECK(documents(path, {DocumentUnit::file, "text", true}) == Texts{"first\n\n" + latin});
  const auto json = folder.write("latin.jsonl", "{\"text\": \"" + std::string("\xE9\"}\n"));
  CHECK(refusal(json, {DocumentUnit::json_lines}) == message(json, "10"));
}

TEST_CASE("a folder stands for the files below it in byte order, without hidden ones", "[text]") {
  const test::TempDir folder;
  folder.write("texts/b.txt", "b");
  folder.write("texts/a/z.txt", "z");
  folder.write("texts/.hidden", "h");
  folder.write("texts/.git/config", "h");
  folder.write("texts/a.txt", "a");
  const auto root = (folder / "texts").string();
  CHECK(text_files(root) == Texts{root + "/a.txt", root + "/a/z.txt", root + "/b.txt"});
  CHECK(text_files(root + "/b.txt") == Texts{root + "/b.txt"});
}

TEST_CASE("nothing at a path and a folder without files are refused", "[text]") {
  const test::TempDir folder;
  const auto refused = [](const std::string& path) {
    const auto error = test::error_of([&] { text_files(path); });
    REQUIRE(error);
    return std::string(error->what());
  };
  const auto none = (folder / "none").string();
  CHECK(refused(none) == none + ": no such file or folder");
  folder.write("empty/.keep", "");
  const auto empty = (folder / "empty").string();
  CHECK(refused(empty) == empty + ": the folder holds no files; a text is expected");
}

TEST_CASE("fields of documents tell their groups", "[text]") {
  const test::TempDir folder;
  const auto path = folder.write("a.jsonl",
                                 "{\"text\": \"one\", \"source\": \"press\", \"year\": 1999}\n"
                                 "{\"text\": \"\", \"source\": \"left out\"}\n"
                                 "{\"text\": \"two\", \"year\": null}\n");
  const DocumentRules rules{DocumentUnit::json_lines, "text", false, {"source", "year"}};
  const auto file = read_documents(path, rules, [](std::string_view) {});
  CHECK(file.groups == std::vector<Texts>{{"press", "1999"}, {"(missing)", "(missing)"}});
  const auto bad = folder.write("b.jsonl", "{\"text\": \"one\", \"source\": [1], \"year\": 1}\n");
  CHECK(refusal(bad, rules) ==
        bad +
            ":1: field 'source' is not a single value; data.groups names fields of strings, "
            "numbers or booleans");
}
