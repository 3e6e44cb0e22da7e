// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/base/byte_source.h"
#include "core/table/build_table.h"
#include "core/table/table.h"
#include "core/table/table_cache.h"

namespace candor {
namespace {

void refuse_folder(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return;
  throw Error(ErrorKind::data, path + ": is a folder; a table is one CSV file");
}

std::unique_ptr<ByteSource> open_table_bytes(const std::string& path, bool digest) {
  refuse_folder(path);
  return open_bytes(path, ErrorKind::data, digest);
}

Table parse_files(const std::vector<std::string>& paths, const TableData& config,
                  const ReadOptions& options) {
  TableBuilder builder(config, options);
  for (const auto& path : paths) {
    builder.add(*open_table_bytes(path, options.digest), path);
  }
  return std::move(builder).finish();
}

// The files are always hashed, whatever their names and times say.
Table read_through_cache(const std::vector<std::string>& paths, const TableData& config,
                         const ReadOptions& options) {
  std::vector<TableSource> sources;
  for (const auto& path : paths) {
    refuse_folder(path);
    const auto digest = digest_file(path, ErrorKind::data);
    sources.push_back({path, 0, digest.sha256, static_cast<std::int64_t>(digest.bytes)});
  }
  const auto key = table_cache_key(sources, config);
  const auto file = table_cache_path(options.cache, key);
  if (auto table = load_cached_table(file, key, sources)) {
    table->set_cache_file(file.string());
    return std::move(*table);
  }
  auto parsing = options;
  parsing.digest = true;
  auto table = parse_files(paths, config, parsing);
  // Files that changed in between are not what the key stands for.
  if (table_cache_key(table.sources(), config) != key) return table;
  save_cached_table(file, key, table);
  table.set_cache_file(file.string());
  return table;
}

}  // namespace

Table parse_table(std::string_view text, const std::string& name, const TableData& config,
                  const ReadOptions& options) {
  TableBuilder builder(config, options);
  builder.add(*bytes_of(text), name);
  return std::move(builder).finish();
}

std::string read_table_text(const std::filesystem::path& path) {
  return read_rest(*open_table_bytes(path.string(), false));
}

Table read_table(const std::vector<std::string>& paths, const TableData& config,
                 const ReadOptions& options) {
  if (!options.cache.empty()) return read_through_cache(paths, config, options);
  return parse_files(paths, config, options);
}

Table read_table(const std::filesystem::path& path, const TableData& config) {
  return read_table(std::vector{path.string()}, config, {});
}

}  // namespace candor
