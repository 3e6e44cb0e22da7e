// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include <candor/error.h>
#include <candor/version.h>

#include "core/decide/decision_names.h"
#include "core/decide/decision_rule.h"
#include "core/decide/strict_json.h"

namespace candor {
namespace {

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr std::size_t kMostRows = std::size_t{1} << 48;
constexpr std::size_t kMostClasses = std::size_t{1} << 24;

Json calibration_json(const Calibration& calibration) {
  if (const auto* temperature = std::get_if<Temperature>(&calibration)) {
    return {{"method", "temperature"}, {"temperature", temperature->value}};
  }
  Json curves = Json::array();
  for (const auto& curve : std::get<Isotonic>(calibration).curves) {
    curves.push_back({{"x", curve.x}, {"y", curve.y}});
  }
  return {{"method", "isotonic"}, {"curves", std::move(curves)}};
}

MonotoneCurve read_curve(const JsonPlace& place) {
  place.check_object({"x", "y"});
  MonotoneCurve curve{place.member("x").numbers(0.0, 1.0), place.member("y").numbers(0.0, 1.0)};
  if (curve.x.empty()) place.fault("has no points; one at least is expected");
  if (curve.x.size() != curve.y.size()) place.fault("x and y differ in length");
  for (std::size_t i = 1; i < curve.x.size(); ++i) {
    if (!(curve.x[i] > curve.x[i - 1])) place.member("x").fault("the numbers do not rise");
    if (curve.y[i] < curve.y[i - 1]) place.member("y").fault("the numbers fall");
  }
  return curve;
}

Calibration read_calibration(const JsonPlace& place, std::size_t classes) {
  place.check_object({"method", "temperature", "curves"});
  const auto method = place.member("method");
  const std::pair<bool, const char*> methods[] = {{true, "temperature"}, {false, "isotonic"}};
  if (method.name_in(methods)) {
    place.check_object({"method", "temperature"});
    return Temperature{place.member("temperature").number(kLowestTemperature, kHighestTemperature)};
  }
  place.check_object({"method", "curves"});
  Isotonic isotonic;
  const auto curves = place.member("curves");
  curves.each_item([&](const JsonPlace& item) { isotonic.curves.push_back(read_curve(item)); });
  const std::size_t expected = classes == 2 ? 1 : classes;
  if (isotonic.curves.size() != expected) {
    curves.fault("has " + std::to_string(isotonic.curves.size()) +
                 " curves; expected: " + std::to_string(expected));
  }
  return isotonic;
}

PriorShift read_priors(const JsonPlace& place, std::size_t classes) {
  place.check_object({"training", "target", "chosen_by"});
  PriorShift shift{place.member("training").numbers(0.0, 1.0),
                   place.member("target").numbers(0.0, 1.0), place.member("chosen_by").text()};
  try {
    check_prior_shift(shift, classes);
  } catch (const Error& error) {
    place.fault(error.what());
  }
  return shift;
}

Json group_thresholds_json(const GroupThresholds& thresholds) {
  Json groups = Json::object();
  for (const auto& [group, mix] : thresholds.groups) {
    Json parts = Json::array();
    for (const auto& part : mix) {
      parts.push_back({{"threshold", part.threshold}, {"probability", part.probability}});
    }
    groups[group] = std::move(parts);
  }
  return {{"column", thresholds.column},
          {"constraint", name_of(thresholds.constraint)},
          {"objective", name_of(thresholds.objective)},
          {"max_difference", thresholds.max_difference},
          {"groups", std::move(groups)}};
}

std::vector<MixedThreshold> read_mix(const JsonPlace& place) {
  std::vector<MixedThreshold> mix;
  double sum = 0.0;
  place.each_item([&](const JsonPlace& item) {
    item.check_object({"threshold", "probability"});
    mix.push_back({item.member("threshold").number(kSelectAlways, kSelectNever),
                   item.member("probability").number(0.0, 1.0)});
    sum += mix.back().probability;
  });
  if (std::abs(sum - 1.0) > 1e-6) place.fault("the probabilities do not sum to 1");
  return mix;
}

GroupThresholds read_group_thresholds(const JsonPlace& place) {
  place.check_object({"column", "constraint", "objective", "max_difference", "groups"});
  GroupThresholds thresholds;
  thresholds.column = place.member("column").text();
  thresholds.constraint = place.member("constraint").name_in(kGroupConstraints);
  thresholds.objective = place.member("objective").name_in(kGroupObjectives);
  thresholds.max_difference = place.member("max_difference").number(0.0, 1.0);
  place.member("groups").each_member([&](const std::string& group, const JsonPlace& mix) {
    thresholds.groups[group] = read_mix(mix);
  });
  if (thresholds.groups.size() < 2)
    place.member("groups").fault("two groups at least are expected");
  return thresholds;
}

Json conformal_json(const Conformal& conformal) {
  Json json = {{"method", name_of(conformal.method)},
               {"alpha", conformal.alpha},
               {"rows", conformal.rows},
               {"quantile", conformal.quantile}};
  if (conformal.folds > 0) json["folds"] = conformal.folds;
  if (conformal.group_column.empty()) return json;
  Json groups = Json::object();
  for (const auto& [group, quantile] : conformal.group_quantiles) {
    groups[group] = quantile;
  }
  json["group"] = conformal.group_column;
  json["groups"] = std::move(groups);
  return json;
}

Conformal read_conformal(const JsonPlace& place, std::size_t classes) {
  place.check_object({"method", "alpha", "rows", "quantile", "folds", "group", "groups"});
  Conformal conformal;
  conformal.method = place.member("method").name_in(kConformalMethods);
  const bool regression = conformal.method == ConformalMethod::absolute_residual;
  if (regression != (classes == 0)) {
    place.member("method").fault(regression ? "is for regression only" : "needs classes");
  }
  conformal.alpha = place.member("alpha").number(1e-12, 1.0 - 1e-12);
  conformal.rows = place.member("rows").whole(1, kMostRows);
  conformal.quantile = place.member("quantile").number(0.0, kLargest);
  if (place.has("folds")) conformal.folds = place.member("folds").whole(2, kMostRows);
  if (place.has("group") != place.has("groups")) {
    place.fault("'group' and 'groups' come together or not at all");
  }
  if (!place.has("group")) return conformal;
  conformal.group_column = place.member("group").text();
  if (conformal.group_column.empty()) place.member("group").fault("is empty");
  place.member("groups").each_member([&](const std::string& group, const JsonPlace& quantile) {
    conformal.group_quantiles[group] = quantile.number(0.0, kLargest);
  });
  return conformal;
}

Abstention read_abstention(const JsonPlace& place) {
  place.check_object({"bound", "chosen_by", "coverage", "risk"});
  return {place.member("bound").number(0.0, 1.0), place.member("chosen_by").text(),
          place.member("coverage").number(0.0, 1.0), place.member("risk").number(0.0, 1.0)};
}

StoredThreshold read_threshold(const JsonPlace& place) {
  place.check_object({"value", "chosen_by"});
  return {place.member("value").number(-kLargest, kLargest), place.member("chosen_by").text()};
}

}  // namespace

Json to_json(const DecisionRule& rule) {
  Json json = {{"format_version", kFormatVersion}, {"classes", rule.classes}, {"rows", rule.rows}};
  if (!std::holds_alternative<std::monostate>(rule.calibration)) {
    json["calibration"] = calibration_json(rule.calibration);
  }
  if (rule.priors) {
    json["priors"] = {{"training", rule.priors->training},
                      {"target", rule.priors->target},
                      {"chosen_by", rule.priors->chosen_by}};
  }
  if (rule.threshold) {
    json["threshold"] = {{"value", rule.threshold->value},
                         {"chosen_by", rule.threshold->chosen_by}};
  }
  if (rule.group_thresholds)
    json["group_thresholds"] = group_thresholds_json(*rule.group_thresholds);
  if (rule.conformal) json["conformal"] = conformal_json(*rule.conformal);
  if (rule.abstention) {
    json["abstain"] = {{"bound", rule.abstention->bound},
                       {"chosen_by", rule.abstention->chosen_by},
                       {"coverage", rule.abstention->coverage},
                       {"risk", rule.abstention->risk}};
  }
  return json;
}

DecisionRule decision_rule_from_json(const Json& json, const std::string& where) {
  const JsonPlace place(json, where);
  place.check_object({"format_version", "classes", "rows", "calibration", "priors", "threshold",
                      "group_thresholds", "conformal", "abstain"});
  place.member("format_version").whole(1, kFormatVersion);
  DecisionRule rule;
  rule.classes = place.member("classes").whole(0, kMostClasses);
  if (rule.classes == 1)
    place.member("classes").fault("found 1; allowed: 0 (regression) or 2 and more");
  rule.rows = place.member("rows").whole(0, kMostRows);
  if (rule.classes == 0) place.check_object({"format_version", "classes", "rows", "conformal"});
  for (const char* key : {"threshold", "group_thresholds"}) {
    if (place.has(key) && rule.classes != 2) place.member(key).fault("is for two classes only");
  }
  if (place.has("calibration")) {
    rule.calibration = read_calibration(place.member("calibration"), rule.classes);
  }
  if (place.has("priors")) rule.priors = read_priors(place.member("priors"), rule.classes);
  if (place.has("threshold")) rule.threshold = read_threshold(place.member("threshold"));
  if (place.has("group_thresholds")) {
    rule.group_thresholds = read_group_thresholds(place.member("group_thresholds"));
  }
  if (place.has("conformal")) {
    rule.conformal = read_conformal(place.member("conformal"), rule.classes);
  }
  if (place.has("abstain")) rule.abstention = read_abstention(place.member("abstain"));
  return rule;
}

}  // namespace candor
