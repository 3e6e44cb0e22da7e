// SPDX-License-Identifier: Apache-2.0
// Two language models on the same text, whose tokenizers may differ.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/metrics/paired_tests.h"
#include "core/metrics/report.h"

namespace candor {

// What one model lost on each unit, and on how much.
struct TextLosses {
  std::vector<double> nll, sliding_nll;  // nats, sums
  std::vector<double> tokens, bytes;
};

// The parts that two models' texts are made of, one by one the same.
struct PairedText {
  TextLosses first, other;
  bool documents = false;  // 20 or more, which are independent; else cells, in the text's order

  std::size_t size() const { return first.tokens.size(); }
  bool identical() const;  // in every loss
};

// Cells of the same text (text_cells.h). One that a model has no token in counts nothing for it.
PairedText pair_cells(const std::vector<TextCell>& first, const std::vector<TextCell>& other);

// The metrics of metric_list() that cells tell: bits_per_byte, and per token cross_entropy,
// cross_entropy_bits_per_token, perplexity, sliding_cross_entropy and sliding_perplexity.
bool told_by_cells(const std::string& metric);
// Whether the metric is a mean per token, which another tokenizer makes another thing.
bool is_per_token(const std::string& metric);

// `other` less `first` in one of these metrics, as the quotient of sums that it is: BCa bootstrap
// of documents, or stationary bootstrap of the cells in blocks, with the tails of Student's t for
// as many blocks as there are. p is that of bootstrap_p(). Methods "document bootstrap", "block
// bootstrap", "none".
Difference compare_texts(const std::string& metric, const PairedText& pair, double confidence);

}  // namespace candor
