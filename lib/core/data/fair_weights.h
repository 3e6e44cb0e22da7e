// SPDX-License-Identifier: Apache-2.0
// What rows count in training for groups to be treated alike: the rules of train.fairness, of
// numbers alone. A cell is a group and a class; groups and classes are numbered from 0.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/base/json.h"

namespace candor {

// What was seen of the rows of one update, by cell: how many, the sum of their losses, and how many
// were answered with the positive class (the last of two).
struct CellSums {
  std::vector<double> rows, loss, positive;

  explicit CellSums(std::size_t cells) : rows(cells), loss(cells), positive(cells) {}
};

// What a row of a cell counts, and the class that it is trained towards.
struct CellRule {
  double weight = 1.0;
  std::size_t label = 0;
};

class FairWeights {
 public:
  // `counts`: training rows of each cell, that of group g and class k at g * classes + k. Without
  // classes (regression) `classes` is 1. Throws Error{config} for exponentiated_gradient unless
  // there are two classes, and for fewer than two groups.
  FairWeights(const FairnessConfig& config, std::size_t classes, std::vector<double> counts);

  std::size_t groups() const { return counts_.size() / classes_; }
  std::size_t classes() const { return classes_; }

  // reweighing (Kamiran and Calders 2012, section 4.2): n_g n_k / (n n_gk).
  // exponentiated_gradient: |C1 - C0| and the cheaper answer, C0 and C1 the costs of either answer
  // under the multipliers of now (Agarwal et al. 2018, section 3.2).
  // group_dro: the weight of the group among groups, which its rows of a batch share.
  CellRule rule(std::size_t group, std::size_t label) const {
    return rules_[group * classes_ + label];
  }
  // Whether update() changes anything.
  bool moves() const { return config_.method != FairnessMethod::reweighing; }
  // Whether some rows are trained towards another class than theirs.
  bool relabels() const { return config_.method == FairnessMethod::exponentiated_gradient; }
  // Whether rule().weight is that of a whole group.
  bool shared() const { return config_.method == FairnessMethod::group_dro; }

  // After an update of the model.
  // group_dro (Sagawa et al. 2020, algorithm 1): q_g *= exp(step (mean loss_g + C / sqrt(n_g))).
  // exponentiated_gradient: the logarithm of each multiplier grows by step (violation - allowed);
  // violations are those of the rows of this update, whose mean over updates is that of all rows.
  void update(const CellSums& seen);

  // Exact. What reweighing gives never changes.
  Json to_json() const { return state_; }
  // Throws Error{model} for numbers of another kind or length.
  void from_json(const Json& json, const std::string& where);

 private:
  void reweigh();
  void share_out();
  void multiply();
  std::vector<double> violations(const CellSums& seen) const;

  FairnessConfig config_;
  std::size_t classes_;
  std::vector<double> counts_;
  // group_dro: log q by group; exponentiated_gradient: logs of the multipliers, for each bounded
  // rate first of "too high", then of "too low"; reweighing: none.
  std::vector<double> state_;
  std::vector<CellRule> rules_;
};

}  // namespace candor
