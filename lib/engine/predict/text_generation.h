// SPDX-License-Identifier: Apache-2.0
// Sampling text from a language model, with a key-value cache.
#pragma once

#include <functional>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "core/schema/servable.h"
#include "engine/predict/model_files.h"

namespace candor {

// Same seed, prompt and options: same text. When prompt and answer together exceed the model's
// context, the oldest half of the context is forgotten and the rest is read again, so that answers
// may be longer than the context. An empty prompt starts from a line break (or token 0 when the
// vocabulary has none). Throws Error{request} for a prompt longer than the context, or options out
// of range.
Generated generate_text(const ModelFiles& model, at::Device device, std::string_view prompt,
                        const GenerateOptions& options,
                        const std::function<bool(std::string_view)>& sink);

// Index drawn from logits [V] (CPU, float32) by `options` with the uniform number `u` in [0, 1).
std::int64_t sample_token(const at::Tensor& logits, const GenerateOptions& options, double u);

}  // namespace candor
