// SPDX-License-Identifier: Apache-2.0
#include <candor/init.h>

#include <map>

#include "core/config/config_json.h"
#include "core/inspect/data_kind.h"
#include "support/catch.h"
#include "support/gzip.h"
#include "support/make_tar.h"
#include "support/places.h"
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

// x, amount (a number that recurs, with 25 values), city, y; `odd` and `cities` replace cells of
// some rows.
std::string amounts(const std::map<int, std::string>& odd,
                    const std::map<int, std::string>& cities) {
  std::string csv = "x,amount,city,y\n";
  for (int i = 0; i < 75; ++i) {
    const auto amount = odd.count(i) ? odd.at(i) : std::to_string(i % 25 * 10);
    const auto city = cities.count(i) ? cities.at(i) : i % 3 ? "Cork" : "Bergen";
    csv += std::to_string(i % 5) + "," + amount + "," + city + "," + (i % 2 ? "a" : "b") + "\n";
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
  const auto at = [&](const std::string& name) { return (folder / name).string() + ": "; };
  CHECK_THAT(fault(folder, "people.csv", "outcom"), CANDOR_CONTAINS("did you mean 'outcome'"));
  CHECK(fault(folder, "people.csv", "name") ==
        at("people.csv") +
            "column 'name' has 60 different values in 60 rows, too many for classes; name another "
            "column with --target");
  CHECK(fault(folder, "none.csv") ==
        at("none.csv") +
            "does not exist; candor init takes a CSV, a text file, or a folder of class folders "
            "with images");
  folder.write("same.csv", "a,b\n1,x\n2,x\n");
  CHECK(fault(folder, "same.csv") ==
        at("same.csv") +
            "column 'b' has one value only; nothing is to be learned; name another "
            "column with --target");
  folder.write("none_left.csv", "a,b\n1,\n2,NA\n");
  CHECK(fault(folder, "none_left.csv") ==
        at("none_left.csv") +
            "column 'b' has no values to learn; name another column with --target");
  folder.write("narrow.csv", "a\n1\n2\n");
  CHECK(fault(folder, "narrow.csv") ==
        at("narrow.csv") + "one column only; a table needs a target and at least one other column");
  std::string ids = "customer_id,name,y\n";
  for (int i = 0; i < 30; ++i) {
    ids += std::to_string(i) + ",n" + std::to_string(i) + "," + (i % 2 ? "a" : "b") + "\n";
  }
  folder.write("ids.csv", ids);
  CHECK(fault(folder, "ids.csv") ==
        at("ids.csv") +
            "every column besides 'y' differs from row to row, so that nothing can be learned from "
            "it");
  folder.write("empty.csv", "");
  CHECK_THAT(fault(folder, "empty.csv"), CANDOR_CONTAINS("empty.csv: the file is empty"));
  folder.write("twice.csv", "a,b,a,y\n1,2,3,no\n2,3,4,yes\n");
  CHECK(fault(folder, "twice.csv") ==
        (folder / "twice.csv").string() +
            ":1: two columns are called 'a' (number 1 and 3); rename one");
}

TEST_CASE("a word among numbers is taken for a missing value", "[init]") {
  TempDir folder;
  folder.write("a.csv", amounts({{7, "unknown"}, {31, "unknown"}}, {}));
  const auto text =
      init_config((folder / "a.csv").string(), {std::nullopt, folder.path().string()});
  CHECK_THAT(text,
             CANDOR_CONTAINS("// TAKE CARE: \"unknown\" stands among numbers, first in line 9, and "
                             "is taken for a missing value (data.format.missing).\n"));
  const auto data = std::get<TableData>(read(text).data);
  CHECK(data.format.missing.back() == "unknown");
  CHECK(data.columns.empty());
}

TEST_CASE("a word that is a value of another column is not a missing one", "[init]") {
  TempDir folder;
  folder.write("a.csv", amounts({{7, "unknown"}, {8, "unknown"}}, {{3, "unknown"}}));
  const auto text =
      init_config((folder / "a.csv").string(), {std::nullopt, folder.path().string()});
  CHECK_THAT(text,
             CANDOR_CONTAINS("      \"amount\": {\"type\": \"category\"}  // numbers but for 2 "
                             "cells, the first in line 9; mend them and remove this entry\n"));
  const auto data = std::get<TableData>(read(text).data);
  CHECK(data.format.missing == TableFormat().missing);
}

TEST_CASE("a slip among numbers is shown with its line, for every kind of slip", "[init]") {
  TempDir folder;
  folder.write("a.csv", amounts({{7, "1O5"}}, {}));
  const auto config = init(folder, "a.csv");
  CHECK(std::get<TableData>(config.data).columns.at("amount").type == ColumnType::category);
  folder.write("b.csv", amounts({{7, "inf"}, {9, "-inf"}}, {}));
  CHECK(std::get<TableData>(init(folder, "b.csv").data).columns.at("amount").type ==
        ColumnType::category);
  folder.write("c.csv", amounts({{7, "inf"}, {9, "inf"}}, {}));
  CHECK(std::get<TableData>(init(folder, "c.csv").data).format.missing.back() == "inf");
  std::string different = "x,amount,y\n";
  for (int i = 0; i < 40; ++i) {
    different += std::to_string(i % 3) + "," + (i == 5 ? "1O5" : std::to_string(i * 0.37)) + "," +
                 (i % 2 ? "a" : "b") + "\n";
  }
  folder.write("d.csv", different);
  CHECK_THAT(
      init_config((folder / "d.csv").string(), {std::nullopt, folder.path().string()}),
      CANDOR_CONTAINS("      \"amount\": {\"use\": \"ignore\"}  // numbers but for 1 cell, in "
                      "line 7; mend it and remove this entry\n"));
}

TEST_CASE("what gives the target away, constants and copies are ignored, with the reason",
          "[init]") {
  TempDir folder;
  std::string csv = "x,x_again,when,same,cancelled,weight,y\n";
  for (int i = 0; i < 200; ++i) {
    const auto x = std::to_string(i * 7 % 31);
    csv += x + "," + x + ",2024-01-" + std::to_string(10 + i % 20) + ",EUR," +
           (i % 3 == 0 ? "1" : "0") + "," + std::to_string(1 + i % 9) + "," +
           (i % 3 == 0 ? "gone" : "here") + "\n";
  }
  folder.write("a.csv", csv);
  const auto text =
      init_config((folder / "a.csv").string(), {std::nullopt, folder.path().string()});
  const auto columns = std::get<TableData>(read(text).data).columns;
  for (const auto* name : {"x_again", "same", "cancelled"}) {
    INFO(name);
    REQUIRE(columns.count(name) == 1);
    CHECK(columns.at(name).use == ColumnUse::ignore);
  }
  CHECK(columns.count("x") == 0);
  CHECK(columns.count("when") == 0);
  CHECK_THAT(text,
             CANDOR_CONTAINS("\"cancelled\": {\"use\": \"ignore\"},  // alone tells nearly all "
                             "of the target; remove this entry only if it is known before "
                             "the target is\n"));
  CHECK_THAT(text, CANDOR_CONTAINS("// TAKE CARE: if weight says how many cases a row stands for, "
                                   "give it \"use\": \"weight\" in data.columns.\n"));
}

TEST_CASE("a test file of its own is used, and its way of writing classes is mapped", "[init]") {
  TempDir folder;
  std::string train = "x,y\n", other = "x,y\n";
  for (int i = 0; i < 60; ++i) {
    train += std::to_string(i % 7) + (i % 3 ? ",<=50K\n" : ",>50K\n");
    other += std::to_string(i % 5) + (i % 3 ? ",<=50K.\n" : ",>50K.\n");
  }
  folder.write("train.csv", train);
  InitOptions options;
  options.folder = folder.path().string();
  options.test = folder.write("test.csv", other);
  const auto config = read(init_config((folder / "train.csv").string(), options));
  const auto& data = std::get<TableData>(config.data);
  CHECK(data.files.test == Paths("test.csv"));
  CHECK_FALSE(data.split.test);
  CHECK(data.columns.at("y").values ==
        std::map<std::string, std::string>{{"<=50K.", "<=50K"}, {">50K.", ">50K"}});
  CHECK(error_of([&] { init_config(test::source_dir() + "/data/digits", options); })->what() ==
        "--test: belongs to tables, but " + test::source_dir() +
            "/data/digits is none; write data.files.test into the config instead");
}

TEST_CASE("codes with a letter among them are categories", "[init]") {
  TempDir folder;
  std::string csv = "code,x,y\n";
  for (int i = 0; i < 60; ++i) {
    csv += (i == 30 ? std::string("X") : std::to_string(i % 4)) + "," + std::to_string(i % 7) +
           "," + (i % 2 ? "a" : "b") + "\n";
  }
  folder.write("a.csv", csv);
  const auto data = std::get<TableData>(init(folder, "a.csv").data);
  CHECK(data.columns.at("code").type == ColumnType::category);
  CHECK(data.format.missing == TableFormat().missing);
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
  const auto config = read(init_config(test::source_dir() + "/data/digits",
                                       {std::nullopt, test::source_dir() + "/configs"}));
  const auto& data = std::get<ImageData>(config.data);
  CHECK(data.files.train == "../data/digits");
  CHECK(data.size == 8);
  CHECK(config.augment.crop < data.size);
  CHECK(config.name == "digits");
}

TEST_CASE("a folder with its parts in sub-folders uses them", "[init]") {
  TempDir folder;
  for (const std::string part : {"train", "val", "test"}) {
    fs::create_directories(folder / "digits" / part);
    for (const std::string label : {"0", "1"}) {
      fs::copy(fs::path(test::source_dir() + "/data/digits") / label,
               folder / "digits" / part / label);
    }
  }
  const auto config = init(folder, "digits");
  const auto& data = std::get<ImageData>(config.data);
  CHECK(data.files.train == "digits/train");
  CHECK(data.files.validation == "digits/val");
  CHECK(data.files.test == "digits/test");
  CHECK_FALSE(data.split.validation);
  CHECK_FALSE(data.split.test);
  fs::remove_all(folder / "digits/test");
  const auto two = std::get<ImageData>(init(folder, "digits/").data);
  CHECK(two.files.train == "digits/train");
  CHECK_FALSE(two.files.test);
  CHECK(two.split.test == 0.2);
}

namespace {

// Two images of each of the digits' classes 0 and 1: their names and bytes.
std::vector<std::pair<std::string, std::string>> some_digits() {
  std::vector<std::pair<std::string, std::string>> digits;
  for (const std::string label : {"0", "1"}) {
    std::vector<fs::path> files;
    for (const auto& entry :
         fs::directory_iterator(fs::path(test::source_dir() + "/data/digits") / label)) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (std::size_t i = 0; i < 2; ++i) {
      digits.emplace_back(label + "/" + files[i].filename().string(), test::slurp(files[i]));
    }
  }
  return digits;
}

}  // namespace

TEST_CASE("an archive of images uses the parts that it holds", "[init]") {
  TempDir folder;
  std::string tar, flat;
  for (const auto& [name, bytes] : some_digits()) {
    for (const std::string part : {"set/train/", "set/valid/", "set/test/"}) {
      tar += test::tar_file(part + name, bytes);
    }
    flat += test::tar_file(name, bytes);
  }
  folder.write("digits.tar.gz", test::gzip(tar + test::tar_end()));
  folder.write("flat.tar", flat + test::tar_end());
  const auto config = init(folder, "digits.tar.gz");
  const auto& data = std::get<ImageData>(config.data);
  CHECK(config.name == "digits");
  CHECK(data.files.train == "digits.tar.gz#set/train");
  CHECK(data.files.validation == "digits.tar.gz#set/valid");
  CHECK(data.files.test == "digits.tar.gz#set/test");
  CHECK(data.size == 8);
  const auto one = init(folder, "digits.tar.gz#set/valid");
  CHECK(std::get<ImageData>(one.data).files.train == "digits.tar.gz#set/valid");
  CHECK_FALSE(std::get<ImageData>(one.data).files.test);
  CHECK(std::get<ImageData>(init(folder, "flat.tar").data).files.train == "flat.tar");
}

TEST_CASE("a table that names images and their classes is one of images", "[init]") {
  TempDir folder;
  std::string table = "file,kind\n", wide = "id,file,class\n", other = "file,width,height\n";
  for (const auto& [name, bytes] : some_digits()) {
    folder.write("pictures/" + name, bytes);
    table += "pictures/" + name + "," + name.substr(0, 1) + "\n";
    wide += "7,pictures/" + name + "," + name.substr(0, 1) + "\n";
    other += "pictures/" + name + ",8,8\n";
  }
  folder.write("labels.csv", table);
  folder.write("wide.csv", wide);
  folder.write("other.csv", other);
  const auto data = std::get<ImageData>(init(folder, "labels.csv").data);
  CHECK(data.files.train == "labels.csv");
  CHECK(data.columns.path == "file");
  CHECK(data.columns.label == "kind");
  CHECK(std::get<ImageData>(init(folder, "wide.csv").data).columns.label == "class");
  CHECK_FALSE(image_table_columns(folder / "other.csv"));
  fs::remove_all(folder / "pictures");
  CHECK_FALSE(image_table_columns(folder / "labels.csv"));
}

TEST_CASE("what images cannot be used is said", "[init]") {
  TempDir folder;
  folder.write("one.PNG", "");
  CHECK(fault(folder, "one.PNG") ==
        (folder / "one.PNG").string() +
            ": is one image; candor init takes a folder that holds one folder of images per class");
  folder.write("noise/a/1.png", "no image");
  folder.write("noise/b/1.jpg", "");
  CHECK(fault(folder, "noise") ==
        (folder / "noise").string() +
            ": none of the images looked at can be decoded; JPEG, PNG and WebP "
            "files are allowed");
  CHECK(fault(folder, "noise", "x") == "--target: belongs to tables, but " +
                                           (folder / "noise").string() +
                                           " holds images, whose classes are what is predicted");
}

namespace {

// `count` messages of which no two are alike, a number where `numbers` asks for one, and a class.
std::string messages(int count, bool numbers) {
  std::string csv = numbers ? "text,sender,kind\n" : "text,kind\n";
  for (int i = 0; i < count; ++i) {
    csv += "this is message number " + std::to_string(i) + " of many,";
    if (numbers) csv += std::to_string(i % 7) + ",";
    csv += i % 3 ? "ham\n" : "spam\n";
  }
  return csv;
}

}  // namespace

TEST_CASE("free text is read as text: alone by a linear model, beside others by layers", "[init]") {
  TempDir folder;
  for (const bool numbers : {false, true}) {
    folder.write("messages.csv", messages(80, numbers));
    const auto config = init(folder, "messages.csv");
    const auto& data = std::get<TableData>(config.data);
    CHECK(data.columns.at("text").type == ColumnType::text);
    CHECK(data.columns.at("text").use == ColumnUse::automatic);
    CHECK(data.columns.size() == 1);
    CHECK(data.text.clean.case_fold);
    CHECK(data.text.words.sublinear);
    CHECK(std::get<MlpConfig>(config.model).hidden.empty() == !numbers);
    CHECK(std::holds_alternative<SgdConfig>(config.train.optimizer) == !numbers);
    CHECK(data.categorical.encoding == Encoding::one_hot);
  }
}

TEST_CASE("the share of bad images that init allows is one that its images pass", "[init]") {
  TempDir folder;
  for (const std::string part : {"train", "test"}) {
    for (const std::string label : {"0", "1"}) {
      fs::create_directories(folder / "digits" / part / label);
      int copied = 0;
      for (const auto& entry :
           fs::directory_iterator(test::source_dir() + "/data/digits/" + label)) {
        if (copied++ == 18) break;
        fs::copy(entry.path(), folder / "digits" / part / label / entry.path().filename());
      }
    }
  }
  CHECK(std::get<ImageData>(init(folder, "digits").data).max_bad_fraction == 0.001);
  folder.write("digits/train/0/broken.png", "no image");
  const auto text =
      init_config((folder / "digits").string(), {std::nullopt, folder.path().string()});
  CHECK_THAT(text,
             CANDOR_CONTAINS("\"max_bad_fraction\": 0.028,  // 1 of 37 images cannot be read\n"));
  // The part with the largest share decides.
  folder.write("digits/test/0/a.png", "no image");
  folder.write("digits/test/0/b.png", "no image");
  CHECK(std::get<ImageData>(init(folder, "digits").data).max_bad_fraction == 0.053);
}

TEST_CASE("bad rows of the test file count for the share that init allows", "[init]") {
  TempDir folder;
  folder.write("train.csv", rows("id,name,sex,x,y", 40) + "1,2\n");
  folder.write("test.csv", rows("id,name,sex,x,y", 18) + "1,2\n7,a,m,0.5,\n");
  const auto own = std::get<TableData>(init(folder, "train.csv").data);
  CHECK(own.clean.max_bad_fraction == 0.025);
  InitOptions options;
  options.folder = folder.path().string();
  options.test = (folder / "test.csv").string();
  const auto text = init_config((folder / "train.csv").string(), options);
  CHECK_THAT(text, CANDOR_CONTAINS("\"clean\": {\"max_bad_fraction\": 0.1},  // 1 row cannot be "
                                   "read, the first in line 42; the test file has more such rows"));
}

TEST_CASE("init counts the columns that are of use, and stops early only where it can", "[init]") {
  TempDir folder;
  folder.write("few.csv", rows("id,name,sex,x,y", 40));
  const auto text =
      init_config((folder / "few.csv").string(), {std::nullopt, folder.path().string()});
  CHECK_THAT(text, CANDOR_CONTAINS("// few.csv: 40 rows, 5 columns; predicts y from 2 of them, 1 a "
                                   "number.\n"));
  CHECK(init(folder, "few.csv").train.early_stopping);
}
