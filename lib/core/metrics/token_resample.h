// SPDX-License-Identifier: Apache-2.0
// Resamples of a scored text: of its documents, or of blocks of its tokens where there are few.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/metrics/bootstrap.h"

namespace candor {

struct TokenResamples {
  // [series][resample]: mean per token. Resample r of every series is of the same tokens, so that
  // differences are paired.
  std::vector<std::vector<double>> means;
  std::string method;  // "document bootstrap" or "block bootstrap"
  // Of each series, by document; empty for blocks.
  std::vector<Spread> spreads;
  std::vector<BlockError> block_errors;  // of each series; empty for documents

  // BCa for documents, shifted percentiles for blocks. Empty without resamples.
  std::optional<Interval> interval(std::size_t series, double value, double confidence,
                                   double lowest, double highest) const;
};

// `series` have one entry per predicted token each; the first decides the length of blocks. From 20
// documents on, documents are drawn.
TokenResamples resample_tokens(const std::vector<std::int64_t>& document_starts,
                               const std::vector<const std::vector<double>*>& series);

// From so many documents on, documents are what is resampled.
inline constexpr std::size_t kFewestDocuments = 20;

}  // namespace candor
