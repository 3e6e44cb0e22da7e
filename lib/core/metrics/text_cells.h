// SPDX-License-Identifier: Apache-2.0
// Losses of a text by parts that are the same whatever tokenizer cut it: what makes two language
// models comparable part by part.
#pragma once

#include <vector>

#include "core/metrics/report.h"
#include "core/text/token_store.h"
#include "core/text/tokenizer.h"

namespace candor {

// Of 20 documents or more each is a part. Fewer are cut into cells of equal bytes, 64 or a power
// of two above it, such that there are about 16,384 of them at most; a token belongs to the cell
// that its last byte lies in. Where a document's tokens do not spell its text (unknown ones, a
// tokenizer that normalises), its bytes are shared out to them by what they spell. Parts without a
// predicted token are left out. `scored` is of all of `tokens`.
std::vector<TextCell> text_cells(const TokenStore& tokens, const Tokenizer& tokenizer,
                                 const Scored& scored);

}  // namespace candor
