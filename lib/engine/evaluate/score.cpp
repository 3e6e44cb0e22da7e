// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/score.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/base/files.h"
#include "core/metrics/text_cells.h"
#include "engine/nn/evaluation_mode.h"

namespace candor {
namespace {

constexpr std::int64_t kBatch = 256;

template <class T, class Out>
void append(const at::Tensor& tensor, std::vector<Out>& out) {
  const auto host = tensor.to(at::kCPU).contiguous();
  const auto* values = host.data_ptr<T>();
  out.insert(out.end(), values, values + host.numel());
}

void score_batch(Network& network, const InputTensors& inputs, const Batch& batch, Scored& scored) {
  if (scored.kind == OutputKind::classification) {
    append<float>(network.predict(inputs).to(at::kFloat).softmax(1), scored.probabilities);
    append<std::int64_t>(batch.target, scored.target);
  } else if (scored.kind == OutputKind::regression) {
    const auto values = network.predict_values(inputs);
    scored.value.insert(scored.value.end(), values.begin(), values.end());
    append<double>(batch.target, scored.target_value);
  } else {
    auto output = network.predict(inputs).flatten(0, 1);
    auto target = batch.target.flatten().to(output.device());
    if (batch.counted) {
      const auto counts = (target != kNoTarget).nonzero().squeeze(1);
      output = output.index_select(0, counts);
      target = target.index_select(0, counts);
    }
    const auto log_probability = output.log_softmax(1);
    append<float>(-log_probability.gather(1, target.unsqueeze(1)).squeeze(1), scored.nll);
    append<float>(-(log_probability.exp() * log_probability).sum(1), scored.entropy);
  }
  if (batch.weight.defined()) append<float>(batch.weight, scored.weight);
}

bool all_finite(const auto& values) {
  return std::all_of(values.begin(), values.end(), [](auto value) { return std::isfinite(value); });
}

}  // namespace

bool all_finite(const Scored& scored) {
  return all_finite(scored.probabilities) && all_finite(scored.value) && all_finite(scored.nll) &&
         all_finite(scored.entropy);
}

Scored score_parts(Network& network, const Preprocessor& preprocessor, const Dataset& dataset,
                   at::Device device, std::span<const std::vector<std::int64_t>> parts,
                   const std::function<void()>& between) {
  const EvaluationMode mode(network);
  // Not InferenceMode: its tensors may not meet autograd again, and buffers here are shared with
  // training.
  const torch::NoGradGuard no_gradients;
  Scored scored;
  scored.kind = preprocessor.signature().output;
  scored.labels = preprocessor.signature().labels;
  for (const auto& rows : parts) {
    if (between) between();
    const auto batch = dataset.batch(rows);
    score_batch(network, batch.inputs.to(device), batch, scored);
  }
  if (const auto* table = std::get_if<TableStage>(&preprocessor.host())) {
    scored.weight_column = table->weight_name();
  }
  return scored;
}

Scored score(Network& network, const Preprocessor& preprocessor, const Dataset& dataset,
             at::Device device, std::int64_t batch_size, const std::function<void()>& between) {
  auto scored =
      score_parts(network, preprocessor, dataset, device, dataset.parts(batch_size), between);
  scored.ids = dataset.ids();
  scored.groups = dataset.groups();
  scored.bytes = dataset.bytes();
  scored.document_starts = dataset.document_starts();
  return scored;
}

void complete_for_report(const EvaluateConfig& config, Network& network,
                         const Preprocessor& preprocessor, const Dataset& dataset,
                         at::Device device, Scored& scored, const std::function<void()>& between) {
  if (dataset.tokens() == nullptr) return;
  if (const auto stride = config.sliding_stride) {
    const auto windows = dataset.sliding(*stride);
    const auto parts = windows->parts(kBatch);
    scored.sliding_nll = score_parts(network, preprocessor, *windows, device, parts, between).nll;
    scored.sliding_stride = *stride;
  }
  const auto& tokenizer = *preprocessor.tokenizer();
  scored.cells = text_cells(*dataset.tokens(), tokenizer, scored);
  scored.tokenizer = sha256(tokenizer.to_json().dump());
}

}  // namespace candor
