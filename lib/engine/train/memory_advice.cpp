// SPDX-License-Identifier: Apache-2.0
#include "engine/train/memory_advice.h"

#include <c10/util/Exception.h>

#include <new>
#include <variant>

namespace candor {
namespace {

std::string size_keys(const MlpConfig&) { return "model.hidden"; }
std::string size_keys(const TransformerConfig&) {
  return "model.layers, model.width or model.context";
}
std::string size_keys(const ResNetConfig&) { return "model.depth, model.width or data.size"; }

}  // namespace

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  const std::string text = error.what();
  return text.find("can't allocate memory") != std::string::npos ||
         text.find("out of memory") != std::string::npos;
}

std::string memory_advice(const RunConfig& config, const std::string& doing,
                          const std::string& fault) {
  const auto& train = config.train;
  std::string text = "out of memory in " + doing + " (" + fault + "); lower train.batch_size (" +
                     std::to_string(train.batch_size) +
                     "), with train.accumulate raised as much for the same updates";
  const bool can_recompute = !std::holds_alternative<MlpConfig>(config.model);
  if (can_recompute && !train.activation_checkpointing)
    text += ", set train.activation_checkpointing";
  return text + ", or lower " +
         std::visit([](const auto& model) { return size_keys(model); }, config.model) +
         "; checkpoints that are written are intact";
}

}  // namespace candor
