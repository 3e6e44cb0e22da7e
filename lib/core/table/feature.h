// SPDX-License-Identifier: Apache-2.0
// One column that a table model reads, and the values that the host stage makes of it.
//
// A new kind of feature is a line of FeatureKind and of kFeatureKinds; then TableStageFit decides
// which columns are of it, TableStage::apply and prepare make its values, and the tensor stage
// (engine/preprocess) takes them on.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/schema/signature.h"
#include "core/table/cell_rules.h"
#include "core/table/date_values.h"
#include "core/table/string_index.h"
#include "core/table/text_column.h"

namespace candor {

enum class FeatureKind { number, category, date, text };

// Name in preprocess.json, and what a client sends.
struct FeatureKindInfo {
  FeatureKind kind;
  std::string_view name;
  InputKind input;
};
inline constexpr std::array kFeatureKinds = std::to_array<FeatureKindInfo>({
    {FeatureKind::number, "number", InputKind::number},
    {FeatureKind::category, "category", InputKind::category},
    {FeatureKind::date, "date", InputKind::date},
    {FeatureKind::text, "text", InputKind::text},
});

struct Feature {
  std::string name;
  FeatureKind kind = FeatureKind::number;
  CellRules rules;  // for requests; the cells of a table have passed them

  // Numbers, and the time of dates: subtracted in double before the value becomes float32, so that
  // values far from zero (time stamps, numbers of orders) keep their digits.
  double offset = 0.0;
  bool whole = false;  // numbers: declared as integer; every value is a whole number

  // Categories: sorted; the index is 2 + position, after 0 (missing) and 1 (unknown).
  std::vector<std::string> categories;
  StringIndex index;  // of `categories`
  // Of those that are numbers written otherwise than number_text() does ("1.0"), by what it writes:
  // a client's number has a value and no spelling. The first, where several have one value.
  StringIndex by_value;
  // Target encoding, empty without it: for every index (row) the encodings that take its place in
  // `numeric`.
  std::vector<double> encodings;
  // Declared as boolean: the categories are "false" and "true", whatever word stands for them.
  bool boolean = false;

  std::vector<DateValue> date_values;  // dates: what becomes of one, in this order
  DateOrder date_order = DateOrder::year_first;

  std::shared_ptr<const TextColumn> text;  // texts
  std::int64_t first_term = 0;             // what is added to its terms' indices
};

// What is done with one value of `numeric` further on.
enum class SlotRole {
  number,   // a column of numbers: imputed, transformed, scaled, encoded as the config says
  derived,  // time or part of a date, target encoding: scaled and encoded, never transformed
  cycle,    // sine or cosine, between -1 and 1: as it is, 0 where missing
};

struct NumericSlot {
  std::string name;    // "age", "sold.year"; for people
  std::string column;  // of the table; several slots may come from one
  SlotRole role = SlotRole::number;
  double offset = 0.0;  // what the host stage has subtracted
};

// The columns of ModelInputs that a table stage makes.
struct TableColumns {
  std::vector<NumericSlot> numeric;
  std::vector<std::int64_t> category_sizes;  // number of indices per column of `categorical`
  // All columns of text share one space of indices: those of a column come after those of the
  // columns before it. 0: there are no terms.
  std::int64_t terms = 0;
  std::int64_t vocabulary = 0;  // of the tokens in `ids`; 0: there are none
};

}  // namespace candor
