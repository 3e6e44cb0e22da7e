// SPDX-License-Identifier: Apache-2.0
// The body of a KServe v2 inference request, read and checked against the model's signature.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/serve/generation.h"
#include "core/serve/kserve_tensors.h"
#include "core/serve/model_table.h"

namespace candor {

struct RequestedOutput {
  std::string name;
  bool binary = false;
};

struct InferRequest {
  std::optional<std::string> id;
  std::vector<InputTensor> inputs;       // one per field of the signature, in its order
  std::vector<RequestedOutput> outputs;  // what to answer, in order
  Generation generation;                 // language models, from "parameters"
};

// Names of the outputs that a model has.
std::vector<std::string> output_names(const Model& model);

// `json_length`: of the JSON part, where binary tensors follow it
// (Inference-Header-Content-Length). Throws Error{request}, or Refusal{too_large} for too many
// rows.
InferRequest read_infer_request(const Model& model, std::string_view body,
                                std::optional<std::size_t> json_length, std::int64_t max_rows);

}  // namespace candor
