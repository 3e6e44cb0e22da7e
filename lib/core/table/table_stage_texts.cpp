// SPDX-License-Identifier: Apache-2.0
// Columns of text: the terms or the tokens of rows.
#include <algorithm>
#include <utility>

#include "core/base/parallel.h"
#include "core/table/table_stage.h"

namespace candor {
namespace {

constexpr std::size_t kRowsPerThread = 64;  // fewer are not worth one

// What the texts of some rows become, row by row.
class TextRows {
 public:
  explicit TextRows(const std::vector<Feature>& features) : features_(features) {}

  // `text_of(f)` is the row's text in the column of features[f].
  template <class TextOf>
  void add(const TextOf& text_of) {
    const auto before = made_.terms.size();
    bool tokens = false;
    for (std::size_t f = 0; f < features_.size(); ++f) {
      const auto& feature = features_[f];
      if (feature.kind != FeatureKind::text) continue;
      tokens = feature.text->use() == TextUse::tokens;
      tokens ? add_tokens(feature, text_of(f)) : add_terms(feature, text_of(f));
    }
    if (!tokens) {
      made_.term_counts.push_back(static_cast<std::int64_t>(made_.terms.size() - before));
    }
  }

  ModelInputs& made() { return made_; }

 private:
  void add_tokens(const Feature& feature, std::string_view text) {
    const auto ids = feature.text->tokens(text);
    made_.ids.insert(made_.ids.end(), ids.begin(), ids.end());
    made_.id_counts.push_back(static_cast<std::int64_t>(ids.size()));
  }

  void add_terms(const Feature& feature, std::string_view text) {
    feature.text->apply(text, of_one_text_);
    for (const auto& term : of_one_text_) {
      made_.terms.push_back(feature.first_term + term.index);
      made_.term_weights.push_back(term.weight);
    }
  }

  const std::vector<Feature>& features_;
  std::vector<WeightedTerm> of_one_text_;
  ModelInputs made_;  // texts alone; its rows are counted elsewhere
};

}  // namespace

void TableStage::apply_texts(const Table& table, std::span<const std::int64_t> columns,
                             std::span<const std::int64_t> rows, ModelInputs& inputs) const {
  if (columns_.terms == 0 && columns_.vocabulary == 0) return;
  const auto parts = part_count(rows.size(), kRowsPerThread);
  std::vector<TextRows> made(parts, TextRows(features_));
  in_parts(parts, rows.size(), [&](std::size_t part, std::size_t begin, std::size_t end) {
    for (auto i = begin; i < end; ++i) {
      made[part].add([&](std::size_t f) { return table.cell(columns[f], rows[i]); });
    }
  });
  for (auto& part : made) inputs.append(part.made());
}

void TableStage::prepare_texts(const Row& row, ModelInputs& inputs) const {
  if (columns_.terms == 0 && columns_.vocabulary == 0) return;
  TextRows made(features_);
  made.add([&](std::size_t f) { return text_of(features_[f], row[f]); });
  inputs.append(made.made());
}

}  // namespace candor
