// SPDX-License-Identifier: Apache-2.0
#include "core/serve/model_table.h"

#include <algorithm>

#include <candor/error.h>

#include "core/base/nearest.h"
#include "core/serve/refusal.h"

namespace candor {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_model_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && is_alphanumeric(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

void check(const ServedModel& model, const std::vector<std::unique_ptr<Model>>& before) {
  if (!is_model_name(model.name)) {
    throw Error(ErrorKind::config, "model name '" + model.name +
                                       "' is not allowed; use letters, digits, '.', '_' and "
                                       "'-', at most 64, a letter or digit first: NAME=MODEL");
  }
  const bool twice = std::any_of(before.begin(), before.end(),
                                 [&](const auto& other) { return other->name == model.name; });
  if (twice) {
    throw Error(ErrorKind::config,
                "two models are named '" + model.name + "'; give one another name: NAME=MODEL");
  }
  if (model.replicas.empty()) {
    throw Error(ErrorKind::config,
                "model '" + model.name + "' has no replica; it needs at least one");
  }
}

}  // namespace

FieldIndex::FieldIndex(const Signature& signature) {
  for (const auto& field : signature.inputs) names_.push_back(field.name);
  for (std::size_t i = 0; i < names_.size(); ++i) positions_.emplace(names_[i], i);
}

std::optional<std::size_t> FieldIndex::find(std::string_view name, std::size_t expected) const {
  if (expected < names_.size() && names_[expected] == name) return expected;
  const auto found = positions_.find(name);
  if (found == positions_.end()) return std::nullopt;
  return found->second;
}

std::string FieldIndex::unknown(std::string_view name) const {
  constexpr std::size_t kMostListed = 20;
  constexpr std::size_t kLongestList = 1000;
  // Comparing takes some microseconds a name, and this runs on an event loop.
  constexpr std::size_t kMostCompared = 100;
  const auto list = names_.size() > kMostListed ? std::string() : join(names_);
  auto text = list.empty() || list.size() > kLongestList
                  ? "unknown column; the model's metadata lists its " +
                        std::to_string(names_.size()) + " inputs"
                  : "unknown column; the model's inputs are " + list;
  const auto near = names_.size() > kMostCompared ? std::nullopt : nearest_name(name, names_);
  if (near) text += "; did you mean '" + *near + "'?";
  return text;
}

ModelTable::ModelTable(std::vector<ServedModel> served) {
  if (served.empty()) throw Error(ErrorKind::config, "no model to serve; give at least one MODEL");
  for (auto& model : served) {
    check(model, models_);
    models_.push_back(std::make_unique<Model>(std::move(model)));
  }
}

Model& ModelTable::find(std::string_view name, std::string_view version) const {
  for (const auto& model : models_) {
    if (model->name != name) continue;
    if (version.empty() || version == "1") return *model;
    throw Refusal(Refusal::Reason::no_model, "model '" + model->name + "' has version 1 only");
  }
  std::vector<std::string> names;
  for (const auto& model : models_) names.push_back(model->name);
  throw Refusal(Refusal::Reason::no_model, "unknown model; this server has " + join(names));
}

}  // namespace candor
