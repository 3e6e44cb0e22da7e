// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/score_pairs.h"

#include <torch/torch.h>

#include <cmath>

#include <candor/error.h>

#include "engine/nn/evaluation_mode.h"

namespace candor {
namespace {

constexpr std::string_view kBefore = "\n";

double log_probability(Network& network, const TextHost& host, at::Device device,
                       const std::string& text, const std::string& place) {
  auto tokens = host.encode(kBefore);
  const auto given = static_cast<std::int64_t>(tokens.size());
  const auto own = host.encode(text);
  tokens.insert(tokens.end(), own.begin(), own.end());
  const auto count = static_cast<std::int64_t>(tokens.size());
  if (count > host.context) {
    throw Error(ErrorKind::data,
                place + ": a text of the pair has " + std::to_string(count - given) +
                    " tokens, but the model's context is " + std::to_string(host.context) +
                    ", and a line break goes before it; shorten the text");
  }
  InputTensors inputs;
  inputs.ids = torch::tensor(tokens, torch::kInt64).unsqueeze(0);
  const auto logits = network.predict(inputs.to(device))[0].to(at::kCPU).to(at::kDouble);
  const auto log_p = logits.log_softmax(1).narrow(0, given - 1, count - given);
  const auto target = torch::tensor(own, torch::kInt64).unsqueeze(1);
  return log_p.gather(1, target).sum().item<double>();
}

}  // namespace

std::vector<PairScore> score_pairs(const ModelFiles& model, at::Device device,
                                   const std::vector<TextPair>& pairs) {
  const auto* host = std::get_if<TextHost>(&model.preprocessor->host());
  if (host == nullptr || model.preprocessor->signature().output != OutputKind::language_model) {
    throw Error(ErrorKind::config, "--pairs needs a language model, which '" + model.name +
                                       "' is not; compare groups with data.groups instead");
  }
  const EvaluationMode mode(*model.network);
  const torch::NoGradGuard no_gradients;
  std::vector<PairScore> scores;
  for (const auto& pair : pairs) {
    const auto score = [&](const std::string& text) {
      return log_probability(*model.network, *host, device, text, pair.place);
    };
    scores.push_back({score(pair.first), score(pair.second)});
    if (std::isfinite(scores.back().first) && std::isfinite(scores.back().second)) continue;
    throw Error(ErrorKind::model, "the model's answer is not finite; its weights are damaged");
  }
  return scores;
}

}  // namespace candor
