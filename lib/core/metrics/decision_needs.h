// SPDX-License-Identifier: Apache-2.0
// What decisions need of the rows that they are fitted on, as far as it shows before a model has
// answered them: a training is not begun whose decisions could not be fitted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

// Column to value by row.
using GroupValues = std::map<std::string, std::vector<std::string>>;

// Rows that no model has answered yet.
struct FittingRows {
  std::size_t count = 0;
  std::vector<std::int64_t> labels;  // [N] class; empty: regression
  std::vector<double> weights;       // [N]; empty: all 1
  GroupValues groups;                // of decision_columns()
  GroupValues decided;               // the same of the rows that a report will decide on
};

// The group columns that the decisions of a config hang on, each once.
std::vector<std::string> decision_columns(const RunConfig& config);

// Throws Error{config} where a threshold is asked for and there are not two classes.
void check_two_labels(const RunConfig& config, const std::vector<std::string>& labels);

// Throws Error{data} for what cannot be fitted on these rows: prediction sets whose alpha needs
// more of them, in all or in every group; a threshold without rows of both classes; thresholds by
// group without two groups, without both classes in each where the constraint compares them, or
// without a group that will have to be decided on. The text names both fields, what there is and
// what is needed. Whether a precision or an accuracy can be reached only the model's answers tell.
void check_fitting_rows(const RunConfig& config, const FittingRows& rows);

// What can be fitted, but not for all groups; a line each, for the log.
std::vector<std::string> fitting_warnings(const RunConfig& config, const FittingRows& rows);

}  // namespace candor
