// SPDX-License-Identifier: Apache-2.0
// What a file's name says of what is in it.
#pragma once

#include <filesystem>
#include <string>

namespace candor {

// ".csv" of "a/B.CSV.gz": in small letters, and of what is compressed and read (.gz, .xz) that of
// its content.
std::string content_extension(std::filesystem::path path);

// Whose lines are rows of a table (.csv, .tsv, .parquet), which a language model would read with
// all their separators.
bool is_named_table(const std::filesystem::path& path);

}  // namespace candor
