// SPDX-License-Identifier: Apache-2.0
// Scoring of texts in windows that overlap, against a plain loop, and the parts of the report.
#include <torch/torch.h>

#include <cmath>

#include "core/metrics/report.h"
#include "engine/data/open_data.h"
#include "engine/evaluate/score.h"
#include "engine/nn/evaluation_mode.h"
#include "engine/predict/model_files.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::TempDir;

namespace {

constexpr std::int64_t kContext = 12;

struct Opened {
  RunConfig config;
  OpenedData data;
  std::shared_ptr<Network> network;
};

// A Transformer of random weights, and a test text of documents of different lengths.
Opened open(const TempDir& folder, DocumentUnit unit) {
  Opened opened;
  auto& config = opened.config;
  config.name = "text";
  config.task.type = TaskType::language_model;
  TextData data;
  std::string text;
  for (int i = 0; i < 30; ++i) {
    text += "page " + std::to_string(i * 37) + (i % 3 == 0 ? " goes on for longer" : "") + "\n";
  }
  data.files.train = folder.write("train.txt", text);
  data.files.test = Paths(folder.write("test.txt", text.substr(0, 331)));
  data.documents = unit;
  config.data = data;
  TransformerConfig model;
  model.context = kContext;
  model.layers = 2;
  model.heads = 2;
  model.width = 16;
  config.model = model;
  opened.data = open_data(config);
  opened.network = make_network(config, *opened.data.preprocessor);
  return opened;
}

Scored scored_with(const Opened& opened, std::optional<std::int64_t> stride) {
  const auto& dataset = *opened.data.test;
  const auto& preprocessor = *opened.data.preprocessor;
  auto scored = score(*opened.network, preprocessor, dataset, at::kCPU);
  EvaluateConfig evaluate;
  evaluate.sliding_stride = stride;
  complete_for_report(evaluate, *opened.network, preprocessor, dataset, at::kCPU, scored);
  return scored;
}

// Every token by itself, after the kContext tokens of its document before it.
std::vector<double> one_by_one(const Opened& opened) {
  const auto& tokens = *opened.data.test->tokens();
  const EvaluationMode mode(*opened.network);
  const torch::NoGradGuard no_gradients;
  std::vector<double> losses;
  for (std::int64_t d = 0; d < tokens.documents(); ++d) {
    for (auto t = tokens.start(d) + 1; t < tokens.start(d + 1); ++t) {
      const auto first = std::max(tokens.start(d), t - kContext);
      InputTensors inputs;
      inputs.ids = torch::empty({1, t - first}, torch::kInt64);
      tokens.copy(first, t - first, inputs.ids.data_ptr<std::int64_t>());
      std::int64_t target = 0;
      tokens.copy(t, 1, &target);
      const auto logits = opened.network->predict(inputs)[0][-1].to(at::kDouble);
      losses.push_back(-logits.log_softmax(0)[target].item<double>());
    }
  }
  return losses;
}

void check_close(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO(i);
    REQUIRE(a[i] == Approx(b[i]).margin(1e-4));
  }
}

}  // namespace

TEST_CASE("windows that move by one token give each token all the text that fits", "[evaluate]") {
  for (const auto unit : {DocumentUnit::file, DocumentUnit::line}) {
    const TempDir folder;
    const auto opened = open(folder, unit);
    const auto scored = scored_with(opened, 1);
    check_close(scored.sliding_nll, one_by_one(opened));
    CHECK(scored.sliding_stride == 1);
    // It is another number than the plain one.
    CHECK(scored.sliding_nll != scored.nll);
  }
}

TEST_CASE("windows that move by their length measure the plain cross-entropy", "[evaluate]") {
  for (const auto unit : {DocumentUnit::file, DocumentUnit::line}) {
    const TempDir folder;
    const auto scored = scored_with(open(folder, unit), kContext);
    check_close(scored.sliding_nll, scored.nll);
    const auto report = make_report(scored, EvaluateConfig{});
    CHECK(*report.find("sliding_cross_entropy")->value ==
          Approx(*report.find("cross_entropy")->value));
    CHECK(*report.find("sliding_perplexity")->value == Approx(*report.find("perplexity")->value));
  }
}

TEST_CASE("without a stride nothing is measured twice, and parts of the text are kept",
          "[evaluate]") {
  const TempDir folder;
  const auto opened = open(folder, DocumentUnit::line);
  const auto scored = scored_with(opened, std::nullopt);
  CHECK(scored.sliding_nll.empty());
  CHECK(scored.sliding_stride == 0);
  CHECK(scored.tokenizer.size() == 64);
  std::int64_t tokens = 0, bytes = 0;
  double nll = 0.0, sum = 0.0;
  for (const auto& cell : scored.cells) {
    tokens += cell.tokens;
    bytes += cell.bytes;
    nll += cell.nll;
  }
  for (const auto loss : scored.nll) sum += loss;
  CHECK(tokens == static_cast<std::int64_t>(scored.nll.size()));
  CHECK(bytes == scored.bytes);
  CHECK(nll == Approx(sum));
}

TEST_CASE("a scoring that is to stop ends between two batches of windows", "[evaluate]") {
  const TempDir folder;
  const auto opened = open(folder, DocumentUnit::file);
  auto scored = scored_with(opened, std::nullopt);
  EvaluateConfig evaluate;
  evaluate.sliding_stride = 1;
  const auto stop = [] { throw Error(ErrorKind::stopped, "enough"); };
  CHECK_THROWS_WITH(complete_for_report(evaluate, *opened.network, *opened.data.preprocessor,
                                        *opened.data.test, at::kCPU, scored, stop),
                    "enough");
}
