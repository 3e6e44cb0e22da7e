// SPDX-License-Identifier: Apache-2.0
#include "core/config/gate_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <candor/error.h>

#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/config/data_parts.h"
#include "core/config/metric_list.h"
#include "core/config/problems.h"

namespace candor {
namespace {

constexpr std::string_view kDifference = "_difference";
constexpr std::string_view kRatio = "_ratio";
constexpr std::string_view kToOverall = "_to_overall";
constexpr std::string_view kClassRecall = "recall:";

std::vector<std::string> group_metric_names(TaskType task) {
  std::vector<std::string> names;
  for (const auto& info : group_metric_list()) {
    if (info.task == task) names.emplace_back(info.name);
  }
  return names;
}

bool is_decision_metric(TaskType task, const std::string& name) {
  const auto* info = find_decision_metric_info(name);
  return info != nullptr && info->task == task;
}

void add_decision_names(TaskType task, std::vector<std::string>& names) {
  for (const auto& info : decision_metric_list()) {
    if (info.task == task) names.emplace_back(info.name);
  }
}

bool is_group_metric(TaskType task, std::string_view name) {
  if (task == TaskType::classification && name.starts_with(kClassRecall)) return true;
  const auto* info = find_group_metric_info(name);
  return info != nullptr && info->task == task;
}

bool fits(TaskType task, const Gap& gap) {
  return std::all_of(gap.metrics.begin(), gap.metrics.end(),
                     [&](const std::string& metric) { return is_group_metric(task, metric); });
}

// Of all rows: the metrics of the report, those of groups, the indices of inequality, and those of
// decisions.
std::vector<std::string> overall_names(TaskType task) {
  std::vector<std::string> names;
  for (const auto& info : metric_list()) {
    if (info.task == task) names.emplace_back(info.name);
  }
  for (const auto& name : group_metric_names(task)) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  if (task == TaskType::classification) {
    names.insert(names.end(), {"theil_index", "generalized_entropy_index"});
  }
  add_decision_names(task, names);
  return names;
}

// What may stand behind COLUMN/.
std::vector<std::string> names_by_column(TaskType task) {
  auto names = group_metric_names(task);
  add_decision_names(task, names);
  for (const auto& gap : named_gaps()) {
    if (fits(task, gap)) names.push_back(gap.name);
  }
  return names;
}

std::string endings(TaskType task) {
  return task == TaskType::classification
             ? "; a metric that is not of decisions may end in _difference or _ratio, a gap that "
               "has "
               "a name in _to_overall, and there is recall:LABEL"
             : "; a metric that is not of decisions may end in _difference or _ratio";
}

class GateCheck {
 public:
  GateCheck(TaskType task, const std::vector<std::string>& columns, std::int64_t intersections)
      : task_(task), columns_(columns), intersections_(intersections) {}

  std::vector<std::string> faults(const std::string& name, const GateConfig& gate) const {
    std::vector<std::string> found;
    const auto parsed = parse_gate_name(name, columns_);
    if (parsed.columns.empty()) {
      check_overall(parsed.metric, found);
    } else {
      check_columns(parsed.columns, found);
      check_metric(parsed, found);
    }
    if (!gate.min && !gate.max) found.emplace_back("a gate needs min, max or both");
    if (gate.min && gate.max && *gate.min > *gate.max) {
      found.emplace_back("min is above max, so that no value passes; lower min or raise max");
    } else {
      check_limits(parsed.metric, gate, found);
    }
    return found;
  }

 private:
  // A limit that no value can keep.
  void check_limits(const std::string& metric, const GateConfig& gate,
                    std::vector<std::string>& found) const {
    const auto range = range_of(metric);
    if (!range) return;
    const auto [lowest, highest] = *range;
    if (gate.min && *gate.min > highest) {
      found.push_back(
          fmt::format("min {:g} is above {:g}, the highest value that {} can have; lower it",
                      *gate.min, highest, metric));
    }
    if (gate.max && *gate.max < lowest) {
      found.push_back(
          fmt::format("max {:g} is below {:g}, the lowest value that {} can have; raise it",
                      *gate.max, lowest, metric));
    }
  }

  static std::optional<std::pair<double, double>> range_of(const std::string& metric) {
    if (metric.starts_with(kClassRecall) && !find_gap(metric)) return {{0.0, 1.0}};
    if (const auto* info = find_reported_metric_info(metric)) {
      return {{info->lowest, info->highest}};
    }
    if (const auto* info = find_group_metric_info(metric)) return {{info->lowest, info->highest}};
    return std::nullopt;
  }

  void check_overall(const std::string& metric, std::vector<std::string>& found) const {
    const auto known = overall_names(task_);
    if (std::find(known.begin(), known.end(), metric) != known.end()) return;
    if (task_ == TaskType::classification && metric.starts_with(kClassRecall)) return;
    if (task_ != TaskType::language_model && find_gap(metric) && fits(task_, *find_gap(metric))) {
      found.push_back("a gap is between the groups of a column; write COLUMN/" + metric);
      return;
    }
    found.push_back("not a metric of this task" + hint_and_list(metric, known));
  }

  void check_columns(const std::vector<std::string>& named, std::vector<std::string>& found) const {
    for (const auto& column : named) {
      if (std::find(columns_.begin(), columns_.end(), column) != columns_.end()) continue;
      found.push_back(
          columns_.empty()
              ? "'" + column +
                    "' is not a group column; none is named (in data.groups, or by --groups for a "
                    "file of predictions)"
              : "'" + column + "' is not a group column" + hint_and_list(column, columns_));
    }
    const auto size = static_cast<std::int64_t>(named.size());
    if (size == 1 || size <= intersections_) return;
    found.push_back("crosses " + std::to_string(size) +
                    " columns, and evaluate.intersections allows " +
                    std::to_string(intersections_) + "; raise it or name fewer columns");
  }

  void check_metric(const GateName& name, std::vector<std::string>& found) const {
    const auto& metric = name.metric;
    if (task_ == TaskType::language_model && name.columns.size() > 1) {
      found.emplace_back("texts are not grouped by crossed columns; name one column");
      return;
    }
    if (is_group_metric(task_, metric)) return;
    if (task_ == TaskType::language_model) {
      found.push_back((find_gap(metric) ? "gaps between groups of texts are not measured; bound a "
                                          "metric in every group"
                                        : "not a metric of groups of texts") +
                      hint_and_list(metric, group_metric_names(task_)));
      return;
    }
    if (is_decision_metric(task_, metric)) {
      if (name.columns.size() > 1) {
        found.push_back(metric + " is counted by the groups of single columns; name one column");
      }
      return;
    }
    const auto gap = find_gap(metric);
    if (gap && fits(task_, *gap)) return;
    if (metric.ends_with(kRatio)) {
      const auto part = metric.substr(0, metric.size() - kRatio.size());
      const auto* info = find_group_metric_info(part);
      if (info != nullptr && info->lowest < 0.0 && is_group_metric(task_, part)) {
        found.push_back(part +
                        " may be negative, and a ratio of such numbers says nothing; bound " +
                        part + std::string(kDifference));
        return;
      }
    }
    found.push_back("not a metric or gap of groups" +
                    hint_and_list(metric, names_by_column(task_)) + endings(task_));
  }

  TaskType task_;
  const std::vector<std::string>& columns_;
  std::int64_t intersections_;
};

// Where the columns end and the metric begins: the last "/", but for the label in "recall:LABEL",
// which may hold one.
std::size_t metric_slash(const std::string& name) {
  const auto recall = name.find("/" + std::string(kClassRecall));
  if (recall != std::string::npos) return recall;
  return name.starts_with(kClassRecall) ? std::string::npos : name.rfind('/');
}

std::vector<std::string> split_columns(const std::string& text) {
  std::vector<std::string> columns;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('*', begin), text.size());
    columns.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::sort(columns.begin(), columns.end());
  return columns;
}

}  // namespace

const std::vector<GroupMetricInfo>& group_metric_list() {
  constexpr auto kInfinity = std::numeric_limits<double>::infinity();
  using enum TaskType;
  static const std::vector<GroupMetricInfo> list = {
      {"accuracy", classification, false, true, false, 0, 1},
      {"balanced_accuracy", classification, false, true, false, 0, 1},
      {"recall_macro", classification, false, true, false, 0, 1},
      {"precision", classification, true, true, false, 0, 1},
      {"recall", classification, true, true, false, 0, 1},
      {"f1", classification, true, true, false, 0, 1},
      {"base_rate", classification, true, true, true, 0, 1},
      {"selection_rate", classification, true, true, true, 0, 1},
      {"true_positive_rate", classification, true, true, false, 0, 1},
      {"false_positive_rate", classification, true, false, false, 0, 1},
      {"true_negative_rate", classification, true, true, false, 0, 1},
      {"false_negative_rate", classification, true, false, false, 0, 1},
      {"negative_predictive_value", classification, true, true, false, 0, 1},
      {"roc_auc", classification, true, true, false, 0, 1},
      {"log_loss", classification, false, false, false, 0, kLargestLogLoss},
      {"brier", classification, false, false, false, 0, 2},
      {"ece", classification, false, false, false, 0, 1},
      {"calibration_gap", classification, false, true, true, -1, 1},
      {"rmse", regression, false, false, false, 0, kInfinity},
      {"mae", regression, false, false, false, 0, kInfinity},
      {"mean_error", regression, false, true, true, -kInfinity, kInfinity},
      {"cross_entropy", language_model, false, false, false, 0, kInfinity},
      {"perplexity", language_model, false, false, false, 1, kInfinity},
      {"predictive_entropy", language_model, false, false, false, 0, kInfinity},
  };
  return list;
}

const GroupMetricInfo* find_group_metric_info(std::string_view name) {
  const auto& list = group_metric_list();
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const GroupMetricInfo& info) { return name == info.name; });
  return found == list.end() ? nullptr : &*found;
}

const std::vector<Gap>& named_gaps() {
  static const std::vector<Gap> gaps = {
      {"demographic_parity_difference", {"selection_rate"}},
      {"demographic_parity_ratio", {"selection_rate"}, true},
      {"equalized_odds_difference", {"true_positive_rate", "false_positive_rate"}},
      {"equalized_odds_ratio", {"true_positive_rate", "false_positive_rate"}, true},
      {"average_odds_difference", {"true_positive_rate", "false_positive_rate"}, false, true},
      {"equal_opportunity_difference", {"true_positive_rate"}},
      {"equal_opportunity_ratio", {"true_positive_rate"}, true},
      {"predictive_parity_difference", {"precision"}},
      {"predictive_parity_ratio", {"precision"}, true},
  };
  return gaps;
}

std::optional<Gap> find_gap(const std::string& name) {
  for (const auto& gap : named_gaps()) {
    if (gap.name == name) return gap;
    if (name != gap.name + std::string(kToOverall)) continue;
    auto overall = gap;
    overall.name = name;
    overall.to_overall = true;
    return overall;
  }
  for (const auto ending : {kDifference, kRatio}) {
    if (!name.ends_with(ending)) continue;
    const auto metric = name.substr(0, name.size() - ending.size());
    const auto* info = find_group_metric_info(metric);
    const bool known = info != nullptr || metric.starts_with(kClassRecall);
    // A ratio of numbers that may be negative says nothing.
    if (!known || (ending == kRatio && info != nullptr && info->lowest < 0.0)) continue;
    return Gap{name, {metric}, ending == kRatio};
  }
  return std::nullopt;
}

GateName parse_gate_name(const std::string& name, const std::vector<std::string>& columns) {
  const auto slash = metric_slash(name);
  if (slash == std::string::npos) return {{}, name};
  const auto left = name.substr(0, slash);
  const bool declared = std::find(columns.begin(), columns.end(), left) != columns.end();
  return {declared ? std::vector<std::string>{left} : split_columns(left), name.substr(slash + 1)};
}

std::vector<GateFault> gate_faults(TaskType task, const std::vector<std::string>& columns,
                                   const std::map<std::string, GateConfig>& gates,
                                   std::int64_t intersections) {
  const GateCheck check(task, columns, intersections);
  std::vector<GateFault> faults;
  for (const auto& [name, gate] : gates) {
    for (auto& message : check.faults(name, gate)) faults.push_back({name, std::move(message)});
  }
  return faults;
}

std::vector<GateFault> class_faults(const std::vector<std::string>& classes,
                                    const std::vector<std::string>& columns,
                                    const std::map<std::string, GateConfig>& gates) {
  const auto known = [&](const std::string& label) {
    return std::find(classes.begin(), classes.end(), label) != classes.end();
  };
  std::vector<GateFault> faults;
  for (const auto& [name, gate] : gates) {
    const auto metric = parse_gate_name(name, columns).metric;
    if (!metric.starts_with(kClassRecall)) continue;
    // A class may have a name that ends as a gap's does.
    const auto gap = find_gap(metric);
    const auto label = metric.substr(kClassRecall.size());
    if (known(label) || (gap && known(gap->metrics.front().substr(kClassRecall.size())))) continue;
    faults.push_back({name, "'" + label + "' is not a class" + hint_and_list(label, classes)});
  }
  return faults;
}

void require_known_classes(const RunConfig& config, const std::vector<std::string>& classes) {
  if (config.task.type != TaskType::classification) return;
  std::string text;
  for (const auto& fault : class_faults(classes, data_groups(config), config.evaluate.gates)) {
    text += (text.empty() ? "" : "\n") + ("/evaluate/gates" + pointer_step(fault.gate)) + ": " +
            fault.message;
  }
  if (!text.empty()) throw Error(ErrorKind::config, text);
}

}  // namespace candor
