// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_metrics.h"

#include <algorithm>
#include <cmath>

#include "core/config/gate_names.h"
#include "core/metrics/beside_all.h"
#include "core/metrics/calibration_error.h"

namespace candor {
namespace {

constexpr const char* kNoRows = "no rows";
constexpr std::string_view kClassRecall = "recall:";
// Recalls by class are listed up to here; a gate may name any.
constexpr std::size_t kMostListedClasses = 20;

struct NamedShare {
  Share share;
  const char* empty_reason = kNoRows;
};

struct Part {
  double weight, squares, rows;
};
Part truth_of(const ClassSums& one) { return {one.truth, one.truth_squares, one.truth_rows}; }
Part predicted_of(const ClassSums& one) {
  return {one.predicted, one.predicted_squares, one.predicted_rows};
}
Part hit_of(const ClassSums& one) { return {one.hit, one.hit_squares, one.hit_rows}; }
// Every row is of one class.
Part all_of(const GroupSums& sums) {
  Part all{sums.weight, sums.weight_squares, 0.0};
  for (const auto& one : sums.classes) all.rows += one.truth_rows;
  return all;
}

Share make_share(const GroupSums& sums, const Part& hit, const Part& total) {
  Share share;
  share.hit = hit.weight;
  share.hit_of_squares = hit.squares;
  share.total = total.weight;
  share.total_of_squares = total.squares;
  share.rows = total.rows;
  share.weighted = sums.weighted;
  return share;
}

Share recall_share(const GroupSums& sums, std::size_t label) {
  const auto& one = sums.classes[label];
  return make_share(sums, hit_of(one), truth_of(one));
}

Share rest_of(Share share) {
  share.hit = share.total - share.hit;
  share.hit_of_squares = share.total_of_squares - share.hit_of_squares;
  return share;
}

std::optional<NamedShare> two_class_share(const GroupSums& sums, std::string_view name) {
  constexpr const char* kNoPositives = "no positive rows";
  constexpr const char* kNoNegatives = "no negative rows";
  const auto& negative = sums.classes[0];
  const auto& positive = sums.classes[1];
  if (name == "base_rate") {
    return NamedShare{make_share(sums, truth_of(positive), all_of(sums))};
  }
  if (name == "selection_rate") {
    return NamedShare{make_share(sums, predicted_of(positive), all_of(sums))};
  }
  if (name == "recall" || name == "true_positive_rate") {
    return NamedShare{recall_share(sums, 1), kNoPositives};
  }
  if (name == "false_negative_rate")
    return NamedShare{rest_of(recall_share(sums, 1)), kNoPositives};
  if (name == "true_negative_rate") return NamedShare{recall_share(sums, 0), kNoNegatives};
  if (name == "false_positive_rate")
    return NamedShare{rest_of(recall_share(sums, 0)), kNoNegatives};
  if (name == "precision") {
    return NamedShare{make_share(sums, hit_of(positive), predicted_of(positive)),
                      "no row is predicted positive"};
  }
  if (name == "negative_predictive_value") {
    return NamedShare{make_share(sums, hit_of(negative), predicted_of(negative)),
                      "no row is predicted negative"};
  }
  return std::nullopt;
}

std::optional<NamedShare> class_share(const GroupView& group, std::string_view name) {
  if (!name.starts_with(kClassRecall)) return std::nullopt;
  const auto label = name.substr(kClassRecall.size());
  const auto found = std::find(group.labels->begin(), group.labels->end(), label);
  if (found == group.labels->end()) return NamedShare{Share{}, "the model has no such class"};
  return NamedShare{
      recall_share(*group.sums, static_cast<std::size_t>(found - group.labels->begin())),
      "class does not occur"};
}

std::optional<NamedShare> named_share(const GroupView& group, std::string_view name) {
  const auto& sums = *group.sums;
  if (name == "accuracy") return NamedShare{accuracy_share(sums)};
  if (sums.classes.size() == 2) {
    if (const auto share = two_class_share(sums, name)) return share;
  }
  return class_share(group, name);
}

Metric share_value(const std::string& name, const NamedShare& named, const GroupLevel& level) {
  return estimated_share(name, named.share, named.empty_reason, level.confidence, level.exact);
}

// Mean of the recalls of the classes that occur, which have no row in common: their intervals put
// together as those of independent estimates.
Metric mean_recall(const GroupView& group, const std::string& name, const GroupLevel& level) {
  std::vector<Estimate> recalls;
  double sum = 0.0;
  for (std::size_t k = 0; k < group.sums->classes.size(); ++k) {
    const auto share = recall_share(*group.sums, k);
    if (share.total <= 0.0) continue;
    recalls.push_back(share_estimate(share, level.confidence, level.exact));
    sum += recalls.back().value;
  }
  if (recalls.empty()) return undefined_metric(name, kNoRows);
  auto metric = valued_metric(name, sum / static_cast<double>(recalls.size()));
  set_interval(metric, mover_mean(recalls),
               level.exact ? "mover, clopper-pearson" : "mover, wilson");
  return metric;
}

// F1 = 2 J / (1 + J) with J the share of hits among the rows that are positive or predicted so.
Metric f1_metric(const GroupView& group, const GroupLevel& level) {
  const auto& one = group.sums->classes[1];
  const auto either = make_share(*group.sums, hit_of(one),
                                 {one.truth + one.predicted - one.hit,
                                  one.truth_squares + one.predicted_squares - one.hit_squares,
                                  one.truth_rows + one.predicted_rows - one.hit_rows});
  auto metric = share_value("f1", {either, "no row is positive or predicted so"}, level);
  const auto f1 = [](double j) { return 2.0 * j / (1.0 + j); };
  for (auto* part : {&metric.value, &metric.low, &metric.high}) {
    if (*part) *part = f1(**part);
  }
  return metric;
}

// Where squares of squares leave the range of numbers.
bool has_digits(double mean) {
  constexpr double kLeast = 1e-140, kMost = 1e140;
  return mean == 0.0 || (std::abs(mean) > kLeast && std::abs(mean) < kMost);
}

// Says why the mean has no Student's interval; false where it has one.
bool refuse_student(Metric& metric, const GroupSums& sums, const Moments& moments) {
  if (!metric.value) return true;
  const auto error = sums.standard_error(moments);
  if (sums.few_are_heavy()) {
    refuse_interval(metric, kHeavyRows);
  } else if (!std::isfinite(error) || !has_digits(sums.mean(moments))) {
    refuse_interval(metric, "too large or too small for squares");
  } else if (error <= 0.0) {
    set_interval(metric, std::nullopt, "");
  }
  return metric.method == "none";
}

Metric auc_metric(const GroupView& group, const GroupLevel& level) {
  if (group.auc == nullptr) {
    return undefined_metric("roc_auc", "only one class among the true labels");
  }
  auto metric = valued_metric("roc_auc", group.auc->value);
  std::string method;
  const auto interval = auc_interval(*group.auc, {level.confidence, true, level.exact}, method);
  set_interval(metric, interval, method);
  if (!interval && !group.auc->too_few.empty()) refuse_interval(metric, group.auc->too_few);
  return metric;
}

Metric mean_metric(const GroupSums& sums, const std::string& name, const Moments& moments,
                   const GroupLevel& level) {
  auto metric = valued_metric(name, sums.mean(moments));
  if (refuse_student(metric, sums, moments)) return metric;
  const auto half =
      student_factor(sums.effective_rows() - 1.0, level.confidence) * sums.standard_error(moments);
  const auto& info = *find_group_metric_info(name);
  const auto highest = name == "brier" && sums.classes.size() == 2 ? 1.0 : info.highest;
  set_interval(metric,
               Interval{std::max(*metric.value - half, info.lowest),
                        std::min(*metric.value + half, highest)},
               "student");
  return metric;
}

// The root of a mean square; its interval is that of the mean on the log scale.
Metric rmse_metric(const GroupSums& sums, const GroupLevel& level) {
  const auto square = sums.mean(sums.squared_error);
  constexpr double kLeastSquare = 1e-280;
  if (square < kLeastSquare && sums.mean(sums.absolute_error) > 0.0) {
    return undefined_metric("rmse", "too small for squares");
  }
  auto metric = valued_metric("rmse", std::sqrt(square));
  if (refuse_student(metric, sums, sums.squared_error)) return metric;
  const auto half = student_factor(sums.effective_rows() - 1.0, level.confidence) *
                    sums.standard_error(sums.squared_error) / (2.0 * square);
  if (!std::isfinite(*metric.value * std::exp(half))) {
    set_interval(metric, std::nullopt, "");
    return metric;
  }
  set_interval(metric, Interval{*metric.value * std::exp(-half), *metric.value * std::exp(half)},
               "student, log scale");
  return metric;
}

Metric ece_metric(const GroupSums& sums, const GroupLevel& level) {
  const auto gaps = calibration_gaps(sums.bins);
  double value = 0.0;
  for (const auto& bin : gaps) value += bin.share * std::abs(bin.gap);
  auto metric = valued_metric("ece", value);
  set_interval(metric, ece_interval(value, gaps, level.confidence), "unified, folded normal");
  return metric;
}

Metric class_metric(const GroupView& group, const std::string& name, const GroupLevel& level) {
  const auto& sums = *group.sums;
  if (const auto share = named_share(group, name)) return share_value(name, *share, level);
  const auto* info = find_group_metric_info(name);
  if (info != nullptr && info->two_classes && sums.classes.size() != 2) {
    return undefined_metric(name, "only for two classes");
  }
  if (name == "balanced_accuracy" || name == "recall_macro") {
    return mean_recall(group, name, level);
  }
  if (name == "f1") return f1_metric(group, level);
  if (name == "roc_auc") return auc_metric(group, level);
  if (name == "log_loss") return mean_metric(sums, name, sums.log_loss, level);
  if (name == "brier") return mean_metric(sums, name, sums.brier, level);
  if (name == "calibration_gap") return mean_metric(sums, name, sums.calibration, level);
  return ece_metric(sums, level);
}

Metric value_metric(const GroupView& group, const std::string& name, const GroupLevel& level) {
  const auto& sums = *group.sums;
  if (name == "rmse") return rmse_metric(sums, level);
  return mean_metric(sums, name, name == "mae" ? sums.absolute_error : sums.error, level);
}

}  // namespace

Share accuracy_share(const GroupSums& sums) {
  Part hit{0.0, 0.0, 0.0};
  for (const auto& one : sums.classes) {
    hit.weight += one.hit;
    hit.squares += one.hit_squares;
  }
  return make_share(sums, hit, all_of(sums));
}

std::vector<std::string> group_metric_names(OutputKind kind,
                                            const std::vector<std::string>& labels) {
  std::vector<std::string> names;
  const auto task =
      kind == OutputKind::classification ? TaskType::classification : TaskType::regression;
  for (const auto& info : group_metric_list()) {
    if (info.task != task || (info.two_classes && labels.size() != 2)) continue;
    // Of two classes recall_macro is the balanced accuracy.
    if (labels.size() == 2 && std::string_view(info.name) == "recall_macro") continue;
    names.emplace_back(info.name);
  }
  if (labels.size() > 2 && labels.size() <= kMostListedClasses) {
    for (const auto& label : labels) names.push_back(std::string(kClassRecall) + label);
  }
  return names;
}

Metric group_metric(const GroupView& group, const std::string& name, const GroupLevel& level) {
  const bool classification = !group.sums->classes.empty();
  auto metric = group.sums->rows == 0     ? undefined_metric(name, kNoRows)
                : group.sums->weight <= 0 ? undefined_metric(name, "all weights are zero")
                : classification          ? class_metric(group, name, level)
                                          : value_metric(group, name, level);
  const auto* info = find_group_metric_info(name);
  if (info != nullptr) metric.higher_is_better = info->higher_is_better;
  return metric;
}

std::optional<Share> group_share(const GroupView& group, std::string_view name) {
  if (group.sums->classes.empty() || group.sums->weight <= 0.0) return std::nullopt;
  const auto named = named_share(group, name);
  if (!named || named->share.total <= 0.0) return std::nullopt;
  return named->share;
}

std::optional<Estimate> estimate_of(const Metric& metric) {
  if (!metric.value || !metric.low || !metric.high) return std::nullopt;
  return Estimate{*metric.value, {*metric.low, *metric.high}};
}

}  // namespace candor
