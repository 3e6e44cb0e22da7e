// SPDX-License-Identifier: Apache-2.0
// What the tests of text share: configs of small language models, and tokens of tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include <candor/config.h>

namespace candor::test {

using Tokens = std::vector<std::int64_t>;

inline Tokens flat(const at::Tensor& tensor) {
  const auto values = tensor.contiguous();
  return {values.const_data_ptr<std::int64_t>(),
          values.const_data_ptr<std::int64_t>() + values.numel()};
}

inline RunConfig text_run(const Paths& train, std::int64_t context = 4) {
  RunConfig config;
  config.name = "text";
  config.task.type = TaskType::language_model;
  TextData data;
  data.files.train = train;
  config.data = data;
  TransformerConfig model;
  model.context = context;
  config.model = model;
  return config;
}

inline TextData& data_of(RunConfig& config) { return std::get<TextData>(config.data); }

}  // namespace candor::test
