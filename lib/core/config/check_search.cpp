// SPDX-License-Identifier: Apache-2.0
#include "core/config/check_search.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/config/config_json.h"
#include "core/config/data_parts.h"
#include "core/config/describe.h"

namespace candor {
namespace {

// The variants whose type these steps set; none where they set something else.
std::vector<const Description*> variants_of(std::vector<std::string> steps) {
  if (steps.back() != "type") return {};
  steps.pop_back();
  auto places = described_at(steps);
  std::erase_if(places, [](const Description* place) { return place->kind != NodeKind::variant; });
  return places;
}

std::vector<std::string> keys_of(const Description& section) {
  std::vector<std::string> keys;
  for (const auto& member : section.members) keys.emplace_back(member.field.key);
  return keys;
}

std::optional<std::string> fault_of(const Description& node, const Json& value,
                                    const std::string& at);

std::string below(const std::string& at, const std::string& key) {
  return at.empty() ? key : at + "." + key;
}

// Of an object with keys: of a variant without its type.
std::optional<std::string> fault_of_section(const Description& section, const Json& value,
                                            const std::string& at, bool of_variant) {
  for (const auto& [key, one] : value.items()) {
    if (of_variant && key == "type") continue;
    const auto* member = section.find(key);
    if (member == nullptr) {
      return "unknown key '" + below(at, key) + "'" + hint_and_list(key, keys_of(section));
    }
    if (auto fault = fault_of(*member, one, below(at, key))) return fault;
  }
  for (const auto& member : section.members) {
    if (member.required && !value.contains(member.field.key)) {
      return "it lacks '" + below(at, member.field.key) + "'";
    }
  }
  return std::nullopt;
}

std::optional<std::string> fault_of_variant(const Description& variant, const Json& value,
                                            const std::string& at) {
  const auto& source = value.contains("type") ? value : variant.default_value;
  const auto type = source.is_object() ? source.value("type", Json()) : Json();
  const auto* chosen = type.is_string() ? variant.find(type.get<std::string>()) : nullptr;
  if (chosen != nullptr) return fault_of_section(*chosen, value, at, true);
  return below(at, "type") + " is " + type.dump() + ", expected one of " + join(keys_of(variant));
}

// What is wrong with a value there, whatever else the config says: its kind, its range, its words,
// and of objects their keys. `at` is its place in the value that was given.
std::optional<std::string> fault_of(const Description& node, const Json& value,
                                    const std::string& at) {
  const auto told = [&](bool fits) {
    if (fits) return std::optional<std::string>();
    const auto place = at.empty() ? "" : "'" + at + "' is " + value.dump() + ", ";
    return std::optional(place + "expected " + expected_text(node));
  };
  if (value.is_null()) return told(node.optional);
  switch (node.kind) {
    case NodeKind::boolean: return told(value.is_boolean());
    case NodeKind::integer: return told(value.is_number_integer() && node.field.allows(value));
    case NodeKind::number: return told(value.is_number() && node.field.allows(value));
    case NodeKind::string: return told(value.is_string());
    case NodeKind::choice:
      return told(value.is_string() &&
                  std::find(node.choices.begin(), node.choices.end(), value) != node.choices.end());
    case NodeKind::list:
      return told(value.is_array() &&
                  std::all_of(value.begin(), value.end(), [&](const Json& item) {
                    return !fault_of(node.members.front(), item, at);
                  }));
    case NodeKind::section:
      if (node.number_too && value.is_number()) return std::nullopt;
      return value.is_object() ? fault_of_section(node, value, at, false) : told(false);
    case NodeKind::variant:
      return value.is_object() ? fault_of_variant(node, value, at) : told(false);
    case NodeKind::map:
      if (!value.is_object()) return told(false);
      for (const auto& [key, one] : value.items()) {
        if (auto fault = fault_of(node.members.front(), one, below(at, key))) return fault;
      }
      return std::nullopt;
    case NodeKind::paths: return told(value.is_string() || value.is_array());
    case NodeKind::any: return std::nullopt;
  }
  return std::nullopt;
}

// The first part of a key that leads nowhere, and the keys that may stand there; or the plain value
// that nothing stands below.
struct WrongKey {
  std::string key;
  std::vector<std::string> instead;
  const Description* plain = nullptr;
  std::string plain_key;
};
WrongKey wrong_key(const std::vector<std::string>& steps) {
  auto right = steps;
  while (!right.empty() && described_at(right).empty()) right.pop_back();
  const auto at = joined_steps(right);
  const auto path = right.empty() ? "" : at + ".";
  WrongKey wrong{path + steps[right.size()], {}, nullptr, at};
  const auto add = [&](const Description& section) {
    for (const auto& member : section.members) wrong.instead.push_back(path + member.field.key);
  };
  const auto places = described_at(right);
  for (const auto* place : places) {
    if (place->kind == NodeKind::section) add(*place);
    if (place->kind != NodeKind::variant) continue;
    if (steps[right.size()] == "type") {
      return {joined_steps(steps), {}, place, path + "type"};
    }
    wrong.instead.push_back(path + "type");
    for (const auto& type : place->members) add(type);
  }
  std::sort(wrong.instead.begin(), wrong.instead.end());
  wrong.instead.erase(std::unique(wrong.instead.begin(), wrong.instead.end()), wrong.instead.end());
  if (wrong.instead.empty()) wrong.plain = places.front();
  return wrong;
}

std::string unknown_key(const WrongKey& wrong, const std::string& key) {
  const auto unknown = "unknown key" + (wrong.key == key ? "" : " '" + wrong.key + "'");
  if (wrong.plain == nullptr) return unknown + hint_and_list(wrong.key, wrong.instead);
  const auto what = wrong.plain->kind == NodeKind::variant ? "one of " + join(keys_of(*wrong.plain))
                                                           : expected_text(*wrong.plain);
  return fmt::format("{}: {} is {} and has no keys; search {}", unknown, wrong.plain_key, what,
                     wrong.plain_key);
}

bool begins_with(const std::vector<std::string>& steps, const std::vector<std::string>& first) {
  return steps.size() >= first.size() && std::equal(first.begin(), first.end(), steps.begin());
}

// The key that the rest of `steps` may mean where the config's map has an entry with points.
std::optional<std::string> key_with_points(const std::vector<std::string>& steps, std::size_t first,
                                           const Json& map) {
  const auto at = [&](std::size_t i) { return steps.begin() + static_cast<std::ptrdiff_t>(i); };
  for (auto end = first + 2; end <= steps.size(); ++end) {
    const auto name = join({at(first), at(end)}, ".");
    if (!map.contains(name)) continue;
    auto meant = std::vector<std::string>(steps.begin(), at(first));
    meant.push_back(name);
    meant.insert(meant.end(), at(end), steps.end());
    return joined_steps(meant);
  }
  return std::nullopt;
}

// As it stands between the quotes of JSON.
std::string in_json(const std::string& key) {
  const auto quoted = Json(key).dump(-1, ' ', false, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

// How many of `steps` the config has, and what stands there.
struct Reached {
  std::size_t steps = 0;
  Json value;
};
Reached reach(const RunConfig& config, const std::vector<std::string>& steps) {
  const auto whole = config_json(config);
  const Json* json = &whole;
  std::size_t done = 0;
  while (done < steps.size() && json->is_object() && json->contains(steps[done])) {
    json = &json->at(steps[done++]);
  }
  return {done, *json};
}

std::vector<std::string> first_steps(const std::vector<std::string>& steps, std::size_t count) {
  return {steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(count)};
}

// A key without a default in a section on the way of `steps` that the config does not have, and
// that the search does not set either.
std::optional<std::string> unset_key(const RunConfig& config, const std::vector<std::string>& steps,
                                     const Reached& reached) {
  if (!reached.value.is_null()) return std::nullopt;
  for (auto count = reached.steps; count < steps.size(); ++count) {
    const auto above = first_steps(steps, count);
    const bool as_a_whole =
        std::any_of(config.search.begin(), config.search.end(), [&](const auto& searched) {
          const auto whole = key_steps(searched.first);
          return whole != steps && begins_with(above, whole);
        });
    if (as_a_whole) return std::nullopt;
    for (const auto* place : described_at(above)) {
      if (place->kind != NodeKind::section) continue;
      for (const auto& member : place->members) {
        auto key = joined_steps(above) + "." + member.field.key;
        if (member.required && !config.search.contains(key)) return key;
      }
    }
  }
  return std::nullopt;
}

// The first entry of a map on the way of `steps` that the config does not have.
struct AbsentEntry {
  std::string map, name;
  std::optional<std::string> meant;  // the key, where an entry with points is meant
};
std::optional<AbsentEntry> absent_entry(const std::vector<std::string>& steps,
                                        const Reached& reached) {
  if (reached.steps == steps.size() || !reached.value.is_object()) return std::nullopt;
  const auto above = first_steps(steps, reached.steps);
  const auto places = described_at(above);
  const bool in_map = std::any_of(places.begin(), places.end(),
                                  [](const auto* place) { return place->kind == NodeKind::map; });
  if (!in_map) return std::nullopt;  // of another type of a variant
  return AbsentEntry{joined_steps(above), steps[reached.steps],
                     key_with_points(steps, reached.steps, reached.value)};
}

class SearchChecker {
 public:
  SearchChecker(const RunConfig& config, Problems& problems)
      : config_(config), problems_(problems) {}

  void run() {
    for (const auto& [key, space] : config_.search) check_space(key, space);
    if (!config_.search.empty()) check_tune();
  }

 private:
  void check_space(const std::string& key, const SearchSpace& space) {
    const auto at = "/search" + pointer_step(key);
    if (!check_searched_key(at, key)) return;
    const int given = int{!space.log.empty()} + int{!space.uniform.empty()} +
                      int{!space.integer.empty()} + int{!space.choice.empty()};
    if (given != 1) {
      problems_.add(at, given == 0 ? "needs values: one of log, uniform, integer and choice, and "
                                     "not an empty one"
                                   : "has more than one of log, uniform, integer and choice; "
                                     "leave one");
      return;
    }
    check_values(at, key, space);
    check_range(at + "/log", space.log);
    check_range(at + "/uniform", space.uniform);
    check_range(at + "/integer", space.integer);
    if (!space.log.empty() && space.log.front() <= 0.0) {
      problems_.add(at + "/log", "needs numbers above 0");
    }
  }

  template <class T>
  void check_range(const std::string& at, const std::vector<T>& range) {
    if (range.empty() || (range.size() == 2 && range[0] < range[1])) return;
    problems_.add(at, "needs two numbers, of which the second is above the first");
  }

  // Every choice, and both ends of a range.
  void check_values(const std::string& at, const std::string& key, const SearchSpace& space) {
    const auto steps = key_steps(key);
    if (const auto variants = variants_of(steps); !variants.empty()) {
      return check_types(at, variants, space);
    }
    const auto places = described_at(steps);
    if (places.empty()) return;
    const bool range = !space.log.empty() || !space.uniform.empty();
    const bool whole = std::any_of(places.begin(), places.end(), [](const Description* place) {
      return place->kind == NodeKind::integer;
    });
    const auto* advice = range && whole ? "; \"integer\" and \"choice\" draw whole numbers" : "";
    const auto check = [&](const Json& value) {
      const bool fits = std::any_of(places.begin(), places.end(), [&](const Description* place) {
        return !fault_of(*place, value, "");
      });
      if (!fits) {
        problems_.add(at, fmt::format("no trial can have {}, {}{}", value.dump(),
                                      *fault_of(*places.front(), value, ""), advice));
      }
      return fits;
    };
    for (const auto& value : space.choice) check(Json::parse(value.json));
    for (const auto value : space.integer) check(value);
    for (const auto* range : {&space.log, &space.uniform}) {
      // One end tells what is wrong with both.
      for (const auto value : *range) {
        if (!check(value)) break;
      }
    }
  }

  void check_types(const std::string& at, const std::vector<const Description*>& variants,
                   const SearchSpace& space) {
    std::vector<std::string> types;
    for (const auto* variant : variants) {
      for (auto& name : keys_of(*variant)) types.push_back(std::move(name));
    }
    for (const auto& value : space.choice) {
      const auto json = Json::parse(value.json);
      const bool fits = json.is_string() && std::find(types.begin(), types.end(),
                                                      json.get<std::string>()) != types.end();
      if (fits) continue;
      problems_.add(
          at, fmt::format("no trial can have {}, expected one of {}", json.dump(), join(types)));
    }
  }

  bool refuse(const std::string& at, const std::string& what) {
    problems_.add(at, what);
    return false;
  }

  // Whether the key may be searched.
  bool check_searched_key(const std::string& at, const std::string& key) {
    const auto steps = key_steps(key);
    if (std::find(steps.begin(), steps.end(), "") != steps.end()) {
      return refuse(at,
                    "the key is not a path of names between points; a name that has points "
                    "itself goes in double quotes: data.columns.\\\"a.b\\\".scale");
    }
    if (joined_steps(steps) != key) {
      return refuse(at, "write it " + in_json(joined_steps(steps)) +
                            ": names with points or = in them go in double quotes, others do not");
    }
    for (const auto* fixed :
         {"version", "name", "evaluate", "cross_validation", "search", "tune"}) {
      if (steps.front() != fixed) continue;
      return refuse(at, "'" + steps.front() + "' is the same for every trial; search other keys");
    }
    for (const auto* unjudged : {"calibration", "data.groups", "train.metric"}) {
      if (!begins_with(steps, key_steps(unjudged))) continue;
      return refuse(at, std::string("'") + unjudged +
                            "' has no part in how trials are judged; search other keys, and set it "
                            "in the config");
    }
    if (changes_rows(steps)) {
      return refuse(at,
                    "every trial must be judged on the same rows and by the same target; "
                    "search other keys");
    }
    if (const auto whole = off_in_some_trials(steps)) {
      return refuse(at, fmt::format("'{}' is searched as well, and null in some trials, which then "
                                    "have no {}; search one of them",
                                    *whole, key));
    }
    // Of a variant in any of its types: the file or another key of the search may choose that one.
    const bool known = !described_at(steps).empty() || !variants_of(steps).empty();
    const auto reached = reach(config_, steps);
    const auto absent = absent_entry(steps, reached);
    if (absent && absent->meant) {
      return refuse(
          at, "a name that has points itself goes in double quotes: " + in_json(*absent->meant));
    }
    if (!known) {
      const auto in_map = absent ? "; a name that has points itself goes in double quotes" : "";
      return refuse(at, unknown_key(wrong_key(steps), key) + in_map);
    }
    if (absent) {
      return refuse(at, fmt::format("'{}' is not in {}, so that no trial can change it; add it "
                                    "there, or search other keys",
                                    absent->name, absent->map));
    }
    if (const auto unset = unset_key(config_, steps, reached)) {
      return refuse(at, fmt::format("every trial would lack {}, which has no default; set it in "
                                    "the config",
                                    *unset));
    }
    return true;
  }

  // A key above that is searched as a whole, with null among its values.
  std::optional<std::string> off_in_some_trials(const std::vector<std::string>& steps) const {
    for (const auto& [key, space] : config_.search) {
      const auto whole = key_steps(key);
      if (whole.size() >= steps.size() || !begins_with(steps, whole)) continue;
      const bool off = std::any_of(space.choice.begin(), space.choice.end(), [](const auto& value) {
        return Json::parse(value.json).is_null();
      });
      if (off) return key;
    }
    return std::nullopt;
  }

  // Whether the key is, holds or lies in what all trials have to share.
  bool changes_rows(const std::vector<std::string>& steps) const {
    std::vector<std::vector<std::string>> shared = {{"data", "files"}, {"data", "split"}, {"task"}};
    if (config_.task.target) shared.push_back({"data", "columns", *config_.task.target});
    return std::any_of(shared.begin(), shared.end(), [&](const auto& one) {
      return begins_with(steps, one) || begins_with(one, steps);
    });
  }

  void check_tune() {
    const auto& tune = config_.tune;
    const bool validation_rows =
        data_split(config_).validation ||
        std::visit([](const auto& data) { return data.files.validation.has_value(); },
                   config_.data);
    if (tune.score == SearchScore::validation && !validation_rows) {
      problems_.add("/tune/score",
                    "tune.score validation needs validation rows; set data.split.validation, or "
                    "tune.score to \"cross_validation\"");
    }
    if (tune.score == SearchScore::cross_validation && !config_.cross_validation) {
      problems_.add(
          "/tune/score",
          "tune.score cross_validation needs cross_validation, for example {\"folds\": 5}");
    }
    if (tune.score == SearchScore::cross_validation && tune.method == SearchMethod::halving) {
      problems_.add("/tune/method",
                    "tune.method halving judges unfinished trials by validation rows; set "
                    "tune.score to \"validation\", or tune.method to \"random\"");
    }
  }

  const RunConfig& config_;
  Problems& problems_;
};

}  // namespace

void check_search(const RunConfig& config, Problems& problems) {
  SearchChecker(config, problems).run();
}

}  // namespace candor
