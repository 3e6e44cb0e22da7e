// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/score.h"

#include <torch/torch.h>

namespace candor {
namespace {

template <class T, class Out>
void append(const at::Tensor& tensor, std::vector<Out>& out) {
  const auto host = tensor.to(at::kCPU).contiguous();
  const auto* values = host.data_ptr<T>();
  out.insert(out.end(), values, values + host.numel());
}

void score_batch(const at::Tensor& output, const Batch& batch, Scored& scored) {
  if (scored.kind == OutputKind::classification) {
    append<float>(output.to(at::kFloat).softmax(1), scored.probabilities);
    append<std::int64_t>(batch.target, scored.target);
  } else if (scored.kind == OutputKind::regression) {
    append<float>(output, scored.value);
    append<float>(batch.target, scored.target_value);
  } else {
    const auto log_probability = output.flatten(0, 1).log_softmax(1);
    const auto target = batch.target.flatten().to(output.device());
    append<float>(-log_probability.gather(1, target.unsqueeze(1)).squeeze(1), scored.nll);
    append<float>(-(log_probability.exp() * log_probability).sum(1), scored.entropy);
  }
  if (batch.weight.defined()) append<float>(batch.weight, scored.weight);
}

class EvaluationMode {
 public:
  explicit EvaluationMode(torch::nn::Module& module)
      : module_(module), training_(module.is_training()) {
    module_.eval();
  }
  ~EvaluationMode() { module_.train(training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  torch::nn::Module& module_;
  bool training_;
};

}  // namespace

Scored score(Network& network, const Preprocessor& preprocessor, const Dataset& dataset,
             at::Device device, std::int64_t batch_size) {
  const EvaluationMode mode(network);
  // Not InferenceMode: its tensors may not meet autograd again, and buffers here are shared with
  // training.
  const torch::NoGradGuard no_gradients;
  Scored scored;
  scored.kind = preprocessor.signature().output;
  scored.labels = preprocessor.signature().labels;
  for (const auto& rows : dataset.parts(batch_size)) {
    const auto batch = dataset.batch(rows);
    score_batch(network.predict(batch.inputs.to(device)), batch, scored);
  }
  scored.ids = dataset.ids();
  scored.groups = dataset.groups();
  scored.bytes = dataset.bytes();
  return scored;
}

}  // namespace candor
