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

// Whether a value may stand there, whatever else the config says: its kind, its range, its words.
bool accepts(const Description& node, const Json& value) {
  if (value.is_null()) return node.optional;
  switch (node.kind) {
    case NodeKind::boolean: return value.is_boolean();
    case NodeKind::integer: return value.is_number_integer() && node.field.allows(value);
    case NodeKind::number: return value.is_number() && node.field.allows(value);
    case NodeKind::string: return value.is_string();
    case NodeKind::choice:
      return value.is_string() &&
             std::find(node.choices.begin(), node.choices.end(), value) != node.choices.end();
    case NodeKind::list:
      return value.is_array() && std::all_of(value.begin(), value.end(), [&](const Json& item) {
               return accepts(node.members.front(), item);
             });
    case NodeKind::section: return value.is_object() || (node.number_too && value.is_number());
    case NodeKind::variant:
    case NodeKind::map: return value.is_object();
    case NodeKind::paths: return value.is_string() || value.is_array();
    case NodeKind::any: return true;
  }
  return true;
}

// The first part of a key that leads nowhere, and the keys that may stand there.
struct WrongKey {
  std::string key;
  std::vector<std::string> instead;
};
WrongKey wrong_key(const std::vector<std::string>& steps) {
  auto right = steps;
  while (!right.empty() && described_at(right).empty()) right.pop_back();
  const auto path = right.empty() ? "" : join(right, ".") + ".";
  WrongKey wrong{path + steps[right.size()], {}};
  const auto add = [&](const Description& section) {
    for (const auto& member : section.members) wrong.instead.push_back(path + member.field.key);
  };
  for (const auto* place : described_at(right)) {
    if (place->kind == NodeKind::section) add(*place);
    if (place->kind != NodeKind::variant) continue;
    wrong.instead.push_back(path + "type");
    for (const auto& type : place->members) add(type);
  }
  std::sort(wrong.instead.begin(), wrong.instead.end());
  wrong.instead.erase(std::unique(wrong.instead.begin(), wrong.instead.end()), wrong.instead.end());
  return wrong;
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
    for (const auto* place : described_at(above)) {
      if (place->kind != NodeKind::section) continue;
      for (const auto& member : place->members) {
        auto key = join(above, ".") + "." + member.field.key;
        if (member.required && !config.search.contains(key)) return key;
      }
    }
  }
  return std::nullopt;
}

// The first entry of a map on the way of `steps` that the config does not have.
struct AbsentEntry {
  std::string map, name;
};
std::optional<AbsentEntry> absent_entry(const std::vector<std::string>& steps,
                                        const Reached& reached) {
  if (reached.steps == steps.size() || !reached.value.is_object()) return std::nullopt;
  const auto above = first_steps(steps, reached.steps);
  const auto places = described_at(above);
  const bool in_map = std::any_of(places.begin(), places.end(),
                                  [](const auto* place) { return place->kind == NodeKind::map; });
  if (!in_map) return std::nullopt;  // of another type of a variant
  return AbsentEntry{join(above, "."), steps[reached.steps]};
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
    check_searched_key(at, key);
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
        return accepts(*place, value);
      });
      if (!fits) {
        problems_.add(at, fmt::format("no trial can have {}, expected {}{}", value.dump(),
                                      expected_text(*places.front()), advice));
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
      for (const auto& type : variant->members) types.emplace_back(type.field.key);
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

  void check_searched_key(const std::string& at, const std::string& key) {
    const auto steps = key_steps(key);
    for (const auto* fixed :
         {"version", "name", "evaluate", "cross_validation", "search", "tune"}) {
      if (steps.front() != fixed) continue;
      problems_.add(at, "'" + steps.front() + "' is the same for every trial; search other keys");
      return;
    }
    for (const auto* unjudged : {"calibration", "data.groups", "train.metric"}) {
      if (key != unjudged && !key.starts_with(unjudged + std::string("."))) continue;
      problems_.add(at, std::string("'") + unjudged +
                            "' has no part in how trials are judged; search other keys, and set it "
                            "in the config");
      return;
    }
    const auto of_target = "data.columns." + config_.task.target.value_or("") + ".";
    if (key.starts_with("data.files") || key.starts_with("data.split") ||
        key.starts_with("task.") || (config_.task.target && key.starts_with(of_target))) {
      problems_.add(at,
                    "every trial must be judged on the same rows and by the same target; "
                    "search other keys");
      return;
    }
    // Of a variant in any of its types: the file or another key of the search may choose that one.
    if (!described_at(steps).empty() || !variants_of(steps).empty()) {
      const auto reached = reach(config_, steps);
      if (const auto absent = absent_entry(steps, reached)) {
        problems_.add(at, fmt::format("'{}' is not in {}, so that no trial can change it; add it "
                                      "there, or search other keys",
                                      absent->name, absent->map));
      } else if (const auto unset = unset_key(config_, steps, reached)) {
        problems_.add(at, fmt::format("every trial would lack {}, which has no default; set it in "
                                      "the config",
                                      *unset));
      }
      return;
    }
    const auto wrong = wrong_key(steps);
    problems_.add(at, "unknown key" + (wrong.key == key ? "" : " '" + wrong.key + "'") +
                          hint_and_list(wrong.key, wrong.instead));
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
