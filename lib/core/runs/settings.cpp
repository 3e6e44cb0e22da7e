// SPDX-License-Identifier: Apache-2.0
#include "core/runs/settings.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "core/base/files.h"
#include "core/config/describe.h"

namespace candor {
namespace {

// A section is compared as one, whatever is in it, and shown as a whole.
struct Value {
  std::string compared, shown;
};
using Values = std::map<std::string, Value>;

// The last component of each path in "FILE" or ["FILE", ...].
Json names_of(const Json& paths) {
  if (paths.is_string()) return display_name(paths.get<std::string>());
  if (!paths.is_array()) return paths;
  auto names = Json::array();
  for (const auto& path : paths) names.push_back(names_of(path));
  return names;
}

bool names_files(const std::string& key) {
  return key.starts_with("data.files.") || key == "train.init_from.path";
}

std::string value_text(const std::string& key, const Json& value) {
  const auto shown = names_files(key) ? names_of(value) : value;
  if (shown.is_string()) return shown.get<std::string>();
  return shown.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What no result depends on.
bool left_out(const std::string& key) {
  return key == "name" || key == "version" || key == "data.cache";
}

// Every key with its value; of a section, that it is one.
class Flattened {
 public:
  void add(const std::string& prefix, const Json& section, Values& values) {
    for (const auto& [name, value] : section.items()) {
      const auto key = prefix.empty() ? name : prefix + "." + name;
      if (left_out(key)) continue;
      if (std::find(order_.begin(), order_.end(), key) == order_.end()) order_.push_back(key);
      const auto text = value_text(key, value);
      values[key] = {value.is_object() ? "{" : text, text};
      if (value.is_object()) add(key, value, values);
    }
  }
  const std::vector<std::string>& order() const { return order_; }

 private:
  std::vector<std::string> order_;  // of the first config that has a key
};

// Whether a key lies in a map, where to have no entry is to have its default.
bool lies_in_map(const std::string& key) {
  auto above = key_steps(key);
  for (above.pop_back(); !above.empty(); above.pop_back()) {
    for (const auto* place : described_at(above)) {
      if (place->kind == NodeKind::map) return true;
    }
  }
  return false;
}

bool differs(const std::string& key, const std::vector<Values>& all) {
  static const std::string kAbsent;
  const std::string* first = nullptr;
  for (const auto& values : all) {
    const auto found = values.find(key);
    if (found == values.end()) {
      if (values.empty() || !lies_in_map(key)) continue;
      if (first != nullptr && *first != kAbsent) return true;
      first = &kAbsent;
      continue;
    }
    if (first != nullptr && *first != found->second.compared) return true;
    first = &found->second.compared;
  }
  return false;
}

bool lies_in(const std::string& key, const std::string& section) {
  return key.size() > section.size() && key.starts_with(section) && key[section.size()] == '.';
}

// The last `parts` components.
std::string end_of(const std::string& key, std::size_t parts) {
  auto at = key.size();
  for (std::size_t i = 0; i < parts; ++i) {
    if (at == 0) return key;
    const auto point = key.rfind('.', at - 1);
    if (point == std::string::npos) return key;
    at = point;
  }
  return key.substr(at + 1);
}

}  // namespace

SettingTable differing_settings(const std::vector<Json>& configs) {
  Flattened flattened;
  std::vector<Values> all(configs.size());
  for (std::size_t i = 0; i < configs.size(); ++i) {
    if (configs[i].is_object()) flattened.add("", configs[i], all[i]);
  }
  SettingTable table;
  for (const auto& key : flattened.order()) {
    const bool told = std::any_of(table.keys.begin(), table.keys.end(),
                                  [&](const std::string& other) { return lies_in(key, other); });
    if (!told && differs(key, all)) table.keys.push_back(key);
  }
  for (std::size_t i = 0; i < configs.size(); ++i) {
    auto& row = table.values.emplace_back();
    for (const auto& key : table.keys) {
      const auto found = all[i].find(key);
      row.push_back(found == all[i].end() ? std::nullopt : std::optional(found->second.shown));
    }
  }
  return table;
}

std::vector<std::size_t> most_telling(const SettingTable& table) {
  std::vector<std::size_t> places(table.keys.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::vector<std::size_t> counts;
  for (const auto place : places) {
    std::set<std::string> values;
    for (const auto& row : table.values) {
      if (row[place]) values.insert(*row[place]);
    }
    counts.push_back(names_files(table.keys[place]) ? 0 : values.size());
  }
  std::stable_sort(places.begin(), places.end(),
                   [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
  return places;
}

std::vector<std::string> short_keys(const std::vector<std::string>& keys) {
  std::vector<std::string> result;
  for (const auto& key : keys) {
    // "type" alone says nothing.
    std::size_t parts = key.ends_with(".type") ? 2 : 1;
    const auto taken = [&](const std::string& end) {
      if (end != key && describe_config().find(end) != nullptr) return true;
      return std::count_if(keys.begin(), keys.end(), [&](const std::string& other) {
               return other == end || other.ends_with("." + end);
             }) > 1;
    };
    while (end_of(key, parts) != key && taken(end_of(key, parts))) ++parts;
    result.push_back(end_of(key, parts));
  }
  return result;
}

}  // namespace candor
