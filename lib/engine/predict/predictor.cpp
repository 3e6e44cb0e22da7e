// SPDX-License-Identifier: Apache-2.0
#include "engine/predict/predictor.h"

#include <torch/torch.h>

#include <algorithm>
#include <new>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include <candor/error.h>

#include "engine/predict/text_generation.h"

namespace candor {
namespace {

// LibTorch's own errors of this kind, so that a server can answer "busy" and a program exit with 5.
template <class Work>
auto with_memory_errors(const Work& work) {
  const auto refuse = [] {
    throw Error(ErrorKind::out_of_memory,
                "not enough memory for these rows; send fewer at once, or use a smaller model");
  };
  try {
    return work();
  } catch (const c10::OutOfMemoryError&) {
    refuse();
  } catch (const std::bad_alloc&) {
    refuse();
  } catch (const c10::Error& error) {
    const std::string_view text = error.what_without_backtrace();
    if (text.find("can't allocate memory") != std::string_view::npos) refuse();
    throw;
  }
  return decltype(work()){};  // never reached
}

// An answer that is no number is none: a request's fault where its values overflow. (Weights that
// are not finite are refused when a model is opened.)
void check_finite(const at::Tensor& answers) {
  if (at::isfinite(answers).all().item<bool>()) return;
  throw Error(ErrorKind::request,
              "the model's answer is not finite: a value is too far from those of training");
}

// Rows that run together: the shorter ones of a group are filled up to its longest, with no more
// filling than tokens. One group without tokens.
std::vector<std::vector<std::int64_t>> rows_by_length(const std::vector<std::int64_t>& counts) {
  constexpr std::int64_t kLittle = 1024;  // tokens that are hardly worth a run of their own
  std::vector<std::int64_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  const auto length = [&](std::int64_t row) { return counts[static_cast<std::size_t>(row)]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return length(a) < length(b); });
  std::vector<std::vector<std::int64_t>> groups;
  std::int64_t tokens = 0;
  for (const auto row : order) {
    const auto filled =
        groups.empty() ? 0 : length(row) * static_cast<std::int64_t>(groups.back().size() + 1);
    const bool joins = !groups.empty() && filled <= std::max(kLittle, 2 * (tokens + length(row)));
    if (!joins) groups.emplace_back();
    tokens = (joins ? tokens : 0) + length(row);
    groups.back().push_back(row);
  }
  return groups;
}

}  // namespace

Predictor::Predictor(const std::filesystem::path& path, at::Device device)
    : Predictor(open_model(path), device) {}

Predictor::Predictor(ModelFiles model, at::Device device)
    : model_(std::move(model)),
      device_(device),
      groups_(model_.decision, model_.config, model_.preprocessor->signature().inputs),
      signature_(model_.preprocessor->signature()) {
  const auto& more = groups_.more_inputs();
  signature_.inputs.insert(signature_.inputs.end(), more.begin(), more.end());
  model_.network->to(device_);
}

AnswerParts Predictor::parts() const {
  const auto& rule = model_.decision;
  const bool classes = signature_.output == OutputKind::classification;
  return {.set = classes && rule.conformal.has_value(),
          .abstained = rule.abstention.has_value(),
          .interval = !classes && rule.conformal.has_value()};
}

ModelInputs Predictor::prepare(const Row& row) const {
  if (groups_.columns().empty()) return model_.preprocessor->prepare(row);
  if (row.size() != signature_.inputs.size()) {
    throw Error(ErrorKind::request, "a row has " + std::to_string(row.size()) +
                                        " values, but the model has " +
                                        std::to_string(signature_.inputs.size()) + " inputs");
  }
  auto own = row;
  own.resize(row.size() - groups_.more_inputs().size());
  return with_groups(model_.preprocessor->prepare(own), groups_.of_row(row));
}

ModelInputs Predictor::with_groups(ModelInputs inputs, const RowGroups& groups) const {
  groups_.append(inputs, groups);
  return inputs;
}

Prediction Predictor::classified(const float* probabilities, const RowGroups& groups) const {
  const auto classes = signature_.labels.size();
  Prediction prediction;
  prediction.probabilities.assign(probabilities, probabilities + classes);
  if (model_.decision.plain()) {
    prediction.label_index =
        std::max_element(probabilities, probabilities + classes) - probabilities;
  } else {
    const std::vector<double> own(probabilities, probabilities + classes);
    auto decision = decide(model_.decision, own, groups);
    prediction.probabilities.assign(decision.probabilities.begin(), decision.probabilities.end());
    prediction.label_index = decision.label;
    prediction.abstained = decision.abstained;
    if (decision.set) prediction.set = *std::move(decision.set);
  }
  prediction.label = signature_.labels[static_cast<std::size_t>(prediction.label_index)];
  return prediction;
}

Prediction Predictor::valued(double value, const RowGroups& groups) const {
  Prediction prediction;
  prediction.value = value;
  if (const auto interval = decide_interval(model_.decision, value, groups)) {
    prediction.low = interval->low;
    prediction.high = interval->high;
  }
  return prediction;
}

std::vector<Prediction> Predictor::predict(const ModelInputs& batch) {
  return with_memory_errors([&] { return predict_rows(batch); });
}

std::vector<Prediction> Predictor::predict_rows(const ModelInputs& batch) {
  if (signature().output == OutputKind::language_model) {
    throw Error(ErrorKind::request,
                "a language model generates text; it has no predictions per row");
  }
  if (batch.rows == 0) return {};
  const c10::InferenceMode inference;
  const auto groups = rows_by_length(batch.id_counts);
  if (groups.size() <= 1) return predict_group(batch);
  std::vector<Prediction> predictions(static_cast<std::size_t>(batch.rows));
  for (const auto& group : groups) {
    auto of_group = predict_group(batch.select(group));
    for (std::size_t i = 0; i < group.size(); ++i) {
      predictions[static_cast<std::size_t>(group[i])] = std::move(of_group[i]);
    }
  }
  return predictions;
}

std::vector<Prediction> Predictor::predict_group(const ModelInputs& rows) {
  if (groups_.columns().empty()) return predict_group(rows, {});
  auto own = rows;
  const auto groups = groups_.take(own);
  return predict_group(own, groups);
}

// `groups`: of each row, or none.
std::vector<Prediction> Predictor::predict_group(const ModelInputs& batch,
                                                 const std::vector<RowGroups>& groups) {
  static const RowGroups none;
  const auto groups_of = [&](std::size_t row) -> const RowGroups& {
    return groups.empty() ? none : groups[row];
  };
  std::vector<Prediction> predictions;
  const auto inputs = model_.preprocessor->tensors(batch, /*copy=*/false);
  const auto there = device_.is_cpu() ? inputs : inputs.to(device_);
  if (signature().output == OutputKind::regression) {
    const auto values = model_.network->predict_values(there);
    check_finite(torch::tensor(values, torch::kFloat64));
    for (std::size_t row = 0; row < values.size(); ++row) {
      predictions.push_back(valued(values[row], groups_of(row)));
    }
    return predictions;
  }
  const auto output = model_.network->predict(there).softmax(1).to(at::kCPU).contiguous();
  TORCH_CHECK(output.size(0) == batch.rows, "the model gave ", output.size(0), " answers for ",
              batch.rows, " rows");
  check_finite(output);
  const auto* values = output.data_ptr<float>();
  for (std::int64_t row = 0; row < batch.rows; ++row) {
    predictions.push_back(
        classified(values + row * output.size(1), groups_of(static_cast<std::size_t>(row))));
  }
  return predictions;
}

std::int64_t Predictor::count_tokens(std::string_view text) const {
  const auto* host = std::get_if<TextHost>(&model_.preprocessor->host());
  return host == nullptr ? 0 : static_cast<std::int64_t>(host->encode(text).size());
}

Generated Predictor::generate(std::string_view prompt, const GenerateOptions& options,
                              const std::function<bool(std::string_view)>& sink) {
  return with_memory_errors([&] { return generate_text(model_, device_, prompt, options, sink); });
}

std::unique_ptr<Servable> Predictor::replica() const {
  return std::make_unique<Predictor>(model_, device_);
}

}  // namespace candor
