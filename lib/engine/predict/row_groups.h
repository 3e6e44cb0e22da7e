// SPDX-License-Identifier: Apache-2.0
// The groups that a decision rule asks for, from a row to the batch: columns that the model itself
// may not read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/decide/decision_rule.h"
#include "core/schema/model_inputs.h"
#include "core/schema/signature.h"
#include "core/table/cell_rules.h"

namespace candor {

class RowGroupReader {
 public:
  // `inputs` are the model's own, `config` that of its run: values go through its rules for cells.
  RowGroupReader(const DecisionRule& rule, const RunConfig& config,
                 const std::vector<InputField>& inputs);

  const std::vector<std::string>& columns() const { return columns_; }
  // Those that are no input of the model, and so follow these in a row.
  const std::vector<InputField>& more_inputs() const { return more_; }

  // Values of a raw row: the model's own inputs, then more_inputs().
  RowGroups of_row(const Row& row) const;

  // Puts the groups of the only row of `inputs` behind its categories. Throws Error{request} where
  // the label hangs on a group that is missing or unknown.
  void append(ModelInputs& inputs, const RowGroups& groups) const;
  // Takes them off again: [rows] groups.
  std::vector<RowGroups> take(ModelInputs& inputs) const;

 private:
  std::string value_of(std::size_t column, const Value& value) const;

  std::vector<std::string> columns_;
  std::vector<std::size_t> places_;               // in a raw row
  std::vector<std::vector<std::string>> values_;  // of each column, that are known
  std::vector<InputField> more_;
  std::vector<CellRules> rules_;
  MissingMarkers markers_;
  DecisionRule rule_;
};

}  // namespace candor
