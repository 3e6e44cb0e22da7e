// SPDX-License-Identifier: Apache-2.0
// A text of strangers, cut into documents, packed or not, and a token file of theirs: an Error, or
// documents that hold no more than the file, and the same ones when it is read again.
#include <candor/error.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/base/sha256.h"
#include "core/text/documents.h"
#include "core/text/token_store.h"

namespace {

candor::DocumentRules rules_of(std::uint8_t choice) {
  candor::DocumentRules rules;
  rules.unit = static_cast<candor::DocumentUnit>(choice % 4);
  rules.any_bytes = choice & 4;
  return rules;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto rules = rules_of(data[0]);
  const bool packed = data[0] & 8;
  const auto path =
      std::filesystem::temp_directory_path() /
      ("candor-fuzz-documents-" + std::to_string(getpid()) + (packed ? ".gz" : ".txt"));
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data + 1), static_cast<std::streamsize>(size - 1));
  try {
    std::size_t bytes = 0;
    candor::Sha256 first, second;
    const auto read = [&](candor::Sha256& hash) {
      return candor::read_documents(path.string(), rules, [&](std::string_view text) {
        bytes += text.size();
        hash.add(text);
      });
    };
    const auto file = read(first);
    if (!packed && bytes > size) std::abort();
    if (read(second).documents != file.documents || first.hex() != second.hex()) std::abort();
  } catch (const candor::Error&) {
  }
  const auto store = candor::open_token_file(path, std::string(64, '0'), 256);
  if (store && store->tokens() > 0) store->document_of(store->tokens() - 1);
  std::filesystem::remove(path);
  return 0;
}
