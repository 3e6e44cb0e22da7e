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
    const auto before = terms_.size();
    for (std::size_t f = 0; f < features_.size(); ++f) {
      const auto& feature = features_[f];
      if (feature.kind != FeatureKind::text) continue;
      if (feature.text->use() == TextUse::tokens) {
        ids_.push_back(feature.text->tokens(text_of(f)));
        continue;
      }
      feature.text->apply(text_of(f), of_one_text_);
      for (const auto& term : of_one_text_) {
        terms_.push_back(feature.first_term + term.index);
        weights_.push_back(term.weight);
      }
    }
    counts_.push_back(static_cast<std::int64_t>(terms_.size() - before));
  }

  void append(const TextRows& next) {
    terms_.insert(terms_.end(), next.terms_.begin(), next.terms_.end());
    weights_.insert(weights_.end(), next.weights_.begin(), next.weights_.end());
    counts_.insert(counts_.end(), next.counts_.begin(), next.counts_.end());
    ids_.insert(ids_.end(), next.ids_.begin(), next.ids_.end());
  }

  void move_terms(ModelInputs& inputs) {
    inputs.terms = std::move(terms_);
    inputs.term_weights = std::move(weights_);
    inputs.term_counts = std::move(counts_);
  }

  // One place at least, so that a row without tokens is a row of padding.
  void move_ids(ModelInputs& inputs) {
    std::size_t longest = 1;
    for (const auto& row : ids_) longest = std::max(longest, row.size());
    inputs.ids.reserve(ids_.size() * longest);
    for (const auto& row : ids_) {
      inputs.ids.insert(inputs.ids.end(), row.begin(), row.end());
      inputs.ids.insert(inputs.ids.end(), longest - row.size(), ModelInputs::kPadding);
    }
  }

 private:
  const std::vector<Feature>& features_;
  std::vector<WeightedTerm> of_one_text_;
  std::vector<std::int64_t> terms_;
  std::vector<float> weights_;
  std::vector<std::int64_t> counts_;
  std::vector<std::vector<std::int64_t>> ids_;
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
  for (std::size_t part = 1; part < parts; ++part) made[0].append(made[part]);
  columns_.terms > 0 ? made[0].move_terms(inputs) : made[0].move_ids(inputs);
}

void TableStage::prepare_texts(const Row& row, ModelInputs& inputs) const {
  if (columns_.terms == 0 && columns_.vocabulary == 0) return;
  TextRows made(features_);
  made.add([&](std::size_t f) { return text_of(features_[f], row[f]); });
  columns_.terms > 0 ? made.move_terms(inputs) : made.move_ids(inputs);
}

}  // namespace candor
