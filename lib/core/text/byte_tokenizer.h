// SPDX-License-Identifier: Apache-2.0
// One token per byte; the id is the byte's value.
#pragma once

#include <memory>

#include "core/text/tokenizer.h"

namespace candor {

class ByteTokenizer : public Tokenizer {
 public:
  // Whether these, by id, are the printable stand-ins of bytes 0 to 255.
  static bool fits(const std::vector<std::string>& tokens);

  std::int64_t size() const override { return 256; }
  using Tokenizer::encode;
  std::vector<std::int64_t> encode(std::string_view text, const EncodeOptions&) const override;
  std::string decode(const std::vector<std::int64_t>& ids) const override;
  std::string piece(std::int64_t id) const override;
  std::string token(std::int64_t id) const override;
  Json to_json() const override;
};

class ByteTrainer : public TokenizerTrainer {
 public:
  void add(std::string_view) override {}
  std::unique_ptr<Tokenizer> finish() override { return std::make_unique<ByteTokenizer>(); }
};

}  // namespace candor
