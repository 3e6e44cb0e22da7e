// SPDX-License-Identifier: Apache-2.0
#include "engine/optim/flat_groups.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <candor/error.h>

#include "core/base/name_pattern.h"
#include "engine/models/model.h"

namespace candor {
namespace {

constexpr std::int64_t kAlign = 16;  // floats; one cache line

std::int64_t aligned(std::int64_t count) { return (count + kAlign - 1) / kAlign * kAlign; }

// A part of `flat` with the shape and strides (channels-last stays channels-last) of `like`.
at::Tensor view_like(const at::Tensor& flat, std::int64_t offset, const at::Tensor& like) {
  return flat.as_strided(like.sizes(), like.strides(), offset);
}

// The columns of a convolution come as they lie in memory: in another order, the orthogonal matrix
// would be the same but for that order.
FlatMatrix matrix_of(const at::Tensor& parameter, std::int64_t offset) {
  const auto rows = parameter.size(0);
  TORCH_CHECK(rows == 1 || parameter.stride(0) * rows == parameter.numel(),
              "the rows of a weight matrix lie one after the other");
  return {offset, rows, parameter.numel() / std::max<std::int64_t>(1, rows)};
}

void flatten(const std::vector<at::Tensor>& parameters, FlatGroup& group) {
  std::int64_t total = 0;
  for (const auto& parameter : parameters) total += aligned(parameter.numel());
  const auto options = parameters.front().options().requires_grad(false);
  group.parameters = at::zeros({total}, options);
  group.gradients = at::zeros({total}, options);
  std::int64_t offset = 0;
  for (auto parameter : parameters) {
    auto view = view_like(group.parameters, offset, parameter);
    view.copy_(parameter.detach());
    if (group.matrix) group.matrices.push_back(matrix_of(view, offset));
    parameter.set_data(view);
    parameter.mutable_grad() = view_like(group.gradients, offset, parameter);
    offset += aligned(parameter.numel());
  }
}

// N of "layers.N.weight".
std::optional<std::int64_t> layer_number(const std::string& name) {
  constexpr std::string_view kBegin = "layers.", kEnd = ".weight";
  if (!name.starts_with(kBegin) || !name.ends_with(kEnd)) return std::nullopt;
  const auto* first = name.data() + kBegin.size();
  const auto* last = name.data() + name.size() - kEnd.size();
  std::int64_t number = 0;
  const auto read = std::from_chars(first, last, number);
  return read.ec == std::errc() && read.ptr == last ? std::optional(number) : std::nullopt;
}

constexpr std::array<const char*, 3> kKinds = {"matrix", "decay", "plain"};

class Grouper {
 public:
  Grouper(bool muon, const ParameterConfigs& parameters) : muon_(muon), parameters_(parameters) {}

  GroupedParameters operator()(torch::nn::Module& module, const std::vector<at::Tensor>& by_row) {
    read(module);
    for (const auto& [pattern, rule] : parameters_) require_updated(pattern, module);
    GroupedParameters result;
    for (std::size_t i = 0; i < names_.size(); ++i) place(i, by_row, result.by_row);
    make_groups(result.groups);
    check(result);
    return result;
  }

 private:
  using Key = std::pair<std::string, std::size_t>;  // pattern or "", place in kKinds

  void read(torch::nn::Module& module) {
    std::vector<std::int64_t> dimensions;
    for (const auto& item : module.named_parameters()) {
      names_.push_back(item.key());
      tensors_.push_back(item.value());
      dimensions.push_back(item.value().dim());
    }
    hidden_ =
        muon_ ? find_hidden_matrices(names_, dimensions) : std::vector<bool>(names_.size(), false);
  }

  // A layer that is fitted to the rows, or counts them, has values that no update changes.
  void require_updated(const std::string& pattern, const torch::nn::Module& module) const {
    const auto fits = [&](const std::string& name) { return fits_pattern(pattern, name); };
    if (std::none_of(names_.begin(), names_.end(), fits)) {
      for (const auto& buffer : module.named_buffers()) {
        if (!fits(buffer.key())) continue;
        throw Error(
            ErrorKind::config,
            "train.parameters: pattern \"" + pattern + "\" fits " + buffer.key() +
                ", which comes from the rows and not from updates, and no parameter; remove "
                "it");
      }
    }
    require_fitting("train.parameters", pattern, names_);
  }

  void place(std::size_t i, const std::vector<at::Tensor>& wanted,
             std::vector<at::Tensor>& by_row) {
    const auto* rule = find_fitting(parameters_, names_[i]);
    auto& parameter = tensors_[i];
    if (rule != nullptr && rule->second.freeze) parameter.set_requires_grad(false);
    if (!parameter.requires_grad()) return;
    const bool rows = std::any_of(wanted.begin(), wanted.end(), [&](const at::Tensor& other) {
      return other.is_same(parameter);
    });
    if (rows && rule == nullptr) {
      by_row.push_back(parameter);
      return;
    }
    const std::size_t kind = hidden_[i] ? 0 : decays(parameter) ? 1 : 2;
    members_[{rule == nullptr ? "" : rule->first, kind}].push_back(parameter);
  }

  void make_groups(std::vector<FlatGroup>& groups) const {
    for (const auto& [key, members] : members_) {
      const auto& [pattern, kind] = key;
      FlatGroup group;
      group.name = kKinds[kind];
      group.matrix = kind == 0;
      group.decays = kind < 2;
      if (!pattern.empty()) {
        const auto& rule = parameters_.at(pattern);
        group.name += "[" + pattern + "]";
        group.learning_rate_factor = rule.learning_rate_factor;
        group.own_weight_decay = rule.weight_decay;
      }
      flatten(members, group);
      groups.push_back(std::move(group));
    }
  }

  void check(const GroupedParameters& result) const {
    if (names_.empty()) return;
    if (result.groups.empty() && result.by_row.empty()) {
      throw Error(ErrorKind::config,
                  "train.parameters: every parameter of the model is frozen; leave one to train");
    }
    const bool any = std::any_of(result.groups.begin(), result.groups.end(),
                                 [](const FlatGroup& group) { return group.matrix; });
    if (!muon_ || any) return;
    throw Error(ErrorKind::config,
                "train.optimizer.type muon: no weight matrix between hidden layers is left to "
                "train; choose adamw, or freeze fewer parameters");
  }

  bool muon_;
  const ParameterConfigs& parameters_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> tensors_;
  std::vector<bool> hidden_;
  std::map<Key, std::vector<at::Tensor>> members_;
};

}  // namespace

const ParameterConfigs::value_type* find_fitting(const ParameterConfigs& parameters,
                                                 const std::string& name) {
  const ParameterConfigs::value_type* found = nullptr;
  for (const auto& rule : parameters) {
    if (!fits_pattern(rule.first, name)) continue;
    if (found == nullptr || rule.first.size() > found->first.size()) found = &rule;
  }
  return found;
}

std::vector<bool> find_hidden_matrices(const std::vector<std::string>& names,
                                       const std::vector<std::int64_t>& dimensions) {
  static const std::vector<std::string> kInside = {
      "model.layers.*_proj.weight", "layer*.conv*.weight", "layer*.downsample.0.weight"};
  const bool head = std::find(names.begin(), names.end(), "head.weight") != names.end();
  std::int64_t last = -1;  // of the MLP's layers
  for (const auto& name : names) last = std::max(last, layer_number(name).value_or(-1));
  std::vector<bool> hidden;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto number = layer_number(names[i]);
    const bool inside = number && *number > 0 && (head || *number < last);
    hidden.push_back(dimensions[i] >= 2 && (inside || fits_any(kInside, names[i])));
  }
  return hidden;
}

GroupedParameters group_parameters(torch::nn::Module& module, bool muon,
                                   const std::vector<at::Tensor>& by_row,
                                   const ParameterConfigs& parameters) {
  return Grouper(muon, parameters)(module, by_row);
}

}  // namespace candor
