// SPDX-License-Identifier: Apache-2.0
// Finished tables on the disk, so that the same files need not be parsed again. The format is in
// docs/formats.md.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/table/table.h"

namespace candor {

// SHA-256 of everything that a table depends on: the content of each source (in `sha256`), how each
// is read, the settings of `config` and the version of the format.
std::string table_cache_key(const std::vector<TableSource>& sources, const TableData& config);

// Where the table of that key lies in `folder`.
std::filesystem::path table_cache_path(const std::filesystem::path& folder, const std::string& key);

// The table, mapped into memory, or nothing when there is no such file or it is not whole: another
// version or key, a wrong size or checksum, or content that no table has. log() says why a file
// that is there is not used. Of `sources` the paths and digests are taken over.
std::optional<Table> load_cached_table(const std::filesystem::path& path, const std::string& key,
                                       const std::vector<TableSource>& sources);

// Replaces the file in one step; mode 0600. Throws Error{failed} (a full disk, no permission), and
// then leaves nothing.
void save_cached_table(const std::filesystem::path& path, const std::string& key,
                       const Table& table);

}  // namespace candor
