// SPDX-License-Identifier: Apache-2.0
// The last training of a search: the chosen values on training and validation rows together.
#pragma once

#include <string>

#include <candor/config.h>

namespace candor {

struct Refit {
  RunConfig config;
  // Why it trains as the trial did, with validation rows kept apart; empty: it does not.
  std::string kept_apart;
};

// `trial` without validation rows, which train too, for so many epochs (or updates, where
// train.steps is set): those after which the trial was best. Where nothing can be left out, because
// a plateau schedule needs validation rows, or own validation rows beside data.split.test would
// change the test rows, it is `trial` itself.
Refit refit_config(const RunConfig& trial, double epochs, double steps);

// Gives the last training the folds that the sets of `search` come from (sets_from_folds()): its
// trials have none, or are done with them.
void keep_sets_of_folds(const RunConfig& search, RunConfig& last);

}  // namespace candor
