// SPDX-License-Identifier: Apache-2.0
// One function per kind of data; init.cpp decides which.
#pragma once

#include <optional>
#include <string>

namespace candor {

struct InitSource {
  std::string path;       // the data, as given: a path, or a pattern
  std::string written;    // the data's path as the config has it, relative to the config's folder
  std::string name;       // of the run, from the data's name
  std::string test = {};  // tables: a file of its own for the test; empty: none
  std::string written_test = {};  // as `written`
};

std::string init_table(const InitSource& source, const std::optional<std::string>& target);
std::string init_text(const InitSource& source);
std::string init_images(const InitSource& source);

// `text` as a JSON string.
std::string json_text(const std::string& text);
// "12,345"
std::string grouped(std::int64_t count);
// `text` for a // comment: control characters, which would end it, become spaces.
std::string for_comment(const std::string& text);

}  // namespace candor
