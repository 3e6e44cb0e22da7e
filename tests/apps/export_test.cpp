// SPDX-License-Identifier: Apache-2.0
// What `candor export` writes, loaded by a program that is linked to LibTorch alone.
#include <png.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

using candor::test::run;
using candor::test::run_candor;
using candor::test::slurp;
using candor::test::TempDir;
using Json = nlohmann::json;

namespace {

namespace fs = std::filesystem;

// A trained run of `family` and its export.
struct Exported {
  explicit Exported(const std::string& family) {
    run_directory = (folder / "run").string();
    const auto trained =
        run_candor({"train", write_config(family, folder), "--run", run_directory});
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    const auto done = run_candor(
        {"export", run_directory, "--format", "torchscript", "--out", (folder / "out").string()});
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
  }

  // What load_torchscript says to `words` about model.pt.
  std::string loaded(std::vector<std::string> words) const {
    words.insert(words.begin(), {"load_torchscript", (folder / "out" / "model.pt").string()});
    const auto done = run(words);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return done.out;
  }

  // The output's values; the first line of the program's answer is its sizes.
  std::vector<double> output(const std::vector<std::string>& tensors) const {
    std::istringstream lines(loaded(tensors));
    std::string sizes;
    std::getline(lines, sizes);
    std::vector<double> values;
    for (double value = 0.0; lines >> value;) values.push_back(value);
    return values;
  }

  Json predicted(const std::vector<std::string>& words, const std::string& input = "") const {
    candor::test::RunOptions options;
    options.input = input;
    auto line = std::vector<std::string>{"predict", run_directory};
    line.insert(line.end(), words.begin(), words.end());
    const auto done = run_candor(line, options);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return Json::parse(done.out.substr(0, done.out.find('\n')));
  }

  TempDir folder;
  std::string run_directory;
};

std::vector<double> softmax(const std::vector<double>& logits) {
  std::vector<double> p;
  double sum = 0.0;
  for (const auto x : logits) sum += p.emplace_back(std::exp(x));
  for (auto& value : p) value /= sum;
  return p;
}

// One grey level everywhere.
void write_flat_png(const fs::path& path, int side, std::uint8_t level) {
  const std::vector<std::uint8_t> rgb(static_cast<std::size_t>(side * side * 3), level);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_RGB;
  if (!png_image_write_to_file(&image, path.c_str(), 0, rgb.data(), 0, nullptr)) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

std::string repeated(const std::string& value, int times) {
  std::string text = value;
  for (int i = 1; i < times; ++i) text += "," + value;
  return text;
}

}  // namespace

TEST_CASE("an exported table model answers in a program that knows nothing of candor", "[export]") {
  const Exported model("table");
  CHECK(model.loaded({}) == "numeric\ncategorical\n");
  CHECK(model.loaded({"--extra", "preprocess.json"}) ==
        slurp(model.folder / "out" / "preprocess.json"));
  CHECK(Json::parse(model.loaded({"--extra", "model.json"})) ==
        Json::parse(slurp(fs::path(model.run_directory) / "model" / "model.json")));
  CHECK(Json::parse(model.loaded({"--extra", "labels.json"})).at("labels") == Json{"no", "yes"});

  // Aarhus, Bergen, Cork are 2, 3, 4; a missing income is NaN.
  const auto p = softmax(model.output({"f32:2,2:44,31000,60,nan", "i64:2,1:3,0"}));
  REQUIRE(p.size() == 4);
  const auto row =
      model.predicted({"--input", "-"}, "{\"age\": 44, \"income\": 31000, \"city\": \"Bergen\"}\n");
  const auto native = row.at("probabilities").at("yes").get<double>();
  CHECK(p[1] / (p[0] + p[1]) == Approx(native).epsilon(1e-4));
}

TEST_CASE("an exported model of texts takes their terms", "[export]") {
  const Exported model("messages");
  CHECK(model.loaded({}) == "numeric\ncategorical\nterms\nterm_weights\noffsets\n");
  const auto preprocess = Json::parse(slurp(model.folder / "out" / "preprocess.json"));
  const auto terms = preprocess.at("table").at("features").at(0).at("text").at("terms");
  const auto& vocabulary = terms.at("vocabulary");
  const auto found = std::find(vocabulary.begin(), vocabulary.end(), "prize");
  REQUIRE(found != vocabulary.end());
  // One known word, so that its weight is 1 after scaling; the other row has no text.
  const auto index = std::to_string(found - vocabulary.begin());
  const auto p =
      softmax(model.output({"f32:2,1:3,3", "i64:2,0:", "i64:1:" + index, "f32:1:1", "i64:2:0,1"}));
  REQUIRE(p.size() == 4);
  const auto spam = [&](const std::string& message) {
    const auto row =
        model.predicted({"--input", "-"}, "{\"message\": " + message + ", \"words\": 3}\n");
    return row.at("probabilities").at("spam").get<double>();
  };
  CHECK(p[1] / (p[0] + p[1]) == Approx(spam("\"prize\"")).epsilon(1e-4));
  CHECK(p[3] / (p[2] + p[3]) == Approx(spam("null")).epsilon(1e-4));
}

TEST_CASE("an exported image model takes pixels as bytes", "[export]") {
  const Exported model("images");
  CHECK(model.loaded({}) == "image\n");
  CHECK(Json::parse(model.loaded({"--extra", "labels.json"})).at("labels") ==
        Json{"bright", "dark"});
  const auto scan = model.folder / "flat.png";
  write_flat_png(scan, 16, 90);
  const auto p = softmax(model.output({"u8:1,3,16,16:" + repeated("90", 3 * 16 * 16)}));
  REQUIRE(p.size() == 2);
  const auto row = model.predicted({"--input", scan.string()});
  CHECK(p[1] == Approx(row.at("probabilities").at("dark").get<double>()).margin(1e-4));
}

TEST_CASE("an exported language model takes texts of any length", "[export]") {
  const Exported model("text");
  CHECK(model.loaded({}) == "ids\n");
  CHECK(model.loaded({"--extra", "tokenizer.json"}) ==
        slurp(model.folder / "out" / "tokenizer.json"));
  const auto vocabulary =
      Json::parse(slurp(model.folder / "out" / "tokenizer.json")).at("model").at("vocab");
  const std::string text = "the old fox finds the river.";
  std::string ids;
  std::vector<std::size_t> tokens;
  for (const char c : text) {
    tokens.push_back(vocabulary.at(std::string(1, c)).get<std::size_t>());
    ids += (ids.empty() ? "" : ",") + std::to_string(tokens.back());
  }
  const auto logits = model.output({"i64:1," + std::to_string(tokens.size()) + ":" + ids});
  const auto width = logits.size() / tokens.size();
  double nll = 0.0;
  for (std::size_t t = 0; t + 1 < tokens.size(); ++t) {
    const auto from = logits.begin() + static_cast<std::ptrdiff_t>(t * width);
    const std::vector<double> here(from, from + static_cast<std::ptrdiff_t>(width));
    nll -= std::log(softmax(here)[tokens[t + 1]]);
  }
  const auto row = model.predicted({"--input", "-"}, text + "\n");
  CHECK(row.at("tokens") == tokens.size() - 1);
  CHECK(row.at("cross_entropy").get<double>() ==
        Approx(nll / static_cast<double>(tokens.size() - 1)).epsilon(1e-4));
}

TEST_CASE("quantile scaling and embeddings are part of an exported graph", "[export]") {
  TempDir folder;
  const auto run = (folder / "run").string();
  const auto trained = run_candor(
      {"train", write_table_config(folder), "train.epochs=2", "data.numeric.scale=quantile",
       "data.categorical.encoding=embedding", "model.norm=batch", "--run", run});
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const auto done =
      run_candor({"export", run, "--format", "torchscript", "--out", (folder / "out").string()});
  INFO(done.err);
  CHECK(done.exit_code == 0);
  CHECK_THAT(done.out, CANDOR_CONTAINS("5 shapes checked"));
}

TEST_CASE("an export replaces no file unasked, and never those of a model", "[export]") {
  const Exported model("table");
  const auto mine = (model.folder / "mine").string();
  model.folder.write("mine/preprocess.json", "keep me");
  const std::vector<std::string> words = {
      "export", model.run_directory, "--format", "torchscript", "--out", mine};
  const auto refused = run_candor(words);
  CHECK(refused.exit_code == 2);
  CHECK(refused.err ==
        "error: " + mine + "/preprocess.json: exists already; pass --overwrite or another --out\n");
  CHECK(slurp(fs::path(mine) / "preprocess.json") == "keep me");
  CHECK_FALSE(fs::exists(fs::path(mine) / "model.pt"));
  auto replace = words;
  replace.push_back("--overwrite");
  CHECK(run_candor(replace).exit_code == 0);
  CHECK(slurp(fs::path(mine) / "preprocess.json") != "keep me");

  const auto directory = model.run_directory + "/model";
  auto into_model = replace;
  into_model[5] = directory;
  const auto never = run_candor(into_model);
  CHECK(never.exit_code == 2);
  CHECK(never.err ==
        "error: " + directory + ": is a model directory or a checkpoint; choose another --out\n");
  CHECK(run_candor({"eval", model.run_directory}).exit_code == 0);
}
