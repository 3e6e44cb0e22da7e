// SPDX-License-Identifier: Apache-2.0
// Texts of several documents: what training and evaluation see of them.
#include <torch/torch.h>

#include <filesystem>
#include <numeric>

#include "core/base/files.h"
#include "engine/data/datasets.h"
#include "engine/data/open_data.h"
#include "engine/evaluate/baseline.h"
#include "engine/evaluate/score.h"
#include "engine/predict/model_files.h"
#include "engine/train/loss.h"
#include "support/catch.h"
#include "support/temp.h"
#include "text_runs.h"

using namespace candor;
using test::data_of;
using test::flat;
using test::Tokens;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kContext = 4;

// Document d holds 10 d, 10 d + 1, ...
TokenStore documents(const std::vector<std::int64_t>& lengths) {
  TokenWriter writer(256);
  std::int64_t first = 0;
  for (const auto length : lengths) {
    Tokens ids(static_cast<std::size_t>(length));
    std::iota(ids.begin(), ids.end(), first);
    writer.add(ids);
    writer.end_document({0, static_cast<std::uint64_t>(length)});
    first += 10;
  }
  return writer.finish();
}

Tokens all_rows_of(std::int64_t count) {
  Tokens rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

RunConfig config_of(const Paths& train, DocumentUnit unit) {
  auto config = test::text_run(train, 16);
  data_of(config).documents = unit;
  auto& model = std::get<TransformerConfig>(config.model);
  model.layers = 1;
  model.heads = 2;
  model.width = 16;
  return config;
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "line " + std::to_string(i) + (i % 3 == 0 ? " is a bit longer than others" : "") + "\n";
  }
  return text;
}

std::string message(const RunConfig& config) {
  const auto error = test::error_of([&] { open_data(config); });
  REQUIRE(error);
  return error->what();
}

}  // namespace

TEST_CASE("evaluation predicts every token of a document but its first, in order", "[data]") {
  const auto dataset = make_text_dataset(documents({6, 1, 9, 2}), kContext, false, "text");
  CHECK(dataset->size() == 2 + 0 + 2 + 1);
  for (const std::int64_t batch_size : {1, 2, 64}) {
    Tokens inputs, targets;
    for (const auto& rows : dataset->parts(batch_size)) {
      const auto batch = dataset->batch(rows);
      const auto ids = flat(batch.inputs.ids), wanted = flat(batch.target);
      std::int64_t counted = 0;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (wanted[i] == kNoTarget) continue;
        ++counted;
        inputs.push_back(ids[i]);
        targets.push_back(wanted[i]);
      }
      CHECK(batch.counted.value_or(batch.target.numel()) == counted);
      CHECK_FALSE(batch.inputs.segments.defined());
    }
    CHECK(inputs == Tokens{0, 1, 2, 3, 4, 20, 21, 22, 23, 24, 25, 26, 27, 30});
    CHECK(targets == Tokens{1, 2, 3, 4, 5, 21, 22, 23, 24, 25, 26, 27, 28, 31});
  }
  CHECK(dataset->document_starts() == Tokens{0, 5, 13});
}

TEST_CASE("training windows tell documents apart and predict none from another", "[data]") {
  const auto dataset = make_text_dataset(documents({6, 1, 9, 2}), kContext, false, "text");
  const RandomStream epochs(1, "augment");
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    const auto rows = all_rows_of(dataset->training_size());
    const auto batch = dataset->training_batch(rows, epochs.at(epoch));
    const auto ids = flat(batch.inputs.ids), targets = flat(batch.target);
    REQUIRE(batch.inputs.segments.defined());
    const auto segments = flat(batch.inputs.segments);
    std::int64_t counted = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      // The tens are the document.
      const bool last = targets[i] == kNoTarget;
      counted += last ? 0 : 1;
      if (!last) REQUIRE(targets[i] == ids[i] + 1);
      if (last) REQUIRE((ids[i] == 5 || ids[i] == 10 || ids[i] == 28));
      for (auto j = i - i % kContext; j <= i; ++j) {
        REQUIRE((segments[i] == segments[j]) == (ids[i] / 10 == ids[j] / 10));
      }
    }
    CHECK(batch.counted == counted);
  }
}

TEST_CASE("documents are crossed only where that is asked for", "[data]") {
  const auto dataset = make_text_dataset(documents({6, 1, 9, 2}), kContext, true, "text");
  const auto rows = all_rows_of(dataset->training_size());
  const auto batch = dataset->training_batch(rows, RandomStream(1, "augment"));
  CHECK_FALSE(batch.inputs.segments.defined());
  CHECK_FALSE(batch.counted);
  CHECK((batch.target != kNoTarget).all().item<bool>());
  // Evaluation stays within documents all the same.
  CHECK(dataset->document_starts() == Tokens{0, 5, 13});
}

TEST_CASE("a batch that predicts nothing has loss 0 and no gradient", "[data]") {
  const auto store = [] { return documents({1, 1, 1, 1, 1, 1, 1, 1, 2}); };
  const auto dataset = make_text_dataset(store(), kContext, false, "text");
  const auto batch = dataset->training_batch(Tokens{0}, RandomStream(1, "augment"));
  REQUIRE(batch.counted == 0);
  auto output = torch::randn({1, kContext, 256}).requires_grad_();
  const auto loss = training_loss(OutputKind::language_model, *make_text_stage(), output, batch);
  loss.backward();
  CHECK(loss.item<double>() == 0.0);
  CHECK(output.grad().abs().sum().item<double>() == 0.0);
}

TEST_CASE("the loss of a packed batch is the mean over what it predicts", "[data]") {
  const auto dataset = make_text_dataset(documents({6, 1, 9, 2}), kContext, false, "text");
  const auto batch =
      dataset->training_batch(all_rows_of(dataset->training_size()), RandomStream(1, "augment"));
  const auto output = torch::randn({batch.target.size(0), kContext, 256});
  const auto losses = torch::nn::functional::cross_entropy(
      output.flatten(0, 1), batch.target.flatten(),
      torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kNone));
  const auto counts = batch.target.flatten() != kNoTarget;
  CHECK(
      training_loss(OutputKind::language_model, *make_text_stage(), output, batch).item<double>() ==
      Approx(losses.masked_select(counts).mean().item<double>()));
}

TEST_CASE("documents without a token to predict are refused", "[data]") {
  const auto error = test::error_of([] {
    make_text_dataset(documents({1, 1}), kContext, false, "a.txt (test)");
  });
  REQUIRE(error);
  CHECK(std::string(error->what()) ==
        "a.txt (test): no document has more than one token; at least 2 are needed to predict one "
        "from another");
}

TEST_CASE("a corpus is scored as its documents are one by one", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("a.txt", lines(40)), DocumentUnit::line);
  data_of(config).split.test = 0.3;
  const auto data = open_data(config);
  const auto network = make_network(config, *data.preprocessor);
  const auto scored = score(*network, *data.preprocessor, *data.test, at::kCPU);
  REQUIRE(scored.document_starts.size() == 12);
  CHECK(scored.nll.size() == static_cast<std::size_t>(data.test->tokens()->predicted()));
  CHECK(scored.bytes == data.test->tokens()->bytes());
  const auto& store = *data.test->tokens();
  std::vector<double> one_by_one;
  for (std::int64_t d = 0; d < store.documents(); ++d) {
    Tokens ids(static_cast<std::size_t>(store.start(d + 1) - store.start(d)));
    store.copy(store.start(d), static_cast<std::int64_t>(ids.size()), ids.data());
    const auto alone = make_text_dataset(*data.preprocessor,
                                         data.preprocessor->tokenizer()->decode(ids), "document");
    const auto part = score(*network, *data.preprocessor, *alone, at::kCPU);
    CHECK(scored.document_starts[static_cast<std::size_t>(d)] ==
          static_cast<std::int64_t>(one_by_one.size()));
    one_by_one.insert(one_by_one.end(), part.nll.begin(), part.nll.end());
  }
  REQUIRE(scored.nll.size() == one_by_one.size());
  for (std::size_t i = 0; i < one_by_one.size(); ++i) {
    REQUIRE(scored.nll[i] == Approx(one_by_one[i]).epsilon(1e-4));
  }
}

TEST_CASE("folders, patterns and lists are one corpus, recorded by path", "[data]") {
  const test::TempDir folder;
  folder.write("books/b.txt", "the second book, with some text\n");
  folder.write("books/a.txt", "the first book, with more text\n");
  const auto extra = folder.write("extra-1.txt", "an extra text of its own\n");
  const auto books = (folder / "books").string();
  const auto config =
      config_of(Paths{{books, (folder / "extra-*.txt").string()}}, DocumentUnit::file);
  const auto data = open_data(config);
  CHECK(data.train->tokens()->documents() == 3);
  REQUIRE(data.files.size() == 2);
  CHECK(data.files[0]["path"] == books);
  CHECK(data.files[0]["files"] == 2);
  CHECK(data.files[0]["bytes"] == 63);
  CHECK(data.files[1]["path"] == extra);
  CHECK(data.files[1]["sha256"] == sha256("an extra text of its own\n"));
  CHECK_FALSE(data.files[1].contains("files"));
}

TEST_CASE("the vocabulary is that of the training documents only", "[data]") {
  const test::TempDir folder;
  // Every document has a letter of its own.
  std::string text;
  for (char c = 'a'; c <= 'z'; ++c) text += std::string(20, c) + "\n";
  auto config = config_of(folder.write("a.txt", text), DocumentUnit::line);
  data_of(config).split.validation = 0.25;
  data_of(config).split.test = 0.25;
  const auto data = open_data(config);
  CHECK(data.preprocessor->tokenizer()->size() == 1 + (26 - 2 * 7));
  const auto again = open_data(config, data.preprocessor, "test");
  CHECK(again.test->tokens()->documents() == 7);
  CHECK(again.split_digest == data.split_digest);
  CHECK_FALSE(again.train);
}

TEST_CASE("a token cache changes nothing but where the tokens are", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("a.txt", lines(60)), DocumentUnit::line);
  data_of(config).split.validation = 0.2;
  const auto memory = open_data(config);
  data_of(config).cache = (folder / "cache").string();
  const auto written = open_data(config);
  const auto read = open_data(config);
  CHECK(memory.caches.empty());
  REQUIRE(written.caches.size() == 2);
  CHECK(read.caches == written.caches);
  for (const auto& path : read.caches) {
    CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  }
  const auto rows = all_rows_of(memory.train->training_size());
  const auto epoch = RandomStream(2, "augment").at(1);
  for (const auto* data : {&written, &read}) {
    const auto expected = memory.train->training_batch(rows, epoch);
    const auto batch = data->train->training_batch(rows, epoch);
    CHECK(batch.inputs.ids.equal(expected.inputs.ids));
    CHECK(batch.target.equal(expected.target));
    CHECK(data->validation->bytes() == memory.validation->bytes());
    CHECK(data->split_digest == memory.split_digest);
  }
}

TEST_CASE("a corpus that cannot be trained on is refused with the way out", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("a.txt", "a\nb\nc\n"), DocumentUnit::line);
  const auto path = data_of(config).files.train.text();
  CHECK(message(config) == path +
                               " (train): no document has more than one token; at least 2 are "
                               "needed to predict one from another");
  data_of(config).split.validation = 0.1;
  CHECK(message(config) ==
        path +
            ": data.split.validation asks for a part, but its share of so little data is "
            "empty; give more data, raise the share, or leave it out (~data.split.validation)");
  data_of(config).split.validation.reset();
  data_of(config).files.train = (folder / "*.none").string();
  CHECK(message(config).find("*.none") != std::string::npos);
}

TEST_CASE("the baseline is fitted on training documents and scores the others", "[data]") {
  const test::TempDir folder;
  auto config = config_of(folder.write("a.txt", lines(100)), DocumentUnit::line);
  data_of(config).split.test = 0.2;
  data_of(config).split.validation = 0.2;
  const auto data = open_data(config);
  const auto test = score_baseline(config, data, *data.test, "test");
  REQUIRE(test);
  CHECK(test->reason.empty());
  CHECK(test->weights_from == "validation");
  CHECK(test->nll.size() == static_cast<std::size_t>(data.test->tokens()->predicted()));
  CHECK(score_baseline(config, data, *data.validation, "validation")->weights_from == "training");
  CHECK(score_baseline(config, data, *data.train, "train")->reason ==
        "these are the rows that its counts come from");

  const auto again = reopen_baseline(config, data.preprocessor, data.files, *data.test, "test");
  CHECK(again->nll == test->nll);
  folder.write("a.txt", lines(101));
  CHECK(reopen_baseline(config, data.preprocessor, data.files, *data.test, "test")->reason ==
        "a.txt, which its counts come from, is not what the model was trained with");
  fs::remove(folder / "a.txt");
  CHECK(reopen_baseline(config, data.preprocessor, data.files, *data.test, "")->reason ==
        "the training text, which its counts come from, cannot be read any more");
  config.evaluate.baseline.reset();
  CHECK_FALSE(score_baseline(config, data, *data.test, "test"));
}
