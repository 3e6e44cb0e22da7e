// SPDX-License-Identifier: Apache-2.0
#include "core/config/former_names.h"

#include <utility>

namespace candor {
namespace {

struct Move {
  const char* data_type;  // only where data.type is this
  std::vector<std::string> from, to;
};

const std::vector<Move>& moves() {
  static const std::vector<Move> table = {
      {"table", {"data", "max_bad_fraction"}, {"data", "clean", "max_bad_fraction"}},
  };
  return table;
}

bool applies(const Move& move, const Json& root) {
  const Json::json_pointer type("/data/type");
  return root.is_object() && root.contains(type) && root.at(type) == move.data_type;
}

std::string pointer(const std::vector<std::string>& path) {
  std::string text;
  for (const auto& step : path) text += pointer_step(step);
  return text;
}

void move_value(const Move& move, Json& root, Problems& problems) {
  const Json::json_pointer from(pointer(move.from)), to(pointer(move.to));
  if (!root.contains(from)) return;
  const auto parent = to.parent_pointer();
  if (root.contains(parent) && !root.at(parent).is_object()) return;  // reading will say so
  auto value = std::move(root.at(from));
  root.at(from.parent_pointer()).erase(move.from.back());
  if (root.contains(to)) {
    return problems.add(from.to_string(), "is the former name of " + to.to_string() +
                                              ", and both are set; keep the new one");
  }
  root[to] = std::move(value);
}

}  // namespace

Json move_former_names(Json json, Problems& problems) {
  for (const auto& move : moves()) {
    if (applies(move, json)) move_value(move, json, problems);
  }
  return json;
}

std::vector<std::string> present_path(const Json& root, std::vector<std::string> path) {
  for (const auto& move : moves()) {
    if (path == move.from && applies(move, root)) return move.to;
  }
  return path;
}

}  // namespace candor
