// SPDX-License-Identifier: Apache-2.0
#include "engine/predict/text_generation.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/base/random.h"
#include "core/text/lossy_utf8.h"
#include "engine/models/transformer.h"

namespace candor {
namespace {

using Tokens = std::vector<std::int64_t>;

void check_options(const GenerateOptions& options) {
  const auto refuse = [](const std::string& what) { throw Error(ErrorKind::request, what); };
  if (options.max_tokens < 0) refuse("max_tokens must be 0 or more");
  if (!(options.temperature >= 0.0) || !std::isfinite(options.temperature)) {
    refuse("temperature must be 0 or more");
  }
  if (options.top_k && *options.top_k < 1) refuse("top_k must be 1 or more");
  if (!(options.top_p > 0.0 && options.top_p <= 1.0)) refuse("top_p must be above 0 and at most 1");
}

Tokens prompt_tokens(const TextHost& host, std::string_view prompt) {
  auto tokens = host.encode(prompt.empty() ? std::string_view("\n") : prompt);
  if (static_cast<std::int64_t>(tokens.size()) > host.context) {
    throw Error(ErrorKind::request, "the prompt has " + std::to_string(tokens.size()) +
                                        " tokens, but the model's context is " +
                                        std::to_string(host.context) + "; send a shorter one");
  }
  return tokens;
}

// Feeds tokens to the model and keeps its cache within the context.
class Decoder {
 public:
  Decoder(Transformer& model, std::int64_t context, at::Device device)
      : model_(model), context_(context), device_(device) {}

  at::Tensor start(Tokens tokens) {
    tokens_ = std::move(tokens);
    return read(tokens_);
  }

  at::Tensor next(std::int64_t token) {
    tokens_.push_back(token);
    if (cache_.length < context_) return step({token});
    const auto keep = std::max<std::int64_t>(1, context_ / 2);
    tokens_.erase(tokens_.begin(), tokens_.end() - keep);
    return read(tokens_);
  }

 private:
  at::Tensor read(const Tokens& tokens) {
    cache_ = {};
    return step(tokens);
  }

  at::Tensor step(const Tokens& tokens) {
    const auto ids = torch::tensor(tokens, torch::kInt64).unsqueeze(0).to(device_);
    return model_.step(ids, cache_)[0].to(at::kCPU);
  }

  Transformer& model_;
  std::int64_t context_;
  at::Device device_;
  KvCache cache_;
  Tokens tokens_;
};

// Holds back bytes that are not yet whole characters, and text that may be the start of a stop
// word.
class Output {
 public:
  Output(const std::vector<std::string>& stop, const std::function<bool(std::string_view)>& sink)
      : stop_(stop), sink_(sink) {}

  // False when the answer ends here: a stop word, or the client has gone.
  bool add(const std::string& piece) {
    text_ += piece;
    const auto at = first_stop();
    if (at == std::string::npos) return flush(safe_length());
    text_.resize(at);
    stopped_ = true;
    flush(text_.size());
    return false;
  }

  void finish() {
    if (!stopped_ && !gone_) flush(text_.size());
  }

  bool stopped() const { return stopped_; }
  std::string text() const { return replace_invalid_utf8(text_); }

 private:
  // Where the stop word begins that begins first.
  std::size_t first_stop() const {
    auto first = std::string::npos;
    for (const auto& word : stop_) {
      if (!word.empty()) first = std::min(first, text_.find(word, search_from(word)));
    }
    return first;
  }

  std::size_t search_from(const std::string& word) const {
    return sent_ < word.size() ? 0 : sent_ - word.size();
  }

  // All but a longest tail that a stop word could begin with, and but an unfinished character.
  std::size_t safe_length() const {
    std::size_t length = complete_utf8_length(text_);
    for (const auto& word : stop_) {
      for (auto tail = std::min(word.size(), length - std::min(length, sent_)); tail > 0; --tail) {
        if (text_.compare(length - tail, tail, word, 0, tail) == 0) {
          length -= tail;
          break;
        }
      }
    }
    return length;
  }

  bool flush(std::size_t length) {
    if (length <= sent_) return true;
    const auto piece = replace_invalid_utf8(text_.substr(sent_, length - sent_));
    sent_ = length;
    gone_ = sink_ && !sink_(piece);
    return !gone_;
  }

  const std::vector<std::string>& stop_;
  const std::function<bool(std::string_view)>& sink_;
  std::string text_;
  std::size_t sent_ = 0;
  bool stopped_ = false;
  bool gone_ = false;  // the sink wants no more
};

// Sets all but the most probable tokens to probability 0: those beyond top_k, then of what is left
// those beyond a share of top_p. `p` descends along `order`.
void keep_most_probable(std::vector<double>& p, const Tokens& order,
                        const GenerateOptions& options) {
  double whole = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (options.top_k && std::cmp_greater_equal(i, *options.top_k)) break;
    whole += p[static_cast<std::size_t>(order[i])];
  }
  double sum = 0.0;
  std::int64_t kept = 0;
  for (const auto token : order) {
    auto& value = p[static_cast<std::size_t>(token)];
    const bool beyond_k = options.top_k && kept >= *options.top_k;
    if (beyond_k || (kept > 0 && sum >= options.top_p * whole)) {
      value = 0.0;
      continue;
    }
    sum += value;
    ++kept;
  }
}

}  // namespace

std::int64_t sample_token(const at::Tensor& logits, const GenerateOptions& options, double u) {
  if (!at::isfinite(logits).all().item<bool>()) {
    throw Error(ErrorKind::model, "the model's answer is not finite; its weights are damaged");
  }
  if (options.temperature == 0.0) return logits.argmax().item<std::int64_t>();
  // The maximum goes first: a tiny temperature makes other differences huge, but 0 / 0 never.
  const auto scores = logits.to(at::kDouble);
  const auto probabilities =
      ((scores - scores.max()) / options.temperature).softmax(0).contiguous();
  const auto* values = probabilities.data_ptr<double>();
  std::vector<double> p(values, values + probabilities.numel());
  if (options.top_k || options.top_p < 1.0) {
    Tokens order(p.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return p[static_cast<std::size_t>(a)] > p[static_cast<std::size_t>(b)];
    });
    keep_most_probable(p, order, options);
  }
  auto left = u * std::accumulate(p.begin(), p.end(), 0.0);
  std::int64_t last = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] == 0.0) continue;
    last = static_cast<std::int64_t>(i);
    left -= p[i];
    if (left < 0.0) break;
  }
  return last;
}

Generated generate_text(const ModelFiles& model, at::Device device, std::string_view prompt,
                        const GenerateOptions& options,
                        const std::function<bool(std::string_view)>& sink) {
  check_options(options);
  const auto* host = std::get_if<TextHost>(&model.preprocessor->host());
  auto* transformer = dynamic_cast<Transformer*>(&model.network->model());
  if (host == nullptr || transformer == nullptr) {
    throw Error(ErrorKind::request, "model '" + model.name + "' is not a language model");
  }
  const c10::InferenceMode inference;
  const auto tokens = prompt_tokens(*host, prompt);
  Generated generated;
  generated.prompt_tokens = static_cast<std::int64_t>(tokens.size());
  generated.finish_reason = "length";
  if (options.max_tokens == 0) return generated;
  const RandomStream random(options.seed, "sample");
  Decoder decoder(*transformer, host->context, device);
  Output output(options.stop, sink);
  auto logits = decoder.start(tokens);
  while (true) {
    const auto token = sample_token(
        logits, options, random.uniform(static_cast<std::uint64_t>(generated.completion_tokens)));
    ++generated.completion_tokens;
    if (!output.add(host->tokenizer->piece(token))) {
      generated.finish_reason = "stop";
      break;
    }
    if (generated.completion_tokens == options.max_tokens) break;
    logits = decoder.next(token);
  }
  output.finish();
  generated.text = output.text();
  return generated;
}

}  // namespace candor
