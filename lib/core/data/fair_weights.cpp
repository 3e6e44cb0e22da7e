// SPDX-License-Identifier: Apache-2.0
#include "core/data/fair_weights.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <candor/error.h>

namespace candor {
namespace {

// Largest sum of the multipliers: what one error of classification is weighed against. Fairlearn
// takes 1 / eps; the sum needed is that of a handful of rates.
constexpr double kMostMultiplier = 10.0;

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

FairWeights::FairWeights(const FairnessConfig& config, std::size_t classes,
                         std::vector<double> counts)
    : config_(config), classes_(classes), counts_(std::move(counts)), rules_(counts_.size()) {
  if (groups() < 2) {
    throw Error(ErrorKind::config, "train.fairness.group: all training rows have the same '" +
                                       config.group + "'; name a column with two values or more");
  }
  const bool multiplies = config.method == FairnessMethod::exponentiated_gradient;
  if (multiplies && classes != 2) {
    throw Error(
        ErrorKind::config,
        "train.fairness.method exponentiated_gradient needs two classes, but the data have " +
            std::to_string(classes) + "; set reweighing or group_dro");
  }
  for (std::size_t cell = 0; cell < rules_.size(); ++cell) rules_[cell].label = cell % classes_;
  if (config.method == FairnessMethod::reweighing) {
    reweigh();
    return;
  }
  const bool parity = config.constraint == GroupConstraint::demographic_parity;
  state_.assign(multiplies ? 2 * groups() * (parity ? 1 : 2) : groups(), 0.0);
  multiplies ? multiply() : share_out();
}

void FairWeights::reweigh() {
  const auto all = sum_of(counts_);
  std::vector<double> of_group(groups()), of_class(classes_);
  for (std::size_t cell = 0; cell < counts_.size(); ++cell) {
    of_group[cell / classes_] += counts_[cell];
    of_class[cell % classes_] += counts_[cell];
  }
  for (std::size_t cell = 0; cell < counts_.size(); ++cell) {
    if (counts_[cell] == 0.0) continue;  // no row will ask
    rules_[cell].weight =
        of_group[cell / classes_] * of_class[cell % classes_] / (all * counts_[cell]);
  }
}

void FairWeights::share_out() {
  const auto largest = *std::max_element(state_.begin(), state_.end());
  double sum = 0.0;
  for (auto& value : state_) {
    value -= largest;
    sum += std::exp(value);
  }
  for (std::size_t cell = 0; cell < rules_.size(); ++cell) {
    rules_[cell].weight = std::exp(state_[cell / classes_]) / sum;
  }
}

// The derivative of the Lagrangian by the answer to a row of group g and class y, times the number
// of rows: 1 - 2 y for the error, and for the bounded rate of the row's group mu / (its share of
// the rows that the rate is taken over), less the sum of mu for the rate of all.
void FairWeights::multiply() {
  const auto rates = state_.size() / 2;
  const bool parity = rates == groups();
  const auto largest = std::max(0.0, *std::max_element(state_.begin(), state_.end()));
  double sum = std::exp(-largest);
  for (const auto value : state_) sum += std::exp(value - largest);
  const auto mu = [&](std::size_t rate) {
    return kMostMultiplier *
           (std::exp(state_[rate] - largest) - std::exp(state_[rates + rate] - largest)) / sum;
  };
  const auto all = sum_of(counts_);
  for (std::size_t cell = 0; cell < rules_.size(); ++cell) {
    const auto group = cell / classes_, label = cell % classes_;
    const auto rows = [&](std::size_t g) {
      return parity ? counts_[g * 2] + counts_[g * 2 + 1] : counts_[g * 2 + label];
    };
    double bounded = 0.0, of_all = 0.0;
    for (std::size_t g = 0; g < groups(); ++g) {
      of_all += mu(parity ? g : g * 2 + label);
      bounded += rows(g);
    }
    const auto own = rows(group);
    const auto constraint =
        own == 0.0 ? 0.0
                   : mu(parity ? group : group * 2 + label) * all / own - of_all * all / bounded;
    const auto cost = (label == 1 ? -1.0 : 1.0) + constraint;
    rules_[cell] = {std::abs(cost), cost < 0.0 ? std::size_t{1} : std::size_t{0}};
  }
}

// How much the rate of each group is above that of all rows.
std::vector<double> FairWeights::violations(const CellSums& seen) const {
  const auto rates = state_.size() / 2;
  const bool parity = rates == groups();
  std::vector<double> above(rates, 0.0);
  for (std::size_t rate = 0; rate < rates; ++rate) {
    double rows = 0.0, positive = 0.0, own_rows = 0.0, own_positive = 0.0;
    for (std::size_t cell = 0; cell < counts_.size(); ++cell) {
      const bool counted = parity || cell % classes_ == rate % 2;
      if (!counted) continue;
      rows += seen.rows[cell];
      positive += seen.positive[cell];
      if (cell / classes_ != (parity ? rate : rate / 2)) continue;
      own_rows += seen.rows[cell];
      own_positive += seen.positive[cell];
    }
    if (own_rows > 0.0) above[rate] = own_positive / own_rows - positive / rows;
  }
  return above;
}

void FairWeights::update(const CellSums& seen) {
  if (config_.method == FairnessMethod::exponentiated_gradient) {
    const auto above = violations(seen);
    for (std::size_t rate = 0; rate < above.size(); ++rate) {
      state_[rate] += config_.step * (above[rate] - config_.max_difference);
      state_[above.size() + rate] += config_.step * (-above[rate] - config_.max_difference);
    }
    return multiply();
  }
  if (config_.method != FairnessMethod::group_dro) return;
  for (std::size_t group = 0; group < groups(); ++group) {
    double rows = 0.0, loss = 0.0, all = 0.0;
    for (std::size_t label = 0; label < classes_; ++label) {
      const auto cell = group * classes_ + label;
      rows += seen.rows[cell];
      loss += seen.loss[cell];
      all += counts_[cell];
    }
    if (rows == 0.0) continue;
    state_[group] += config_.step * (loss / rows + config_.size_adjustment / std::sqrt(all));
  }
  share_out();
}

void FairWeights::from_json(const Json& json, const std::string& where) {
  const bool numbers =
      json.is_array() && json.size() == state_.size() &&
      std::all_of(json.begin(), json.end(), [](const Json& item) { return item.is_number(); });
  if (!numbers) {
    throw Error(ErrorKind::model,
                where +
                    ": fairness is missing or of another length; the file is damaged, or the "
                    "groups of the training rows are others");
  }
  state_ = json.get<std::vector<double>>();
  if (config_.method == FairnessMethod::group_dro) share_out();
  if (config_.method == FairnessMethod::exponentiated_gradient) multiply();
}

}  // namespace candor
