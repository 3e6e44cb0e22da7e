// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/weight_meaning.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::size_t kShownWidth = 60;  // of a name in a message

bool contains(const std::vector<std::int64_t>& list, std::size_t value) {
  return std::find(list.begin(), list.end(), static_cast<std::int64_t>(value)) != list.end();
}

// What the inputs of a table's first layer are, in the order of the tensor stage and of the model.
class TableInputs {
 public:
  TableInputs(const TableStage& stage, const TableStatistics& fitted)
      : fitted_(fitted),
        slots_(stage.columns().numeric),
        features_(stage.to_json().at("features")) {
    for (const auto& feature : features_) {
      if (feature.contains("categories") && !feature.contains("target_encodings")) {
        categories_.push_back(&feature);
      }
    }
  }

  std::vector<WeightMeaning> meanings() const {
    std::vector<WeightMeaning> all = {{{"layers.0.weight", "layers.0.r"}, "input", inputs()}};
    if (fitted_.encoded_apart) all.push_back({{"numbers.*"}, "number", encoded()});
    for (std::size_t i = 0; fitted_.embed && i < categories_.size(); ++i) {
      const auto& feature = *categories_[i];
      all.push_back({{fmt::format("embeddings.{}.weight", i)},
                     "value of " + shown(feature.at("name").get<std::string>(), kShownWidth),
                     values_of(feature)});
    }
    all.push_back({{"terms.weight"}, "term", terms()});
    return all;
  }

 private:
  // A transform is part of what a number means; its mean and deviation are of the rows.
  std::string number(std::size_t column) const {
    const auto& name = slots_[column].name;
    if (contains(fitted_.log_columns, column)) return "log of " + name;
    if (contains(fitted_.power_columns, column)) return "power of " + name;
    if (contains(fitted_.quantile_columns, column)) return "quantile of " + name;
    return name;
  }

  std::vector<std::string> encoded() const {
    std::vector<std::string> names;
    for (const auto column : fitted_.encoded_columns) {
      names.push_back(number(static_cast<std::size_t>(column)));
    }
    return names;
  }

  void add_numbers(std::vector<std::string>& names) const {
    for (std::size_t column = 0; column < slots_.size(); ++column) {
      if (!contains(fitted_.encoded_columns, column)) names.push_back(number(column));
    }
    if (!fitted_.encoded_apart) {
      for (std::size_t i = 0; i < fitted_.bins.size(); ++i) {
        const auto column = static_cast<std::size_t>(fitted_.encoded_columns[i]);
        for (std::size_t bin = 1; bin < fitted_.bins[i].size(); ++bin) {
          names.push_back(fmt::format("bin {} of {}", bin, number(column)));
        }
      }
    }
    for (const auto column : fitted_.indicators) {
      names.push_back(slots_[static_cast<std::size_t>(column)].name + " is missing");
    }
  }

  std::vector<std::string> inputs() const {
    std::vector<std::string> names;
    add_numbers(names);
    for (std::size_t i = 0; i < fitted_.one_hot_column.size(); ++i) {
      const auto& feature = *categories_[static_cast<std::size_t>(fitted_.one_hot_column[i])];
      names.push_back(feature.at("name").get<std::string>() + " = " +
                      values_of(feature)[static_cast<std::size_t>(fitted_.one_hot_value[i])]);
    }
    if (fitted_.encoded_apart) {
      for (const auto& name : encoded()) names.push_back("vector of " + name);
    }
    for (std::size_t i = 0; fitted_.embed && i < categories_.size(); ++i) {
      names.push_back("vector of " + categories_[i]->at("name").get<std::string>());
    }
    return names;
  }

  // By their indices; see Feature::categories.
  static std::vector<std::string> values_of(const Json& feature) {
    std::vector<std::string> values = {"(missing)", "(unknown)"};
    for (const auto& value : feature.at("categories")) values.push_back(value.get<std::string>());
    return values;
  }

  std::vector<std::string> terms() const {
    std::vector<std::string> names;
    for (const auto& feature : features_) {
      if (!feature.contains("text") || !feature["text"].contains("vocabulary")) continue;
      for (const auto& term : feature["text"]["vocabulary"]) {
        names.push_back(feature.at("name").get<std::string>() + ": " + term.get<std::string>());
      }
    }
    return names;
  }

  const TableStatistics& fitted_;
  const std::vector<NumericSlot>& slots_;
  Json features_;
  std::vector<const Json*> categories_;  // of `categorical`, in its order
};

std::vector<std::string> tokens_of(const Tokenizer& tokenizer) {
  std::vector<std::string> names;
  for (std::int64_t id = 0; id < tokenizer.size(); ++id) names.push_back(tokenizer.token(id));
  return names;
}

std::string head_of(const ModelConfig& model) {
  if (const auto* mlp = std::get_if<MlpConfig>(&model)) {
    return mlp->ensemble ? "head.*" : fmt::format("layers.{}.*", mlp->hidden.size());
  }
  return std::holds_alternative<ResNetConfig>(model) ? "fc.*" : "score.*";
}

WeightMeaning answers_of(const Signature& signature, const ModelConfig& model) {
  if (signature.output == OutputKind::classification) {
    return {{head_of(model)}, "class", signature.labels};
  }
  return {{head_of(model)}, "value", {signature.target}};
}

std::string quoted(const std::string& name) { return "\"" + shown(name, kShownWidth) + "\""; }

// The first difference, and how many there are.
std::string difference(const WeightMeaning& own, const WeightMeaning& given) {
  const auto &a = own.names, &b = given.names;
  if (a.size() != b.size()) {
    return fmt::format("has {} here and {} there, one for each {}", a.size(), b.size(), own.what);
  }
  std::size_t first = a.size(), count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    first = std::min(first, i);
    ++count;
  }
  return fmt::format("{} {} is {} here and {} there ({} of {} differ)", own.what, first + 1,
                     quoted(a[first]), quoted(b[first]), count, a.size());
}

}  // namespace

std::vector<WeightMeaning> weight_meanings(const Preprocessor& preprocessor,
                                           const ModelConfig& model) {
  std::vector<WeightMeaning> meanings;
  const auto* table = std::get_if<TableStage>(&preprocessor.host());
  const auto* tokenizer = preprocessor.tokenizer();
  if (tokenizer != nullptr) {
    meanings.push_back(
        {{"model.embed_tokens.weight", "lm_head.weight"}, "token", tokens_of(*tokenizer)});
  } else if (table != nullptr) {
    meanings = TableInputs(*table, *preprocessor.stage()->table()).meanings();
  }
  const auto& signature = preprocessor.signature();
  if (signature.output != OutputKind::language_model) {
    meanings.push_back(answers_of(signature, model));
  }
  return meanings;
}

std::vector<MeaningDifference> meaning_differences(const std::vector<WeightMeaning>& own,
                                                   const std::vector<WeightMeaning>& given) {
  std::vector<MeaningDifference> differences;
  for (const auto& meaning : own) {
    const auto same = std::find_if(given.begin(), given.end(), [&](const WeightMeaning& other) {
      return other.tensors == meaning.tensors;
    });
    if (same == given.end() || same->names == meaning.names) continue;
    differences.push_back(
        {meaning.tensors, meaning.tensors.front() + ": " + difference(meaning, *same)});
  }
  return differences;
}

}  // namespace candor
