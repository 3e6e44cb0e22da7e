// SPDX-License-Identifier: Apache-2.0
// Tables with columns of text: batches of terms and of tokens, from a file to a network's answer.
#include <torch/torch.h>

#include <numeric>

#include "engine/data/open_data.h"
#include "engine/predict/predictor.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

using Rows = std::vector<std::int64_t>;

const char* kNotes =
    "note,age,y\n"
    "red green red,1,p\n"
    ",2,q\n"
    "blue,3,p\n"
    "green blue blue red,4,q\n";

RunConfig config_of(const std::string& train, ModelConfig model) {
  RunConfig config;
  config.name = "notes";
  config.task.target = "y";
  TableData data;
  data.files.train = train;
  data.columns["note"].type = ColumnType::text;
  data.text.words.weighting = Weighting::count;
  data.text.words.ngrams = {1, 1};
  data.text.words.vocabulary.min_count = 1;
  config.data = data;
  config.model = std::move(model);
  return config;
}

MlpConfig small_mlp() {
  MlpConfig model;
  model.hidden = {4};
  return model;
}

Rows values_of(const at::Tensor& tensor) {
  const auto flat = tensor.contiguous();
  return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()};
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace

TEST_CASE("a batch holds the terms of its rows, in the batch's order", "[data]") {
  const test::TempDir folder;
  const auto opened = open_data(config_of(folder.write("notes.csv", kNotes), small_mlp()));
  // blue, green, red
  const auto batch = opened.train->batch(Rows{3, 1, 0, 3});
  CHECK(values_of(batch.inputs.terms) == Rows{1, 0, 2, 2, 1, 1, 0, 2});
  CHECK(batch.inputs.term_weights.equal(
      torch::tensor({1.0f, 2.0f, 1.0f, 2.0f, 1.0f, 1.0f, 2.0f, 1.0f})));
  CHECK(values_of(batch.inputs.offsets) == Rows{0, 3, 3, 5});
  CHECK(batch.inputs.numeric.sizes() == at::IntArrayRef{4, 1});
  CHECK(batch.inputs.rows() == 4);
  Batch reused;
  const RandomStream epoch(0, "x");
  for (const Rows& rows : {Rows{0, 2}, Rows{1}, Rows{2, 3, 0}}) {
    opened.train->write_training_batch(rows, epoch, reused);
    const auto fresh = opened.train->batch(rows);
    CHECK(reused.inputs.terms.equal(fresh.inputs.terms));
    CHECK(reused.inputs.term_weights.equal(fresh.inputs.term_weights));
    CHECK(reused.inputs.offsets.equal(fresh.inputs.offsets));
  }
  CHECK_THAT(joined(opened.summary),
             CANDOR_CONTAINS("inputs: 1 numeric, 0 categorical columns, 3 terms of texts"));
}

TEST_CASE("an answer does not depend on the rows beside a row of text", "[data]") {
  const test::TempDir folder;
  const auto config = config_of(folder.write("notes.csv", kNotes), small_mlp());
  const auto opened = open_data(config);
  ModelFiles files;
  files.config = config;
  files.preprocessor = opened.preprocessor;
  files.network = make_network(config, *opened.preprocessor);
  files.network->eval();
  Predictor predictor(files, at::kCPU);
  const std::vector<Row> rows = {
      {"red green red", 1.0}, {std::monostate{}, 2.0}, {"blue", 3.0}, {"green blue blue red", 4.0}};
  ModelInputs together;
  for (const auto& row : rows) together.append(predictor.prepare(row));
  const auto batched = predictor.predict(together);
  REQUIRE(batched.size() == rows.size());
  const torch::NoGradGuard guard;
  const auto trained =
      files.network->predict(opened.train->batch(Rows{0, 1, 2, 3}).inputs).softmax(1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto alone = predictor.predict(predictor.prepare(rows[i]));
    CHECK(alone[0].probabilities[1] == Approx(batched[i].probabilities[1]).epsilon(1e-6));
    CHECK(trained[static_cast<std::int64_t>(i)][1].item<float>() ==
          Approx(batched[i].probabilities[1]).epsilon(1e-6));
  }
  CHECK(batched[0].probabilities[1] != Approx(batched[3].probabilities[1]).epsilon(1e-4));
}

TEST_CASE("a batch of tokens is as wide as its longest row", "[data]") {
  const test::TempDir folder;
  TransformerConfig model;
  model.context = 5;
  auto config = config_of(folder.write("notes.csv", "note,y\nabc,p\n,q\nabcdefgh,p\na,q\n"), model);
  const auto opened = open_data(config);
  const auto& tokenizer = *opened.preprocessor->tokenizer();
  const auto ids = [&](const Rows& rows) { return opened.train->batch(rows).inputs.ids; };
  CHECK(ids({2, 0}).sizes() == at::IntArrayRef{2, 5});
  CHECK(ids({0, 3}).sizes() == at::IntArrayRef{2, 3});
  CHECK(values_of(ids({1})) == Rows{ModelInputs::kPadding});
  auto expected = tokenizer.encode("abcde");
  for (const auto id : tokenizer.encode("abc")) expected.push_back(id);
  expected.insert(expected.end(), 2, ModelInputs::kPadding);
  CHECK(values_of(ids({2, 0})) == expected);

  const auto inputs = opened.train->batch(Rows{2, 0}).inputs;
  CHECK(inputs.names() == std::vector<std::string>{"ids"});
  const auto features = opened.preprocessor->stage()->forward(inputs);
  CHECK(features.indices.equal(inputs.ids));
  CHECK_FALSE(features.dense.defined());
  const auto shape = model_shape(*opened.preprocessor, config.data);
  CHECK(shape.vocabulary == tokenizer.size());
  CHECK(shape.outputs == 2);
  CHECK_THAT(joined(opened.summary), CANDOR_CONTAINS("inputs: one text, of a vocabulary of "));
}

TEST_CASE("preprocessing of texts is the same after a round trip", "[data]") {
  const test::TempDir folder;
  TransformerConfig transformer;
  transformer.context = 5;
  for (const ModelConfig& model : {ModelConfig(small_mlp()), ModelConfig(transformer)}) {
    const bool tokens = std::holds_alternative<TransformerConfig>(model);
    const auto file = folder.write("n.csv", tokens ? "note,y\nab b,p\nb,q\n" : kNotes);
    const auto opened = open_data(config_of(file, model));
    const auto& before = *opened.preprocessor;
    const auto tokenizer = tokens ? before.tokenizer()->to_json() : Json();
    const auto after = Preprocessor::from_json(Json::parse(before.to_json().dump()), tokenizer);
    const Row row = tokens ? Row{"b ab"} : Row{"red blue red", 2.5};
    const auto a = before.tensors(before.prepare(row)), b = after->tensors(after->prepare(row));
    REQUIRE(a.names() == b.names());
    for (std::size_t i = 0; i < a.list().size(); ++i) CHECK(a.list()[i].equal(b.list()[i]));
    CHECK(before.to_json() == after->to_json());
  }
}
