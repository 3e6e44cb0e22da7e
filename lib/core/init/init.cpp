// SPDX-License-Identifier: Apache-2.0
#include <candor/init.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include <candor/error.h>

#include "core/base/json.h"
#include "core/config/config_json.h"
#include "core/image/list_images.h"
#include "core/init/init_parts.h"
#include "core/inspect/data_kind.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

// The data's own name, reduced to what a run may be called.
std::string name_of(const fs::path& path) {
  const auto plain = fs::absolute(path).lexically_normal();
  auto stem = plain.has_filename() ? plain.stem() : plain.parent_path().filename();
  // Of "a.csv.gz" and "a.tar.xz" the extension in the middle too.
  if (plain.extension() == ".gz" || plain.extension() == ".xz") stem = stem.stem();
  std::string name;
  for (const unsigned char c : stem.string()) {
    const bool allowed = std::isalnum(c) != 0 || (!name.empty() && (c == '_' || c == '-'));
    if (allowed) name += static_cast<char>(c);
    if (!allowed && !name.empty() && name.back() != '_') name += '_';
  }
  while (name.ends_with('_') || name.ends_with('-')) name.pop_back();
  return name.empty() ? "model" : name.substr(0, 64);
}

std::string make(DataKind kind, const InitSource& source, const InitOptions& options) {
  switch (kind) {
    case DataKind::table: return init_table(source, options.target);
    case DataKind::text: return init_text(source);
    case DataKind::images: break;
  }
  return init_images(source);
}

}  // namespace

std::string json_text(const std::string& text) { return json_line(Json(text)); }

std::string grouped(std::int64_t count) {
  auto text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string for_comment(const std::string& text) {
  auto clean = text;
  std::replace_if(
      clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return clean;
}

std::string init_config(const std::string& data, const InitOptions& options) {
  const auto kind = kind_of(data, options.target.has_value(), "candor init");
  check_target(kind, options.target.has_value(), data);
  const auto folder = fs::absolute(options.folder).lexically_normal();
  const auto written = [&](const std::string& path) {
    return fs::absolute(path).lexically_normal().lexically_proximate(folder).generic_string();
  };
  InitSource source{data, written(data), name_of(archive_place(data).path)};
  if (options.test) {
    if (kind != DataKind::table) {
      throw Error(ErrorKind::config, "--test: belongs to tables, but " + data +
                                         " is none; write data.files.test into the config instead");
    }
    source.test = *options.test;
    source.written_test = written(*options.test);
  }
  const auto text = make(kind, source, options);
  JsonLimits limits;
  limits.comments = true;
  // Nothing leaves here that train would refuse.
  config_from_json(parse_json(text, "candor init", ErrorKind::failed, limits), "candor init");
  return text;
}

}  // namespace candor
