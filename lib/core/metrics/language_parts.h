// SPDX-License-Identifier: Apache-2.0
// Where in its documents, and in which of them, a language model loses.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/metrics/measures.h"
#include "core/metrics/report.h"

namespace candor {

// Tokens that stand `first` to `last` places after the beginning of their document, where the token
// at place 0 is given and not predicted: 1-3, 4-15, 16-63 and so on by the powers of four. Without
// documents of its own a text is one. The interval is by document (delta method), from 20 documents
// on that reach so far; below it "none".
std::vector<PositionRow> measure_positions(const Scored& scored, const MeasureOptions& options);

// By the values of group columns, of which every document has one: cross_entropy, perplexity and
// predictive_entropy of the group's documents. `count` counts documents; fewer than `min_count` are
// marked as small.
std::vector<GroupRow> measure_document_groups(const Scored& scored, const MeasureOptions& options,
                                              std::int64_t min_count);

// Losses per document; with fewer than 20 documents only their number.
DocumentSummary measure_documents(const Scored& scored, const MeasureOptions& options);

}  // namespace candor
