// SPDX-License-Identifier: Apache-2.0
#include <candor/compare.h>

#include "core/base/random.h"
#include "core/predictions/report_files.h"
#include "core/runs/made_runs.h"
#include "support/catch.h"

using namespace candor;
using namespace candor::test;

namespace {

// How a language model did on a text of 40 documents, or of one that is cut into 60 parts.
struct Model {
  double worse = 0.0;  // nats a token
  std::uint64_t seed = 1;
  std::string tokenizer = "t";
  std::string rows = "r";
  std::int64_t tokens = 100;  // of each part
  bool documents = true;
  std::int64_t stride = 0;
};

Scored scored_of(const Model& model) {
  const RandomStream shared(1, "test/parts"), own(model.seed, "test/own");
  Scored scored;
  scored.kind = OutputKind::language_model;
  scored.tokenizer = model.tokenizer;
  scored.sliding_stride = model.stride;
  const std::int64_t parts = model.documents ? 40 : 60;
  for (std::int64_t p = 0; p < parts; ++p) {
    const auto at = static_cast<std::uint64_t>(p);
    const auto per_byte = 0.6 + 0.05 * shared.normal(at) + 0.002 * own.normal(at);
    const auto tokens = static_cast<double>(model.tokens);
    const auto loss = 250.0 * per_byte / tokens + model.worse;
    if (model.documents) scored.document_starts.push_back(p * model.tokens);
    for (std::int64_t i = 0; i < model.tokens; ++i) {
      scored.nll.push_back(loss);
      scored.entropy.push_back(1.0);
      if (model.stride > 0) scored.sliding_nll.push_back(0.9 * loss);
    }
    scored.cells.push_back({model.documents ? p : 0, model.documents ? 0 : 256 * p, 250,
                            model.tokens, tokens * loss,
                            model.stride > 0 ? 0.9 * tokens * loss : 0.0});
    scored.bytes += 250;
  }
  return scored;
}

// As candor eval --out leaves it.
std::string written(const TempDir& folder, const std::string& name, const Model& model) {
  const auto scored = scored_of(model);
  auto report = make_report(scored, EvaluateConfig{});
  report.split = "test";
  report.rows_sha256 = model.rows;
  write_report(folder / name, report, scored);
  return (folder / name).string();
}

Json compared(const std::vector<std::string>& paths, CompareOptions options = {}) {
  options.json = true;
  return Json::parse(compare_runs(paths, options).text);
}

Json pair_of(const Model& a, const Model& b, const CompareOptions& options = {}) {
  const TempDir folder;
  return compared({written(folder, "a", a), written(folder, "b", b)}, options).at("paired").at(0);
}

}  // namespace

TEST_CASE("language models on the same documents are tested by bits per byte and token", "[runs]") {
  const auto pair = pair_of({}, {.worse = -0.02, .seed = 2});
  CHECK(pair.at("rows") == 40);
  CHECK(pair.at("unit") == "documents");
  CHECK(pair.at("reason").is_null());
  CHECK(pair.at("metrics").size() == 2);
  const auto& bits = pair.at("metrics").at("bits_per_byte");
  CHECK(bits.at("method") == "document bootstrap");
  CHECK(bits.at("difference").get<double>() < 0.0);
  CHECK(bits.at("high").get<double>() < 0.0);
  CHECK(bits.at("p").get<double>() < 0.01);
  CHECK_THAT(bits.at("sentence").get<std::string>(),
             CANDOR_CONTAINS("b is better than a in bits_per_byte by 0.0"));
  CHECK_THAT(pair.at("metrics").at("cross_entropy").at("sentence").get<std::string>(),
             CANDOR_CONTAINS("b is better than a in cross_entropy by 0.0"));
}

TEST_CASE("the difference is that of the two reports", "[runs]") {
  const TempDir folder;
  const auto json = compared({written(folder, "a", {}), written(folder, "b", {.worse = 0.1})});
  for (const auto* name : {"bits_per_byte", "cross_entropy"}) {
    INFO(name);
    const auto value = [&](std::size_t run) {
      return json.at("runs").at(run).at("report").at("metrics").at(name).at("value").get<double>();
    };
    const auto& metric = json.at("paired").at(0).at("metrics").at(name);
    CHECK(metric.at("difference").get<double>() == Approx(value(1) - value(0)));
  }
}

TEST_CASE("a text of few documents is compared part by part, in blocks", "[runs]") {
  const auto pair = pair_of({.documents = false}, {.worse = 0.02, .seed = 2, .documents = false});
  CHECK(pair.at("rows") == 60);
  CHECK(pair.at("unit") == "parts of the text");
  const auto& bits = pair.at("metrics").at("bits_per_byte");
  CHECK(bits.at("method") == "block bootstrap");
  CHECK(bits.at("low").get<double>() > 0.0);
}

TEST_CASE("with different tokenizers, bits per byte alone are compared", "[runs]") {
  const Model longer{.worse = -0.01, .seed = 2, .tokenizer = "u", .tokens = 50};
  const auto pair = pair_of({}, longer);
  CHECK(pair.at("metrics").at("bits_per_byte").at("p").is_number());
  const auto& nats = pair.at("metrics").at("cross_entropy");
  CHECK(nats.at("difference").is_null());
  CHECK(nats.at("reason") ==
        "their tokenizers differ, and with them what a token is; bits_per_byte is the same for "
        "both");
  const TempDir folder;
  CompareOptions options;
  options.html = true;
  const auto a = written(folder, "a", {}), b = written(folder, "b", longer);
  const auto result = compare_runs({a, b}, options);
  const std::string line =
      "The models have different tokenizers, so that losses per token do not compare, and no run "
      "is called the best by them; bits_per_byte does compare.";
  CHECK_THAT(result.text, CANDOR_CONTAINS("\n" + line + "\n"));
  CHECK_THAT(result.html, CANDOR_CONTAINS(line));
  const auto cell = [&](const std::string& folder_of, const std::string& metric) {
    const auto report = Json::parse(slurp(folder_of + "/report.json"));
    return fmt::format("<b>{:.4f}</b>", report.at("metrics").at(metric).at("value").get<double>());
  };
  for (const auto& one : {a, b}) {
    CHECK(result.html.find(cell(one, "cross_entropy")) == std::string::npos);
  }
  CHECK((result.html.find(cell(a, "bits_per_byte")) != std::string::npos ||
         result.html.find(cell(b, "bits_per_byte")) != std::string::npos));
}

TEST_CASE("windows that overlap are compared where they move alike", "[runs]") {
  CHECK(pair_of({.stride = 4}, {.seed = 2, .stride = 4})
            .at("metrics")
            .at("sliding_cross_entropy")
            .at("p")
            .is_number());
  CHECK_FALSE(pair_of({.stride = 4}, {.seed = 2}).at("metrics").contains("sliding_cross_entropy"));
  CompareOptions options;
  options.metric = "sliding_cross_entropy";
  const auto reason = [&](const Model& a, const Model& b) {
    return pair_of(a, b, options).at("metrics").at("sliding_cross_entropy").at("reason");
  };
  CHECK(reason({.stride = 4}, {.seed = 2}) == "it is measured with evaluate.sliding_stride only");
  CHECK(reason({.stride = 4}, {.seed = 2, .stride = 8}) == "their windows move by 4 and 8 tokens");
  options.metric = "predictive_entropy";
  CHECK(pair_of({}, {.seed = 2}, options).at("metrics").at("predictive_entropy").at("reason") ==
        "it is not kept by parts of the text");
  options.metric = "perplexity";
  CHECK(pair_of({}, {.seed = 2}, options).at("metrics").at("perplexity").at("p").is_number());
}

TEST_CASE("no model is the best by windows that move by other steps", "[runs]") {
  const TempDir folder;
  const auto text =
      compare_runs({written(folder, "a", {.stride = 4}), written(folder, "b", {.stride = 8})}, {})
          .text;
  CHECK_THAT(text, CANDOR_CONTAINS("\nThe sliding windows move by different numbers of tokens (4, "
                                   "8), so that sliding_cross_entropy and sliding_perplexity do "
                                   "not compare, and no run is called the best by them.\n"));
}

TEST_CASE("losses that are cut off are told by the tokens that the report counts", "[runs]") {
  const TempDir folder;
  const auto a = written(folder, "a", {}),
             b = written(folder, "b", {.seed = 2, .tokenizer = "u", .tokens = 50});
  const auto file = b + "/predictions/test.jsonl";
  auto text = slurp(file);
  text.resize(text.rfind('\n', text.size() - 2) + 1);
  folder.write("b/predictions/test.jsonl", text);
  CHECK(
      compared({a, b}).at("paired").at(0).at("reason") ==
      "b " + file +
          ": has the losses of 1,950 tokens, and report.json counts 2,000; the file is cut off or "
          "was changed, measure the model again (candor eval MODEL --out DIR)");
}

TEST_CASE("models on other texts are not compared, nor with what is no language model", "[runs]") {
  const std::string other_text =
      "they are not about the same text (rows_sha256 in report.json: files, split, and how "
      "documents are read and cleaned)";
  CHECK(pair_of({}, {.rows = "other"}).at("reason") == other_text);
  CHECK(pair_of({}, {.rows = ""}).at("reason") == other_text);
  const TempDir folder;
  const auto text = written(folder, "a", {});
  const auto rows = folder.write("b.csv", "id,label,score\n1,0,0.4\n2,1,0.6\n");
  CHECK(compared({text, rows}).at("paired").at(0).at("reason") ==
        "one is a language model, the other is not");
}

TEST_CASE("a language model and itself are the same on every document", "[runs]") {
  const auto pair = pair_of({}, {});
  CHECK(pair.at("identical") == true);
  CHECK(pair.at("metrics").empty());
}

TEST_CASE("a report of before, which kept no bytes, says what to do", "[runs]") {
  const TempDir folder;
  const auto a = written(folder, "a", {}), old = written(folder, "old", {.seed = 2});
  folder.write("old/predictions/test.jsonl",
               "{\"id\":0,\"first\":0,\"tokens\":1024,\"output\":{\"nll\":0.5}}\n");
  const auto reason = compared({a, old}).at("paired").at(0).at("reason").get<std::string>();
  CHECK(reason == "old " + old +
                      "/predictions/test.jsonl:1: is of a version of candor that kept no bytes of "
                      "the parts; measure the model again (candor eval MODEL --out DIR)");
}
