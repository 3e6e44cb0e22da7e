// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <filesystem>
#include <numeric>
#include <set>
#include <utility>

#include "core/base/files.h"
#include "engine/data/datasets.h"
#include "engine/data/open_data.h"
#include "support/catch.h"
#include "support/temp.h"
#include "text_runs.h"

using namespace candor;
using test::data_of;
using test::flat;
using test::text_run;
using test::Tokens;

namespace {

Preprocessor with_context(std::int64_t context, const TokenizerConfig& config,
                          const std::string& vocabulary) {
  return {TextHost{train_tokenizer(config, vocabulary), context}, make_text_stage()};
}

Preprocessor bytes(std::int64_t context) {
  return with_context(context, {TokenizerType::bytes}, "a");
}

// Bytes 0, 1, 2, ...: a token of the byte tokenizer tells its own place in the text.
std::string counting(std::int64_t length) {
  std::string text;
  for (std::int64_t i = 0; i < length; ++i) text += static_cast<char>(i);
  return text;
}

Tokens numbers(std::int64_t first, std::int64_t last) {
  Tokens result(static_cast<std::size_t>(last - first));
  std::iota(result.begin(), result.end(), first);
  return result;
}

void append(Tokens& all, const Tokens& more) { all.insert(all.end(), more.begin(), more.end()); }

// Inputs and targets of the whole evaluation, in order.
std::pair<Tokens, Tokens> evaluated(const Dataset& dataset, std::int64_t batch_size) {
  Tokens inputs, targets;
  for (const auto& rows : dataset.parts(batch_size)) {
    const auto batch = dataset.batch(rows);
    append(inputs, flat(batch.inputs.ids));
    append(targets, flat(batch.target));
  }
  return {inputs, targets};
}

std::string text_of(const OpenedData& data, const Dataset& part) {
  const auto [inputs, targets] = evaluated(part, 4);
  auto ids = inputs;
  ids.push_back(targets.back());
  return data.preprocessor->tokenizer()->decode(ids);
}

std::string message(const RunConfig& config) {
  const auto error = test::error_of([&] { open_data(config); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  return error->what();
}

const std::string kLine = "the quick brown fox jumps over the lazy dog\n";

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += kLine;
  return text;
}

}  // namespace

TEST_CASE("evaluation predicts every token but the first exactly once, in order", "[data]") {
  for (const std::int64_t context : {1, 2, 3, 7, 8, 50}) {
    for (std::int64_t length = 2; length < 40; ++length) {
      const auto dataset = make_text_dataset(bytes(context), counting(length), "text");
      for (const std::int64_t batch_size : {1, 3, 64}) {
        const auto [inputs, targets] = evaluated(*dataset, batch_size);
        REQUIRE(inputs == numbers(0, length - 1));
        REQUIRE(targets == numbers(1, length));
      }
    }
  }
}

TEST_CASE("windows that overlap predict every token once, with enough text before it", "[data]") {
  for (const std::int64_t context : {1, 2, 5, 8}) {
    for (std::int64_t stride = 1; stride <= context; ++stride) {
      for (std::int64_t length = 2; length < 30; ++length) {
        const auto whole = make_text_dataset(bytes(context), counting(length), "text");
        const auto windows = whole->sliding(stride);
        Tokens predicted;
        for (std::int64_t row = 0; row < windows->size(); ++row) {
          const auto batch = windows->batch(Tokens{row});
          const auto inputs = flat(batch.inputs.ids), targets = flat(batch.target);
          for (std::size_t i = 0; i < targets.size(); ++i) {
            if (targets[i] == kNoTarget) continue;
            REQUIRE(targets[i] == inputs[i] + 1);
            const bool enough = row == 0 || std::cmp_greater_equal(i, context - stride);
            REQUIRE(enough);
            predicted.push_back(targets[i]);
          }
        }
        REQUIRE(predicted == numbers(1, length));
        for (const std::int64_t batch_size : {1, 3, 64}) {
          Tokens together;
          for (const auto& rows : windows->parts(batch_size)) {
            const auto batch = windows->batch(rows);
            std::int64_t counted = 0;
            for (const auto target : flat(batch.target)) {
              if (target == kNoTarget) continue;
              together.push_back(target);
              ++counted;
            }
            REQUIRE(counted == batch.counted.value_or(batch.target.numel()));
          }
          REQUIRE(together == predicted);
        }
      }
    }
  }
}

TEST_CASE("windows that move by their length are those of the plain evaluation", "[data]") {
  for (const std::int64_t length : {2, 9, 16, 17, 40}) {
    const auto whole = make_text_dataset(bytes(8), counting(length), "text");
    CHECK(evaluated(*whole->sliding(8), 4) == evaluated(*whole, 4));
    CHECK(whole->sliding(8)->size() == whole->size());
  }
}

TEST_CASE("training windows are whole, in a row, and shifted by one offset per epoch", "[data]") {
  constexpr std::int64_t kContext = 8;
  const RandomStream epochs(3, "augment");
  for (const std::int64_t length : {9, 10, 16, 17, 18, 33, 100, 200}) {
    const auto dataset = make_text_dataset(bytes(kContext), counting(length), "text");
    const auto rows = numbers(0, dataset->training_size());
    std::set<std::int64_t> offsets;
    for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
      const auto batch = dataset->training_batch(rows, epochs.at(epoch));
      const auto inputs = flat(batch.inputs.ids);
      const auto offset = inputs.front();
      offsets.insert(offset);
      const auto end = offset + dataset->training_size() * kContext;
      REQUIRE(end < length);
      REQUIRE(batch.inputs.ids.size(1) == kContext);
      REQUIRE(inputs == numbers(offset, end));
      REQUIRE(flat(batch.target) == numbers(offset + 1, end + 1));
    }
    // Every offset that leaves the windows whole comes up; a long text has room for all of them.
    const auto room = length - 1 - dataset->training_size() * kContext;
    CHECK(static_cast<std::int64_t>(offsets.size()) == std::min(room, kContext - 1) + 1);
    CHECK(*offsets.rbegin() == std::min(room, kContext - 1));
  }
}

TEST_CASE("a row of an epoch is the same in whatever batch it comes", "[data]") {
  const auto dataset = make_text_dataset(bytes(5), counting(90), "text");
  const auto epoch = RandomStream(1, "augment").at(4);
  const auto together = dataset->training_batch(Tokens{2, 9, 4}, epoch);
  const auto alone = dataset->training_batch(Tokens{9}, epoch);
  CHECK(together.inputs.ids[1].equal(alone.inputs.ids[0]));
  CHECK(together.target[1].equal(alone.target[0]));
}

TEST_CASE("the bytes of a text are those of the tokens that are predicted", "[data]") {
  const auto count = [](const Preprocessor& preprocessor, const std::string& text) {
    return make_text_dataset(preprocessor, text, "text")->bytes();
  };
  const auto characters = with_context(4, {TokenizerType::characters}, "ab\u00e9");
  CHECK(count(bytes(4), "\u00e9ab") == 3);  // the first of two bytes is a token of its own
  CHECK(count(characters, "abab") == 3);
  CHECK(count(characters, "\u00e9ab") == 2);  // two bytes in the first character
  CHECK(count(characters, "ab\u20ac") == 4);  // an unknown character has its bytes all the same
  CHECK(count(characters, "\u20acab") == 2);  // also when it is the first, which decodes to nothing
}

TEST_CASE("a text that begins with stray bytes has the bytes of all but the first", "[data]") {
  const auto characters = with_context(4, {TokenizerType::characters}, "ab");
  CHECK(make_text_dataset(characters,
                          "\xFF\x80"
                          "ab",
                          "text")
            ->bytes() == 3);
}

TEST_CASE("a text of fewer than two tokens predicts nothing and is refused", "[data]") {
  const auto error = test::error_of([] { make_text_dataset(bytes(4), "a", "one.txt"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(std::string(error->what()) ==
        "one.txt: 1 tokens; at least 2 are needed to predict one from another");
}

TEST_CASE("the vocabulary is that of the training part only", "[data]") {
  const test::TempDir folder;
  const auto open = [&](const std::string& rest) {
    auto config = text_run(folder.write("text.txt", std::string(80, 'a').append("b" + rest)));
    data_of(config).split.validation = 0.19;
    return open_data(config);
  };
  const auto opened = open(std::string(19, 'z'));
  const auto& tokenizer = *opened.preprocessor->tokenizer();
  CHECK(tokenizer.size() == 3);  // unknown, a, b
  CHECK(tokenizer.encode("z") == tokenizer.encode("\u20ac"));
  REQUIRE(opened.validation);
  CHECK(opened.validation->batch(Tokens{0}).target.eq(tokenizer.encode("z")[0]).all().item<bool>());
  const auto other = open("xy" + std::string(17, 'a'));
  CHECK(other.preprocessor->tokenizer()->to_json() == tokenizer.to_json());
}

TEST_CASE("the parts of a text lie side by side and cut no character", "[data]") {
  const test::TempDir folder;
  for (int extra = 0; extra < 6; ++extra) {  // so that the cuts fall on every byte of a character
    auto text = std::string(static_cast<std::size_t>(extra), 'x');
    for (int i = 0; i < 40; ++i) text += "\u20ac\u00e9";
    auto config = text_run(folder.write("text.txt", text));
    data_of(config).split.validation = 0.2;
    data_of(config).split.test = 0.3;
    const auto data = open_data(config);
    const auto train = text_of(data, *data.train), test = text_of(data, *data.test),
               validation = text_of(data, *data.validation);
    CHECK(train + test + validation == text);
    CHECK(static_cast<double>(test.size()) == Approx(0.3 * text.size()).margin(3));
    CHECK(static_cast<double>(validation.size()) == Approx(0.2 * text.size()).margin(3));
  }
}

TEST_CASE("texts of a user's own are the validation and the test", "[data]") {
  const test::TempDir folder;
  auto config = text_run(folder.write("train.txt", lines(4)));
  data_of(config).files.validation = folder.write("validation.txt", "the dog jumps\n");
  data_of(config).files.test = folder.write("test.txt", "the fox\n");
  const auto data = open_data(config);
  CHECK(text_of(data, *data.train) == lines(4));
  CHECK(text_of(data, *data.validation) == "the dog jumps\n");
  CHECK(text_of(data, *data.test) == "the fox\n");
  REQUIRE(data.files.size() == 3);
  CHECK(data.files[2]["part"] == "test");
  CHECK(data.files[2]["path"] == data_of(config).files.test->text());
  CHECK(data.files[2]["sha256"] == sha256("the fox\n"));
  CHECK(data.files[2]["bytes"] == 8);
}

TEST_CASE("one part opens without the files of the others", "[data]") {
  const test::TempDir folder;
  auto config = text_run(folder.write("train.txt", lines(4)));
  data_of(config).split.validation = 0.25;
  data_of(config).files.test = folder.write("test.txt", "the fox\n");
  const auto whole = open_data(config);
  std::filesystem::remove(data_of(config).files.test->text());
  const auto validation = open_data(config, whole.preprocessor, "validation");
  CHECK(text_of(validation, *validation.validation) == text_of(whole, *whole.validation));
  CHECK_FALSE(validation.train);
  CHECK_FALSE(validation.test);
  folder.write("test.txt", "the fox\n");
  std::filesystem::remove(data_of(config).files.train.text());
  const auto test = open_data(config, whole.preprocessor, "test");
  CHECK(text_of(test, *test.test) == "the fox\n");
  CHECK(test.files.size() == 1);
}

TEST_CASE("a text's digest changes with its content, the split's with the split", "[data]") {
  const test::TempDir folder;
  auto config = text_run(folder.write("train.txt", lines(4)));
  data_of(config).split.validation = 0.25;
  const auto first = open_data(config);
  CHECK(first.files[0]["sha256"] == sha256(lines(4)));
  auto other = config;
  data_of(other).split.validation = 0.5;
  CHECK(open_data(other).files == first.files);
  CHECK(open_data(other).split_digest != first.split_digest);
  folder.write("train.txt", lines(4) + "!");
  CHECK(changed_files(first.files, open_data(config).files) == data_of(config).files.train.list);
}

TEST_CASE("a text that cannot be trained on is refused with the way out", "[data]") {
  const test::TempDir folder;
  const auto empty = folder.write("empty.txt", "");
  CHECK(message(text_run(empty)) == empty + ": the file is empty; a text is expected");

  const auto tiny = folder.write("tiny.txt", "abcdefghij");
  CHECK(message(text_run(tiny, 10)) ==
        tiny +
            ": the training text has fewer tokens than model.context + 1 (11); lower "
            "model.context or give more text");
  CHECK(open_data(text_run(tiny, 9)).train->training_size() == 1);

  auto config = text_run(tiny);
  data_of(config).split.validation = 0.01;
  CHECK(message(config) ==
        tiny +
            ": data.split.validation asks for a part, but its share of so little data is "
            "empty; give more data, raise the share, or leave it out (~data.split.validation)");
  data_of(config).split.validation = 0.1;
  CHECK(message(config) ==
        tiny + " (validation): 1 tokens; at least 2 are needed to predict one from another");
  data_of(config).split.validation = 0.5;
  data_of(config).split.test = 0.5;
  CHECK(message(config) == tiny +
                               ": nothing is left to train on after the split; give more data, "
                               "or lower data.split.validation or data.split.test");
}
