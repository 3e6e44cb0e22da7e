// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <algorithm>

#include "core/base/utf8.h"
#include "engine/models/transformer.h"
#include "engine/one_thread.h"
#include "engine/predict/text_generation.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

const std::string kReplacement = "\ufffd";

ModelFiles model_of(const TransformerConfig& config, const TokenizerConfig& tokens,
                    const std::string& vocabulary) {
  TextHost host{train_tokenizer(tokens, vocabulary), config.context};
  ModelFiles files;
  files.name = "story";
  files.preprocessor = std::make_shared<const Preprocessor>(std::move(host), make_text_stage());
  files.network = std::make_shared<Network>(
      files.preprocessor->stage(),
      make_model(config, model_shape(*files.preprocessor, TextData{}), RandomStream(7, "init")));
  files.network->eval();
  return files;
}

// An untrained model with weights large enough that what it says depends on all that it has read.
ModelFiles untrained(std::int64_t context, const TokenizerConfig& tokens = {},
                     const std::string& vocabulary = "\nabcdefghijklmnop .,") {
  TransformerConfig config;
  config.layers = 2;
  config.heads = 4;
  config.kv_heads = 2;
  config.width = 32;
  config.context = context;
  auto files = model_of(config, tokens, vocabulary);
  const torch::NoGradGuard guard;
  for (auto& parameter : files.network->model().parameters()) {
    if (decays(parameter)) parameter.mul_(10.0);
  }
  return files;
}

// A model that answers each token of `circle` by the next one and the last by the first: embeddings
// are unit vectors that the layers leave alone, and the head is the table of successors. Every
// token of `circle` stands in it once.
ModelFiles reciting(const std::string& circle, const TokenizerConfig& tokens = {},
                    std::int64_t context = 16) {
  const auto tokenizer = train_tokenizer(tokens, circle);
  TransformerConfig config;
  config.layers = 1;
  config.heads = 2;
  config.width = (tokenizer->size() + 3) / 4 * 4;
  config.ffn_width = 4;
  config.context = context;
  config.tie_embeddings = false;
  auto files = model_of(config, tokens, circle);
  const torch::NoGradGuard guard;
  for (auto& item : files.network->model().named_parameters()) {
    const auto& name = item.key();
    auto& weight = item.value();
    if (weight.dim() < 2) continue;  // norms
    weight.zero_();
    if (name == "model.embed_tokens.weight") weight.fill_diagonal_(1.0);
    if (name != "lm_head.weight") continue;
    const auto ids = tokenizer->encode(circle);
    for (std::size_t i = 0; i < ids.size(); ++i) weight[ids[(i + 1) % ids.size()]][ids[i]] = 1.0;
  }
  return files;
}

GenerateOptions greedy(std::int64_t max_tokens, std::vector<std::string> stop = {}) {
  GenerateOptions options;
  options.max_tokens = max_tokens;
  options.temperature = 0.0;
  options.stop = std::move(stop);
  return options;
}

struct Streamed {
  Generated generated;
  std::vector<std::string> pieces;
};

// Generates, and checks what holds for every stream: the pieces are the text, and none of them is
// empty or cuts a character.
Streamed generate(const ModelFiles& model, std::string_view prompt,
                  const GenerateOptions& options) {
  const test::OneThread one_thread;
  Streamed result;
  std::string together;
  result.generated = generate_text(model, at::kCPU, prompt, options, [&](std::string_view piece) {
    CHECK_FALSE(piece.empty());
    CHECK_FALSE(find_invalid_utf8(piece));
    result.pieces.emplace_back(piece);
    together += piece;
    return true;
  });
  CHECK(together == result.generated.text);
  CHECK(generate_text(model, at::kCPU, prompt, options, nullptr).text == together);
  return result;
}

std::string text_of(const ModelFiles& model, std::string_view prompt,
                    const GenerateOptions& options) {
  return generate(model, prompt, options).generated.text;
}

// What greedy decoding is by definition: the most probable token after a whole forward pass over
// all that is in sight. Beyond the context, the newer half of it stays in sight.
std::string reference(const ModelFiles& model, std::string_view prompt, std::int64_t count,
                      std::int64_t context) {
  const test::OneThread one_thread;
  const torch::NoGradGuard guard;
  const auto& tokenizer = *model.preprocessor->tokenizer();
  auto sight = tokenizer.encode(prompt);
  std::vector<std::int64_t> answer;
  while (static_cast<std::int64_t>(answer.size()) < count) {
    InputTensors inputs;
    inputs.ids = torch::tensor(sight, torch::kInt64).unsqueeze(0);
    const auto logits = model.network->predict(inputs)[0][-1];
    const auto [best, index] = logits.topk(2);
    REQUIRE((best[0] - best[1]).item<float>() > 1e-4f);  // else rounding would decide
    answer.push_back(index[0].item<std::int64_t>());
    sight.push_back(answer.back());
    if (static_cast<std::int64_t>(sight.size()) > context) {
      sight.erase(sight.begin(), sight.end() - std::max<std::int64_t>(1, context / 2));
    }
  }
  return tokenizer.decode(answer);
}

std::string error_text(const ModelFiles& model, std::string_view prompt,
                       const GenerateOptions& options) {
  const auto error =
      test::error_of([&] { generate_text(model, at::kCPU, prompt, options, nullptr); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::request);
  return error->what();
}

}  // namespace

TEST_CASE("greedy decoding takes the argmax of the whole forward at every step", "[predict]") {
  const auto model = untrained(12);
  const std::string words = "abc def ghij";
  for (std::size_t length = 1; length <= words.size(); ++length) {
    const auto prompt = words.substr(0, length);
    const auto left = static_cast<std::int64_t>(12 - length);
    const auto answer = generate(model, prompt, greedy(left + 1)).generated;
    CHECK(answer.text == reference(model, prompt, left + 1, 12));
    CHECK(answer.prompt_tokens == static_cast<std::int64_t>(length));
    CHECK(answer.completion_tokens == left + 1);
    CHECK(answer.finish_reason == "length");
  }
}

TEST_CASE("an answer goes on beyond the context", "[predict]") {
  for (const std::int64_t context : {1, 2, 3, 8, 13}) {
    const auto model = untrained(context);
    const auto answer = generate(model, "a", greedy(5 * context + 3)).generated;
    CHECK(answer.text == reference(model, "a", 5 * context + 3, context));
    CHECK(answer.completion_tokens == 5 * context + 3);
    CHECK(answer.finish_reason == "length");
  }
}

TEST_CASE("the same seed tells the same text, another one another", "[predict]") {
  const auto model = untrained(16);
  GenerateOptions options;
  options.max_tokens = 60;
  options.temperature = 2.0;
  const auto first = text_of(model, "once", options);
  CHECK(text_of(model, "once", options) == first);
  auto shorter = options;
  shorter.max_tokens = 20;
  CHECK(first.starts_with(text_of(model, "once", shorter)));
  options.seed = 1;
  CHECK(text_of(model, "once", options) != first);
}

TEST_CASE("an empty prompt starts from a line break", "[predict]") {
  const auto model = untrained(10);
  const auto answer = generate(model, "", greedy(15)).generated;
  CHECK(answer.text == text_of(model, "\n", greedy(15)));
  CHECK(answer.prompt_tokens == 1);
  const auto without = reciting("abc");  // a vocabulary without line breaks starts from token 0
  CHECK(generate(without, "", greedy(3)).generated.prompt_tokens == 1);
}

TEST_CASE("text ends before a stop word, however the word is made up", "[predict]") {
  const auto model = reciting("abcdefghijkl");
  CHECK(text_of(model, "a", greedy(14)) == "bcdefghijklabc");
  for (const std::string word : {"e", "ef", "efgh", "efghijkl"}) {
    const auto [answer, pieces] = generate(model, "a", greedy(30, {word}));
    CHECK(answer.text == "bcd");
    CHECK(answer.finish_reason == "stop");
    CHECK(answer.completion_tokens == static_cast<std::int64_t>(3 + word.size()));
  }
  const auto answer = generate(model, "a", greedy(30, {"b"})).generated;
  CHECK(answer.text == "");
  CHECK(answer.finish_reason == "stop");
}

TEST_CASE("the first of several stop words counts, whatever their order", "[predict]") {
  const auto model = reciting("abcdefghijkl");
  CHECK(text_of(model, "a", greedy(30, {"zz", "hi", "fg", "l"})) == "bcde");
  CHECK(text_of(model, "a", greedy(30, {"l", "fg", "zz", "hi"})) == "bcde");
}

TEST_CASE("of stop words that overlap the one that begins first counts", "[predict]") {
  const auto model = reciting("abcdefghijkl");
  CHECK(text_of(model, "a", greedy(30, {"cde", "e"})) == "b");
  CHECK(text_of(model, "a", greedy(30, {"e", "cde"})) == "b");
}

TEST_CASE("what only begins like a stop word is told, if late", "[predict]") {
  const auto model = reciting("abcdefghijkl");
  const auto [answer, pieces] = generate(model, "a", greedy(9, {"cdx", "defy", "ja", "jkm"}));
  CHECK(answer.text == "bcdefghij");  // the last one is still held back when the answer ends
  CHECK(answer.finish_reason == "length");
  CHECK(pieces.size() < 9);
  CHECK(generate(model, "a", greedy(9, {""})).pieces.size() == 9);
  CHECK(text_of(model, "kl", greedy(3, {"la", "kl"})) == "abc");  // the prompt is no part of it
}

TEST_CASE("a stop word is found where the text before it almost was one", "[predict]") {
  const auto model = reciting("ab");
  CHECK(text_of(model, "b", greedy(20, {"abb"})) == "abababababababababab");
  CHECK(text_of(model, "b", greedy(20, {"ababab"})) == "");
  CHECK(text_of(model, "a", greedy(20, {"abab"})) == "b");
}

TEST_CASE("a sink that wants no more is asked no more", "[predict]") {
  const auto model = reciting("abcdefghijkl");
  for (const std::vector<std::string>& stop :
       {std::vector<std::string>{}, std::vector<std::string>{"cdx"}}) {
    int calls = 0;
    const auto answer = generate_text(model, at::kCPU, "a", greedy(500, stop),
                                      [&](std::string_view) { return ++calls < 3; });
    CHECK(calls == 3);
    CHECK(answer.completion_tokens < 10);
  }
  // Not even for what was held back: "aa" might go on to be the stop word.
  int calls = 0;
  generate_text(reciting("a"), at::kCPU, "a", greedy(50, {"aab"}), [&](std::string_view piece) {
    CHECK(piece == "a");
    return ++calls < 1;
  });
  CHECK(calls == 1);
}

TEST_CASE("bytes become whole characters before they are told", "[predict]") {
  const TokenizerConfig bytes{TokenizerType::bytes};
  const auto model = reciting("\u00e9\u20ac", bytes);  // two bytes and three
  const auto [answer, pieces] = generate(model, "\u00e9", greedy(13));
  CHECK(answer.text == "\u20ac\u00e9\u20ac\u00e9\u20ac");
  CHECK(answer.completion_tokens == 13);
  CHECK(pieces == std::vector<std::string>{"\u20ac", "\u00e9", "\u20ac", "\u00e9", "\u20ac"});
  // One that is not finished when the answer ends is not lost without a trace.
  CHECK(text_of(model, "\u00e9", greedy(4)) == "\u20ac" + kReplacement);
  CHECK(text_of(model, "\u00e9", greedy(30, {"\u00e9\u20ac"})) == "\u20ac");
}

TEST_CASE("whatever bytes a model makes, what is told is UTF-8", "[predict]") {
  const auto model = untrained(8, {TokenizerType::bytes}, "a");
  GenerateOptions options;
  options.max_tokens = 300;
  options.stop = {"\u00e9", "ab"};
  for (options.seed = 0; options.seed < 5; ++options.seed) {
    options.temperature = 50.0;  // nearly all bytes are equally probable
    CHECK_FALSE(text_of(model, "a", options).empty());
  }
}

TEST_CASE("an answer of no tokens is empty", "[predict]") {
  const auto answer = generate(untrained(8), "abc", greedy(0)).generated;
  CHECK(answer.text == "");
  CHECK(answer.prompt_tokens == 3);
  CHECK(answer.completion_tokens == 0);
  CHECK(answer.finish_reason == "length");
}

TEST_CASE("what cannot be answered is refused with what is allowed", "[predict]") {
  const auto model = untrained(4);
  CHECK(error_text(model, "abcde", greedy(1)) ==
        "the prompt has 5 tokens, but the model's context is 4; send a shorter one");
  GenerateOptions options;
  options.temperature = -1.0;
  CHECK(error_text(model, "a", options) == "temperature must be 0 or more");
  options = greedy(-1);
  CHECK(error_text(model, "a", options) == "max_tokens must be 0 or more");
  options = greedy(1);
  options.top_p = 0.0;
  CHECK(error_text(model, "a", options) == "top_p must be above 0 and at most 1");
  options = greedy(1);
  options.top_k = 0;
  CHECK(error_text(model, "a", options) == "top_k must be 1 or more");
}
