// SPDX-License-Identifier: Apache-2.0
// What init writes for every kind of data trains.
#include <filesystem>
#include <fstream>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"
#include "support/gzip.h"
#include "support/make_tar.h"
#include "support/temp.h"

using candor::test::gzip;
using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;

namespace fs = std::filesystem;

namespace {

// init, then a short training by the config that it wrote and `words`.
void check_trains(const TempDir& folder, const std::string& data,
                  const std::vector<std::string>& words) {
  INFO(data);
  candor::test::RunOptions here;
  here.folder = folder.path();
  const auto made = run_candor({"init", data, "--output", "mine.json", "--overwrite"}, here);
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  std::vector<std::string> command = {"train", "mine.json", "--run", "mine", "--overwrite"};
  command.insert(command.end(), words.begin(), words.end());
  const auto trained = run_candor(command, here);
  INFO(slurp(folder / "mine.json"));
  INFO(trained.err);
  CHECK(trained.exit_code == 0);
}

}  // namespace

TEST_CASE("init's config of a table in any form trains", "[init]") {
  TempDir folder;
  candor::test::write_table_config(folder);
  const auto people = slurp(folder / "people.csv");
  folder.write("packed.csv.gz", gzip(people));
  const auto header = people.find('\n') + 1, middle = people.find('\n', people.size() / 2) + 1;
  folder.write("part-1.csv", people.substr(0, middle));
  folder.write("part-2.csv", people.substr(0, header) + people.substr(middle));
  std::string lines;
  for (int i = 0; i < 120; ++i) {
    lines += "{\"x\": " + std::to_string(i % 17) + ", \"paid\": " + (i % 4 ? "true" : "false") +
             ", \"y\": \"" + (i % 17 > 8 ? "yes" : "no") + "\"}\n";
  }
  folder.write("rows.jsonl", lines);
  for (const auto* data : {"packed.csv.gz", "part-*.csv", "rows.jsonl"}) {
    check_trains(folder, data, {"train.epochs=1"});
  }
}

TEST_CASE("init's config of a corpus in any form trains", "[init]") {
  TempDir folder;
  candor::test::write_text_config(folder);
  const auto story = slurp(folder / "story.txt");
  folder.write("corpus/a.txt", story.substr(0, story.size() / 2));
  folder.write("corpus/b.txt.gz", gzip(story.substr(story.size() / 2)));
  folder.write("story.txt.gz", gzip(story));
  std::string lines;
  for (std::size_t begin = 0; begin + 120 < story.size(); begin += 120) {
    auto text = story.substr(begin, 120);
    for (auto& c : text) c = c == '\n' ? ' ' : c;
    lines += "{\"body\": \"" + text + "\"}\n";
  }
  folder.write("docs.jsonl", lines);
  for (const auto* data : {"corpus", "story.txt.gz", "docs.jsonl"}) {
    check_trains(folder, data,
                 {"train.steps=2", "train.batch_size=2", "model.layers=1", "model.width=16",
                  "model.context=16", "train.validate.every_steps=2"});
  }
}

TEST_CASE("init's config of images in an archive or a table trains", "[init]") {
  TempDir folder;
  candor::test::write_images_config(folder);
  std::string tar, table = "file,kind\n";
  for (const std::string label : {"bright", "dark"}) {
    for (const auto& entry : fs::directory_iterator(folder / ("shapes/" + label))) {
      const auto name = label + "/" + entry.path().filename().string();
      tar += candor::test::tar_file("set/" + name, slurp(entry.path()));
      table += "shapes/" + name + "," + label + "\n";
    }
  }
  folder.write("shapes.tar.gz", gzip(tar + candor::test::tar_end()));
  folder.write("labels.csv", table);
  for (const auto* data : {"shapes.tar.gz", "labels.csv"}) {
    check_trains(folder, data, {"train.epochs=1", "model.blocks=[1]", "model.width=4"});
  }
}
