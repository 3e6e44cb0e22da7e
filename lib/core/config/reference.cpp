// SPDX-License-Identifier: Apache-2.0
#include <candor/config.h>

#include "core/config/describe.h"

namespace candor {
namespace {

std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string default_text(const Description& d) {
  if (d.required) return "**required**";
  if (d.kind == NodeKind::section && !d.optional) return "";
  if (d.kind == NodeKind::variant && d.default_value.is_object()) {
    return "`\"" + d.default_value.at("type").get<std::string>() + "\"`";
  }
  return "`" + d.default_value.dump() + "`";
}

std::string allowed_text(const Description& d) {
  auto text = expected_text(d);
  if (d.field.unit[0] != '\0') text += std::string(", ") + d.field.unit;
  if (d.optional) text += ", or null";
  return text;
}

void add_rows(const Description& section, const std::string& path, std::string& out);

void add_row(const Description& d, const std::string& path, std::string& out) {
  out += "| `" + path + "` | " + cell(allowed_text(d)) + " | " + cell(default_text(d)) + " | " +
         cell(d.field.help) + " |\n";
  if (d.kind == NodeKind::section) add_rows(d, path, out);
  if (d.kind == NodeKind::map && d.members.front().kind == NodeKind::section) {
    add_rows(d.members.front(), path + ".NAME", out);
  }
}

void add_rows(const Description& section, const std::string& path, std::string& out) {
  for (const auto& member : section.members) {
    add_row(member, path.empty() ? member.field.key : path + "." + member.field.key, out);
  }
}

void begin_table(const std::string& title, std::string& out) {
  out += "\n## " + title + "\n\n| key | allowed | default | what |\n|---|---|---|---|\n";
}

// Sections whose fields depend on a "type" get one table per type.
void add_variants(const Description& section, const std::string& path, std::string& out) {
  for (const auto& member : section.members) {
    const auto key = path.empty() ? std::string(member.field.key) : path + "." + member.field.key;
    if (member.kind == NodeKind::section) add_variants(member, key, out);
    if (member.kind != NodeKind::variant) continue;
    for (const auto& alternative : member.members) {
      begin_table("`" + key + "` of type `" + alternative.field.key + "`", out);
      add_rows(alternative, key, out);
    }
  }
}

}  // namespace

std::string config_reference() {
  std::string out =
      "# Config reference\n\n"
      "Written by `candor train --reference`; a test compares this file with it. One JSON object "
      "per "
      "run; `//` comments are allowed; a key that is left out takes its default; `null` switches "
      "optional fields off. On the command line `train.epochs=3` sets, `+data.columns.age={...}` "
      "adds "
      "to a map, `~train.clip_norm` returns to the default.\n";
  begin_table("Top level", out);
  for (const auto& member : describe_config().members) add_row(member, member.field.key, out);
  add_variants(describe_config(), "", out);
  return out;
}

}  // namespace candor
