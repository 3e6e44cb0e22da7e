// SPDX-License-Identifier: Apache-2.0
// What each protocol does with a request whose route and model are known. All may throw; the caller
// answers with the protocol's error.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <string>

#include "core/serve/call.h"
#include "core/serve/model_table.h"

namespace candor {

struct ProtocolLimits {
  std::int64_t max_rows = 1024;
  // Of a language model: a request has the model for itself until its last prompt is continued.
  std::int64_t max_prompts = 8;
  std::time_t started = 0;  // stands for the models' `created`

  std::int64_t rows_for(const Model& model) const {
    const bool generates = model.signature.output == OutputKind::language_model;
    return generates ? std::min(max_prompts, max_rows) : max_rows;
  }
};

// KServe v2 (Open Inference Protocol), with the binary tensor data extension.
std::string kserve_server_metadata();
std::string kserve_model_metadata(const Model& model);
void kserve_infer(Call& call, Model& model, const ProtocolLimits& limits);

// TensorFlow Serving's REST API.
std::string tfserving_status(const Model& model, const ProtocolLimits& limits);
std::string tfserving_metadata(const Model& model);
void tfserving_predict(Call& call, Model& model, const ProtocolLimits& limits);

// OpenAI. The model's name stands in the body.
std::string openai_models(const ModelTable& models, const ProtocolLimits& limits);
void openai_completions(Call& call, const ModelTable& models, const ProtocolLimits& limits);

}  // namespace candor
