// SPDX-License-Identifier: Apache-2.0
#include "core/base/content_name.h"

#include "core/base/ascii.h"

namespace candor {

std::string content_extension(std::filesystem::path path) {
  const auto extension = [&] { return ascii_lower(path.extension().string()); };
  const auto outer = extension();
  if (outer == ".gz" || outer == ".xz") path.replace_extension();
  return extension();
}

bool is_named_table(const std::filesystem::path& path) {
  const auto extension = content_extension(path);
  return extension == ".csv" || extension == ".tsv" || extension == ".parquet";
}

}  // namespace candor
