// SPDX-License-Identifier: Apache-2.0
// Rules between the fields of a tokenizer's section.
#pragma once

#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

struct TokenizerFault {
  std::string key;  // of the field
  std::string what;
};

// Everything that is wrong; empty when nothing is.
std::vector<TokenizerFault> tokenizer_faults(const TokenizerConfig& config);

}  // namespace candor
