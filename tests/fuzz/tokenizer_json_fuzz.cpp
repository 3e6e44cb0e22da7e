// SPDX-License-Identifier: Apache-2.0
// A stranger's tokenizer.json: an Error, or a tokenizer that encodes and decodes a text without
// harm.
#include <candor/error.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/json.h"
#include "core/text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto json = candor::parse_json(text, "input", candor::ErrorKind::model);
    const auto tokenizer = candor::load_tokenizer(json);
    const std::string_view sample = "he llo 12 \xC3\xA9\xFF <s>\n";
    for (const bool special : {false, true}) {
      tokenizer->decode(tokenizer->encode(sample, {special, special}));
    }
    for (std::int64_t id = 0; id < tokenizer->size(); ++id) tokenizer->piece(id);
    tokenizer->to_json();
  } catch (const candor::Error&) {
  }
  return 0;
}
