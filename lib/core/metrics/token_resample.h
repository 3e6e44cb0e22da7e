// SPDX-License-Identifier: Apache-2.0
// Resamples of a scored text: of its documents, or of blocks of its tokens where there are few.
#pragma once

#include <string>
#include <vector>

#include "core/metrics/report.h"

namespace candor {

struct TokenResamples {
  // [series][resample]: mean per token. Resample r of every series is of the same tokens, so that
  // differences are paired.
  std::vector<std::vector<double>> means;
  std::string method;  // "document bootstrap" or "block bootstrap"
};

// `series` have one entry per predicted token each; the first decides the length of blocks. From 20
// documents on, documents are drawn.
TokenResamples resample_tokens(const std::vector<std::int64_t>& document_starts,
                               const std::vector<const std::vector<double>*>& series);

}  // namespace candor
