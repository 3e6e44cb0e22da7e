// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/counted.h"
#include "core/config/gate_names.h"
#include "core/config/metric_list.h"
#include "core/metrics/decisions.h"
#include "core/metrics/gate_verdict.h"
#include "core/metrics/measures.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

class Judge {
 public:
  Judge(const Report& report, std::int64_t min_count, const GroupStudy* study,
        const MeasureAt& measure_at)
      : report_(report), min_count_(min_count), study_(study), measure_at_(measure_at) {}

  GateResult judge(const std::string& name, const GateConfig& limits) {
    GateResult gate;
    gate.metric = name;
    gate.min = limits.min;
    gate.max = limits.max;
    gate.confidence = limits.confidence.value_or(report_.confidence);
    const auto columns = column_names();
    const auto parsed = parse_gate_name(name, columns);
    const auto faults = gate_faults(task_of(report_.kind), columns, {{name, limits}}, crossed());
    const auto limit = study_ == nullptr ? std::string() : study_->fault(parsed.metric);
    if (!faults.empty()) {
      gate.reason = faults.front().message;
    } else if (!limit.empty()) {
      gate.reason = fmt::format("{} is undefined: {}", parsed.metric, limit);
    } else if (parsed.columns.empty()) {
      judge_all_rows(parsed.metric, gate);
    } else {
      judge_columns(parsed, gate);
    }
    gate.passed = gate.state == GateState::passed;
    return gate;
  }

 private:
  std::vector<std::string> column_names() const {
    std::vector<std::string> names;
    if (study_ == nullptr) {
      for (const auto& row : report_.groups) {
        if (names.empty() || names.back() != row.column) names.push_back(row.column);
      }
      return names;
    }
    for (const auto& table : study_->tables().tables) {
      if (table.column->columns.size() == 1) names.push_back(table.column->columns.front());
    }
    return names;
  }
  std::int64_t crossed() const { return study_ == nullptr ? 1 : study_->options().intersections; }

  const Metric* measured_again(const std::string& name, double level) {
    auto [entry, added] = again_.try_emplace(level);
    if (added) entry->second = measure_at_.all(level);
    return find_metric(entry->second, name);
  }

  const std::vector<GroupRow>& document_groups(double level) {
    auto [entry, added] = groups_again_.try_emplace(level);
    if (added) entry->second = measure_at_.document_groups(level);
    return entry->second;
  }

  // Proportions exactly, others by their own method with ends of the gate's confidence.
  Metric metric_of_all(const std::string& name, double confidence) {
    const auto level = two_sided_level(confidence);
    if (study_ != nullptr && group_share(study_->all(), name)) {
      return group_metric(study_->all(), name, {level, true});
    }
    if (find_decision_metric_info(name) != nullptr) {
      return report_.decision ? decision_metric(report_.decision->all, name, level)
                              : no_decisions(name);
    }
    if (report_.find(name) != nullptr) {
      if (const auto* metric = measured_again(name, level)) return *metric;
    }
    if (study_ == nullptr) return undefined_metric(name, "not measured");
    const auto indices = inequality_indices(study_->tables().all, level);
    if (const auto* index = find_metric(indices, name)) return *index;
    return group_metric(study_->all(), name, {level, true});
  }

  static Metric no_decisions(const std::string& name) {
    return undefined_metric(name, "nothing here gives sets, intervals or abstentions");
  }

  static Metric decision_metric(const DecisionTally& tally, const std::string& name, double level) {
    const auto metrics = decision_metrics(tally, level, /*exact=*/true);
    const auto* metric = find_metric(metrics, name);
    return metric == nullptr ? no_decisions(name) : *metric;
  }

  void judge_all_rows(const std::string& name, GateResult& gate) {
    const auto metric = metric_of_all(name, gate.confidence);
    GateCase one;
    one.subject = name;
    one.rows = report_.count;
    one.passing = one.failing = {metric.value, metric.low, metric.high, metric.reason};
    one.unbounded = metric.reason == kNoEnds;
    set_verdict(gate, {one}, metric.method);
  }

  void judge_columns(const GateName& parsed, GateResult& gate) {
    if (find_decision_metric_info(parsed.metric) != nullptr) {
      return judge_decisions(parsed.columns.front(), parsed.metric, gate);
    }
    if (study_ == nullptr) return judge_documents(parsed.columns.front(), parsed.metric, gate);
    const auto* table = study_->find(parsed.columns);
    if (table == nullptr) {
      gate.reason = "these columns are not crossed in the report";
      return;
    }
    const auto groups = study_->compared(*table);
    if (groups.groups.empty()) {
      gate.reason = "no rows";
      return;
    }
    const auto gap = find_gap(parsed.metric);
    if (gap && !is_class_recall(parsed.metric)) return judge_gap(groups, *gap, gate);
    std::vector<JudgedGroup> judged;
    for (std::size_t g = 0; g < groups.groups.size(); ++g) {
      const auto& view = groups.groups[g];
      judged.push_back({groups.names[g], view.sums->rows, [&](double level) {
                          return group_metric(view, parsed.metric, {level, true});
                        }});
    }
    judge_groups(judged, parsed.metric, gate);
  }

  void judge_documents(const std::string& column, const std::string& name, GateResult& gate) {
    std::vector<JudgedGroup> judged;
    for (std::size_t g = 0; g < report_.groups.size(); ++g) {
      const auto& group = report_.groups[g];
      if (group.column != column) continue;
      judged.push_back({group.value, group.count, [&, g](double level) {
                          const auto* metric = find_metric(document_groups(level)[g].metrics, name);
                          return metric == nullptr ? undefined_metric(name, "not measured")
                                                   : *metric;
                        }});
    }
    judge_groups(judged, name, gate);
  }

  void judge_decisions(const std::string& column, const std::string& name, GateResult& gate) {
    std::vector<JudgedGroup> judged;
    if (report_.decision) {
      const auto& decision = *report_.decision;
      for (std::size_t g = 0; g < decision.by_group.size(); ++g) {
        const auto& group = decision.groups[g];
        if (group.column != column) continue;
        judged.push_back({group.value, group.count, [&, g](double level) {
                            return decision_metric(decision.by_group[g], name, level);
                          }});
      }
    }
    if (judged.empty()) {
      gate.reason = name + " is undefined: " + no_decisions(name).reason;
      return;
    }
    judge_groups(judged, name, gate);
  }

  // A class may have a name that ends as a gap's does.
  bool is_class_recall(const std::string& name) const {
    const auto& names = study_->labels();
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& label) { return name == "recall:" + label; });
  }

  struct JudgedGroup {
    std::string name;
    std::int64_t rows = 0;
    std::function<Metric(double level)> metric;
  };

  void judge_groups(const std::vector<JudgedGroup>& groups, const std::string& name,
                    GateResult& gate) {
    const auto count = static_cast<double>(groups.size());
    const auto alone = two_sided_level(gate.confidence);
    const auto together = two_sided_level(1.0 - (1.0 - gate.confidence) / count);
    std::vector<GateCase> cases;
    std::string method;
    for (const auto& group : groups) {
      const auto passing = group.metric(alone);
      const auto failing = group.metric(together);
      GateCase one;
      one.group = group.name;
      one.subject = fmt::format("{} of '{}'", name, one.group);
      one.rows = group.rows;
      one.unit = group_unit(report_.kind);
      one.passing = {passing.value, passing.low, passing.high, passing.reason};
      one.failing = {failing.value, failing.low, failing.high, failing.reason};
      one.unbounded = passing.reason == kNoEnds;
      if (one.rows < min_count_) one.blocked = few_rows(one.group, one.rows);
      if (passing.low) method = passing.method;
      cases.push_back(std::move(one));
    }
    set_verdict(gate, cases, method);
  }

  std::string few_rows(const std::string& group, std::int64_t rows) const {
    const bool texts = report_.kind == OutputKind::language_model;
    return fmt::format("'{}' has {}, fewer than evaluate.min_count {}", group,
                       counted(rows, texts ? "document" : "row"), min_count_);
  }

  void judge_gap(const ComparedGroups& groups, const Gap& gap, GateResult& gate) {
    const auto bounds = judged_gap(groups, gap, gate.confidence);
    GateCase one;
    one.subject =
        bounds.lowest.empty() || bounds.lowest == bounds.highest
            ? gap.name
            : fmt::format("{} between '{}' and '{}'", gap.name, bounds.lowest, bounds.highest);
    one.rows = study_->tables().all.rows;
    one.passing = one.failing = {bounds.value, bounds.low, bounds.high, bounds.reason};
    for (std::size_t g = 0; g < groups.groups.size(); ++g) {
      const auto rows = groups.groups[g].sums->rows;
      if (rows < min_count_) one.cannot_pass = few_rows(groups.names[g], rows);
    }
    if (!bounds.left_out.empty()) {
      one.cannot_pass = fmt::format("it is undefined in '{}'", bounds.left_out.front());
    }
    set_verdict(gate, {one}, bounds.method);
  }

  const Report& report_;
  std::int64_t min_count_;
  const GroupStudy* study_;
  const MeasureAt& measure_at_;
  std::map<double, std::vector<Metric>> again_;           // by confidence
  std::map<double, std::vector<GroupRow>> groups_again_;  // by confidence
};

}  // namespace

std::vector<GateResult> judge_gates(const Report& report, const EvaluateConfig& config,
                                    const GroupStudy* study, const MeasureAt& measure_at) {
  Judge judge(report, config.min_count, study, measure_at);
  std::vector<GateResult> results;
  for (const auto& [name, limits] : config.gates) results.push_back(judge.judge(name, limits));
  return results;
}

}  // namespace candor
