// SPDX-License-Identifier: Apache-2.0
// predictions/SPLIT.jsonl, as predictions_jsonl() writes it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/base/files.h"
#include "core/predictions/prediction_file.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorKind::data, what); }

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// The classes in the order of the probabilities; empty where no report is there to tell.
std::vector<std::string> reported_classes(const fs::path& path, std::size_t count) {
  const auto report = fs::absolute(path).parent_path().parent_path() / "report.json";
  std::error_code ignored;
  if (!fs::is_regular_file(report, ignored)) return {};
  const auto json = parse_json_file(report.string(), ErrorKind::data);
  const auto place = Json::json_pointer("/confusion/labels");
  if (!json.contains(place) || !json.at(place).is_array()) return {};
  std::vector<std::string> classes;
  for (const auto& label : json.at(place)) classes.push_back(text_of(label));
  return classes.size() == count ? classes : std::vector<std::string>{};
}

class Reader {
 public:
  Reader(std::string path, const PredictionRules& rules) : rules_(rules) {
    rows_.path = std::move(path);
  }

  PredictionRows read(const std::string& text) {
    std::int64_t line = 0;
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = std::min(text.find('\n', begin), text.size());
      ++line;
      if (end > begin) add(text.substr(begin, end - begin), line);
      begin = end + 1;
    }
    if (rows_.kind == PredictionKind::probabilities) name_classes();
    return std::move(rows_);
  }

 private:
  void add(const std::string& text, std::int64_t line) {
    rows_.lines.push_back(line);
    place_ = rows_.path + ":" + std::to_string(line);
    const auto row = parse_json(text, place_, ErrorKind::data);
    const auto& output = member(row, "output");
    if (output.contains("nll")) {
      refuse(place_ +
             ": holds the loss of a part of a text; a language model's predictions have no rows to "
             "be evaluated by (candor eval MODEL does it from the text)");
    }
    rows_.ids.push_back(text_of(member(row, "id")));
    rows_.labels.push_back(text_of(member(row, "target")));
    const bool value = output.contains("value");
    if (rows_.lines.size() == 1) {
      rows_.kind = value ? PredictionKind::value : PredictionKind::probabilities;
    }
    if (value != (rows_.kind == PredictionKind::value)) {
      refuse(place_ + ": output is of another kind than in the first line");
    }
    value ? rows_.numbers.push_back(number(member(output, "value"), "value")) : add_classes(output);
    add_extras(row);
  }

  const Json& member(const Json& object, const char* key) const {
    if (object.is_object() && object.contains(key)) return object.at(key);
    refuse(place_ + ": has no '" + key + "', which candor writes into every line");
  }

  double number(const Json& value, const char* key) const {
    if (value.is_number()) return value.get<double>();
    refuse(place_ + ": " + key + " is not a number");
  }

  void add_classes(const Json& output) {
    rows_.decided.push_back(text_of(member(output, "label")));
    const auto& shares = member(output, "probabilities");
    if (!shares.is_array() || shares.size() < 2) {
      refuse(place_ + ": probabilities is not a list of two numbers or more");
    }
    if (count_ == 0) count_ = shares.size();
    if (shares.size() != count_) {
      refuse(fmt::format("{}: has {} probabilities, the first line {}", place_, shares.size(),
                         count_));
    }
    for (const auto& share : shares) rows_.numbers.push_back(number(share, "a probability"));
  }

  void add_extras(const Json& row) {
    if (row.contains("weight")) rows_.weight.push_back(number(row.at("weight"), "weight"));
    if (!rows_.weight.empty() && rows_.weight.size() != rows_.lines.size()) {
      refuse(place_ + ": some lines have a weight and some have none");
    }
    const auto groups = row.value("groups", Json::object());
    if (rules_.groups.empty()) return add_all_groups(groups);
    for (const auto& name : rules_.groups) {
      if (!groups.contains(name)) {
        throw Error(ErrorKind::config,
                    "--groups: " + place_ + " has no group '" + name +
                        "'; candor writes the columns of data.groups into its predictions");
      }
      rows_.groups[name].push_back(text_of(groups.at(name)));
    }
  }

  // Without --groups, those that the file holds.
  void add_all_groups(const Json& groups) {
    if (!groups.is_object()) refuse(place_ + ": groups is not an object");
    for (const auto& [name, value] : groups.items()) rows_.groups[name].push_back(text_of(value));
    for (const auto& [name, values] : rows_.groups) {
      if (values.size() == rows_.lines.size()) continue;
      refuse(place_ + ": some lines have the group '" + name + "' and some have not");
    }
  }

  // The most probable class of a row is at the place of the class that was decided on, unless a
  // threshold decided; a place that rows disagree about tells nothing.
  std::vector<std::string> inferred_classes() const {
    std::vector<std::set<std::string>> seen(count_);
    std::set<std::string> all(rows_.labels.begin(), rows_.labels.end());
    for (std::size_t row = 0; row < rows_.decided.size(); ++row) {
      const auto begin = rows_.numbers.begin() + static_cast<std::ptrdiff_t>(row * count_);
      const auto top = std::max_element(begin, begin + static_cast<std::ptrdiff_t>(count_)) - begin;
      seen[static_cast<std::size_t>(top)].insert(rows_.decided[row]);
      all.insert(rows_.decided[row]);
    }
    std::vector<std::string> classes(count_);
    std::size_t open = 0;
    for (std::size_t k = 0; k < count_; ++k) {
      if (seen[k].size() > 1) return {};
      if (seen[k].empty()) {
        ++open;
      } else {
        classes[k] = *seen[k].begin();
        if (all.erase(classes[k]) == 0) return {};  // a class at two places
      }
    }
    if (open > 1 || all.size() != open) return {};
    if (open == 1) *std::find(classes.begin(), classes.end(), "") = *all.begin();
    return classes;
  }

  void name_classes() {
    rows_.positive_is_last = true;
    rows_.classes = reported_classes(rows_.path, count_);
    if (rows_.classes.empty()) rows_.classes = inferred_classes();
    if (!rows_.classes.empty()) return;
    refuse(rows_.path +
           ": does not tell which probability is which class's; keep it where candor wrote it, in "
           "predictions/ beside its report.json");
  }

  const PredictionRules& rules_;
  PredictionRows rows_;
  std::string place_;
  std::size_t count_ = 0;  // classes
};

}  // namespace

bool is_own_predictions(const std::string& text) {
  const auto line = text.substr(0, text.find('\n'));
  const auto json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  return json.is_object() && json.contains("output") && json.at("output").is_object();
}

PredictionRows parse_own_predictions(const std::string& text, const std::string& path,
                                     const PredictionRules& rules) {
  return Reader(path, rules).read(text);
}

}  // namespace candor
