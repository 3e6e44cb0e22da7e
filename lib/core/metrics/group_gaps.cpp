// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/group_gaps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/metrics/beside_all.h"

namespace candor {
namespace {

// One metric over the groups that have it.
struct MetricGap {
  std::optional<double> value, low, high;
  std::string reason;
  std::size_t lowest = 0, highest = 0;
  std::vector<std::string> left_out;  // groups without a value
};

struct Found {
  std::vector<std::size_t> index;  // into ComparedGroups
  std::vector<double> value;
  std::vector<std::optional<Estimate>> estimate;
  std::string missing;                // why a group has no interval
  std::vector<std::string> left_out;  // groups without a value
};

Found find_groups(const ComparedGroups& groups, const std::string& metric,
                  const GroupLevel& level) {
  Found found;
  for (std::size_t g = 0; g < groups.groups.size(); ++g) {
    const auto measured = group_metric(groups.groups[g], metric, level);
    if (!measured.value) found.left_out.push_back(groups.names[g]);
    if (!measured.value) continue;
    found.index.push_back(g);
    found.value.push_back(*measured.value);
    found.estimate.push_back(estimate_of(measured));
    if (!found.estimate.back() && found.missing.empty()) {
      found.missing = fmt::format("no interval in '{}': {}", groups.names[g], measured.reason);
    }
  }
  return found;
}

// Value and place of a difference or ratio; false where there is none.
bool place_gap(const Found& found, const std::string& metric, bool ratio, MetricGap& gap) {
  gap.left_out = found.left_out;
  if (found.value.size() < 2) {
    gap.reason = fmt::format("fewer than two groups have a {}", metric);
    return false;
  }
  const auto [least, most] = std::minmax_element(found.value.begin(), found.value.end());
  gap.lowest = found.index[static_cast<std::size_t>(least - found.value.begin())];
  gap.highest = found.index[static_cast<std::size_t>(most - found.value.begin())];
  if (ratio && *most <= 0.0) {
    gap.reason = fmt::format("{} is 0 in every group", metric);
    return false;
  }
  gap.value = ratio ? *least / *most : *most - *least;
  gap.reason = found.missing;
  return found.missing.empty();
}

std::string no_value(const ComparedGroups& groups, const std::string& metric) {
  return fmt::format("{} is undefined in all {} groups", metric, groups.groups.size());
}

// The level at which `events` ends of intervals hold together with `confidence`.
double shared_level(double confidence, std::size_t events) {
  return 1.0 - (1.0 - confidence) / static_cast<double>(std::max<std::size_t>(events, 1));
}

MetricGap simultaneous_metric(const ComparedGroups& groups, const std::string& metric, bool ratio,
                              double confidence, std::size_t metrics) {
  const auto level = shared_level(confidence, groups.groups.size() * metrics);
  const auto found = find_groups(groups, metric, {level, false});
  MetricGap gap;
  if (found.value.empty()) gap.reason = no_value(groups, metric);
  if (found.value.empty() || !place_gap(found, metric, ratio, gap)) return gap;
  double least_low = 1e300, least_high = 1e300, most_low = -1e300, most_high = -1e300;
  for (const auto& one : found.estimate) {
    least_low = std::min(least_low, one->interval.low);
    least_high = std::min(least_high, one->interval.high);
    most_low = std::max(most_low, one->interval.low);
    most_high = std::max(most_high, one->interval.high);
  }
  if (ratio) {
    gap.low = std::max(0.0, least_low) / most_high;
    gap.high = most_low > 0.0 ? std::min(1.0, least_high / most_low) : 1.0;
  } else {
    gap.low = std::max(0.0, most_low - least_high);
    gap.high = most_high - least_low;
  }
  return gap;
}

template <class Side>
double extreme_over_pairs(const Found& found, bool largest, const Side& side) {
  double extreme = largest ? -1e300 : 1e300;
  for (std::size_t i = 0; i < found.estimate.size(); ++i) {
    for (std::size_t j = 0; j < found.estimate.size(); ++j) {
      if (i == j) continue;
      const double value = side(*found.estimate[i], *found.estimate[j]);
      extreme = largest ? std::max(extreme, value) : std::min(extreme, value);
    }
  }
  return extreme;
}

MetricGap judged_metric(const ComparedGroups& groups, const std::string& metric, bool ratio,
                        double confidence, double widest_confidence, std::size_t metrics) {
  MetricGap gap;
  const auto widest = find_groups(groups, metric, {two_sided_level(widest_confidence), true});
  if (widest.value.empty()) gap.reason = no_value(groups, metric);
  if (widest.value.empty() || !place_gap(widest, metric, ratio, gap)) return gap;
  const auto pairs = widest.value.size() * (widest.value.size() - 1);
  const auto level = shared_level(confidence, pairs * metrics);
  const auto surest = find_groups(groups, metric, {two_sided_level(level), true});
  if (ratio) {
    gap.low = extreme_over_pairs(widest, false, [](const Estimate& a, const Estimate& b) {
      const auto interval = ratio_interval(a, b);
      return interval ? interval->low : 0.0;
    });
    gap.high =
        std::min(1.0, extreme_over_pairs(surest, false, [](const Estimate& a, const Estimate& b) {
                   const auto interval = ratio_interval(a, b);
                   return interval ? interval->high : 1.0;
                 }));
    return gap;
  }
  gap.high = extreme_over_pairs(widest, true, [](const Estimate& a, const Estimate& b) {
    return mover_difference(a, b).high;
  });
  gap.low =
      std::max(0.0, extreme_over_pairs(surest, true, [](const Estimate& a, const Estimate& b) {
                 return mover_difference(a, b).low;
               }));
  return gap;
}

MetricGap gap_to_all(const ComparedGroups& groups, const std::string& metric, bool ratio,
                     double level, bool exact) {
  MetricGap gap;
  const auto all = group_share(groups.all, metric);
  for (std::size_t g = 0; all && g < groups.groups.size(); ++g) {
    const auto share = group_share(groups.groups[g], metric);
    if (!share) gap.left_out.push_back(groups.names[g]);
    if (!share) continue;
    const BesideAll beside(*share, *all, level, exact);
    const auto value = ratio ? beside.ratio() : std::optional(beside.difference());
    if (!value) continue;
    const auto bounds = ratio ? beside.ratio_bounds() : beside.difference_bounds();
    const auto wider = [&](double a, double b) { return ratio ? std::min(a, b) : std::max(a, b); };
    if (!gap.value || (ratio ? *value < *gap.value : *value > *gap.value)) gap.highest = g;
    gap.value = wider(gap.value.value_or(*value), *value);
    gap.low = wider(gap.low.value_or(bounds.low), bounds.low);
    gap.high = wider(gap.high.value_or(bounds.high), bounds.high);
  }
  gap.lowest = gap.highest;
  if (!gap.value) gap.reason = all ? fmt::format("{} is 0", metric) : no_value(groups, metric);
  return gap;
}

// The worst of the metrics' gaps, or their mean. A metric without a gap leaves none.
GapBounds joined(const ComparedGroups& groups, const Gap& gap,
                 const std::vector<MetricGap>& parts) {
  GapBounds result;
  for (const auto& part : parts) {
    for (const auto& name : part.left_out) {
      auto& names = result.left_out;
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  for (const auto& part : parts) {
    if (!part.value || !part.low) result.reason = part.reason;
    if (!part.value) return result;
  }
  const auto join = [&](auto member) {
    std::optional<double> whole;
    for (const auto& part : parts) {
      const auto& one = part.*member;
      if (!one) return std::optional<double>();
      if (!whole) whole = gap.mean ? 0.0 : *one;
      if (gap.mean) {
        *whole += *one / static_cast<double>(parts.size());
      } else {
        whole = gap.ratio ? std::min(*whole, *one) : std::max(*whole, *one);
      }
    }
    return whole;
  };
  result.value = join(&MetricGap::value);
  result.low = join(&MetricGap::low);
  result.high = join(&MetricGap::high);
  const auto deciding = std::find_if(parts.begin(), parts.end(), [&](const MetricGap& part) {
    return parts.size() == 1 || part.value == result.value;
  });
  if (deciding == parts.end() || gap.mean) return result;
  result.lowest = groups.names[deciding->lowest];
  result.highest = groups.names[deciding->highest];
  return result;
}

bool all_shares(const ComparedGroups& groups, const Gap& gap) {
  return std::all_of(gap.metrics.begin(), gap.metrics.end(), [&](const std::string& metric) {
    return group_share(groups.all, metric).has_value();
  });
}

}  // namespace

ComparedGroups compared_groups(const GroupTables& tables, const GroupTable& table,
                               const std::vector<std::string>& labels) {
  ComparedGroups compared;
  compared.all = {&tables.all, nullptr, &labels};
  for (std::size_t g = 0; g < table.groups.size(); ++g) {
    const auto* auc = g < table.auc.size() && table.auc[g] ? &*table.auc[g] : nullptr;
    compared.names.push_back(table.column->values[g]);
    compared.groups.push_back({&table.groups[g], auc, &labels});
  }
  return compared;
}

GapBounds simultaneous_gap(const ComparedGroups& groups, const Gap& gap, double confidence) {
  std::vector<MetricGap> parts;
  for (const auto& metric : gap.metrics) {
    const auto events = groups.groups.size() * gap.metrics.size();
    parts.push_back(
        gap.to_overall
            ? gap_to_all(groups, metric, gap.ratio, shared_level(confidence, events), false)
            : simultaneous_metric(groups, metric, gap.ratio, confidence, gap.metrics.size()));
  }
  auto result = joined(groups, gap, parts);
  const auto* what = gap.to_overall            ? "bonferroni-newcombe, conservative"
                     : all_shares(groups, gap) ? "bonferroni-wilson, conservative"
                                               : "bonferroni, conservative";
  result.method = result.low ? what : "none";
  return result;
}

GapBounds judged_gap(const ComparedGroups& groups, const Gap& gap, double confidence) {
  const auto metrics = gap.metrics.size();
  // A mean adds the bounds of all its metrics, and these have to hold together.
  const auto widest = gap.mean ? shared_level(confidence, metrics) : confidence;
  std::vector<MetricGap> parts;
  for (const auto& metric : gap.metrics) {
    const auto events = groups.groups.size() * metrics;
    parts.push_back(gap.to_overall
                        ? gap_to_all(groups, metric, gap.ratio,
                                     two_sided_level(shared_level(confidence, 2 * events)), true)
                        : judged_metric(groups, metric, gap.ratio, confidence, widest, metrics));
  }
  auto result = joined(groups, gap, parts);
  result.method = !result.low               ? "none"
                  : all_shares(groups, gap) ? "mover, clopper-pearson"
                                            : "mover";
  return result;
}

std::vector<Gap> reported_gaps(OutputKind kind, const std::vector<std::string>& labels) {
  std::vector<std::string> names;
  std::vector<Gap> gaps;
  if (kind == OutputKind::regression) {
    names = {"rmse_difference", "rmse_ratio", "mae_difference", "mae_ratio",
             "mean_error_difference"};
  } else if (labels.size() == 2) {
    for (const auto& gap : named_gaps()) {
      names.push_back(gap.name);
      names.push_back(gap.name + "_to_overall");
    }
    for (const auto* metric :
         {"accuracy", "balanced_accuracy", "true_positive_rate", "false_positive_rate",
          "false_negative_rate", "f1", "roc_auc", "log_loss", "ece", "calibration_gap"}) {
      names.push_back(std::string(metric) + "_difference");
    }
    names.emplace_back("accuracy_ratio");
  } else {
    names = {"accuracy_difference", "accuracy_ratio", "recall_macro_difference",
             "log_loss_difference", "ece_difference"};
  }
  for (const auto& name : names) gaps.push_back(*find_gap(name));
  return gaps;
}

}  // namespace candor
