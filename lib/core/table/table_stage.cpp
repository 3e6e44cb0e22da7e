// SPDX-License-Identifier: Apache-2.0
#include "core/table/table_stage.h"

#include <candor/error.h>

#include <cmath>
#include <limits>

#include "core/base/nearest.h"
#include "core/table/boolean_word.h"
#include "core/table/number.h"
#include "core/table/refuse_cell.h"

namespace candor {
namespace {

constexpr std::int64_t kMissing = 0;
constexpr std::int64_t kUnknown = 1;
constexpr std::int64_t kFirstCategory = 2;
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void refuse_field(const std::string& name, const std::string& expected,
                               const Value& value) {
  const bool text = std::holds_alternative<std::string>(value);
  const bool image = std::holds_alternative<Pixels>(value);
  throw Error(ErrorKind::request, "input '" + name + "': expected " + expected +
                                      (text    ? ", got text"
                                       : image ? ", got an image"
                                               : ""));
}

StringIndex index_of(const std::vector<std::string>& names) {
  StringIndex index;
  index.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    index.emplace(names[i], static_cast<std::int64_t>(i));
  }
  return index;
}

// See Feature::by_value.
StringIndex values_of(const std::vector<std::string>& categories, const StringIndex& index) {
  StringIndex by_value;
  for (std::size_t i = 0; i < categories.size(); ++i) {
    const auto parsed = parse_number(categories[i]);
    if (parsed.kind != NumberKind::number) continue;
    auto text = number_text(parsed.value);
    if (!index.contains(text)) by_value.emplace(std::move(text), static_cast<std::int64_t>(i));
  }
  return by_value;
}

// Of a boolean that is none: -1.
std::int64_t category_index(const Feature& feature, std::string_view text) {
  if (text.empty()) return kMissing;
  if (feature.boolean) {
    const auto word = boolean_word(text);
    return word ? kFirstCategory + (word->value ? 1 : 0) : -1;
  }
  const auto found = position(feature.index, text);
  return found < 0 ? kUnknown : kFirstCategory + found;
}

const FeatureKindInfo& info_of(FeatureKind kind) {
  return kFeatureKinds[static_cast<std::size_t>(kind)];
}

// Only the time is far from zero.
double offset_of(const Feature& feature, DateValue value) {
  return value == DateValue::time ? feature.offset : 0.0;
}

// Of a column declared as integer, a number that is none.
bool breaks_whole(const Feature& feature, double value) {
  return feature.whole && value != std::trunc(value);
}

double whole_enough(const Feature& feature, double value) {
  if (breaks_whole(feature, value)) refuse_field(feature.name, "a whole number", Value{});
  return value;
}

bool fits_with_offset(const ParsedNumber& number, double offset) {
  return fits_float(number) && fits_float({NumberKind::number, number.value - offset});
}

}  // namespace

// The place in `inputs` of the rows' next feature; every feature moves it on.
class TableStage::Cells {
 public:
  Cells(std::size_t rows, const TableColumns& columns, ModelInputs& inputs)
      : inputs_(inputs),
        numeric_width_(columns.numeric.size()),
        categorical_width_(columns.category_sizes.size()) {
    inputs.rows = static_cast<std::int64_t>(rows);
    inputs.numeric.resize(rows * numeric_width_);
    inputs.categorical.resize(rows * categorical_width_);
  }

  // NaN: missing.
  void number(std::size_t row, const Feature& feature, double value) {
    numeric(row, 0) = static_cast<float>(value - feature.offset);
  }
  void category(std::size_t row, const Feature& feature, std::int64_t index) {
    if (feature.encodings.empty()) {
      inputs_.categorical[row * categorical_width_ + next_categorical_] = index;
      return;
    }
    const auto outputs = numeric_slots(feature);
    encoded(row, &feature.encodings[static_cast<std::size_t>(index) * outputs], outputs);
  }
  void encoded(std::size_t row, const double* encodings, std::size_t outputs) {
    for (std::size_t k = 0; k < outputs; ++k) numeric(row, k) = static_cast<float>(encodings[k]);
  }
  void date(std::size_t row, const Feature& feature, const std::optional<DateTime>& date) {
    for (std::size_t k = 0; k < feature.date_values.size(); ++k) {
      const auto value = feature.date_values[k];
      numeric(row, k) = static_cast<float>(
          date ? date_value(value, *date) - offset_of(feature, value) : kNoNumber);
    }
  }
  void next(const Feature& feature) {
    const auto slots = numeric_slots(feature);
    next_numeric_ += slots;
    if (slots == 0 && feature.kind == FeatureKind::category) ++next_categorical_;
  }

  static std::size_t numeric_slots(const Feature& feature) {
    switch (feature.kind) {
      case FeatureKind::number: return 1;
      case FeatureKind::date: return feature.date_values.size();
      case FeatureKind::text: return 0;
      case FeatureKind::category: break;
    }
    return feature.encodings.size() / (kFirstCategory + feature.categories.size());
  }

 private:
  float& numeric(std::size_t row, std::size_t slot) {
    return inputs_.numeric[row * numeric_width_ + next_numeric_ + slot];
  }

  ModelInputs& inputs_;
  std::size_t numeric_width_, categorical_width_;
  std::size_t next_numeric_ = 0, next_categorical_ = 0;
};

void TableStage::finish() {
  signature_.inputs.clear();
  columns_ = {};
  encodes_target_ = false;
  for (auto& feature : features_) {
    signature_.inputs.push_back({feature.name, info_of(feature.kind).input});
    feature.index = index_of(feature.categories);
    feature.by_value = values_of(feature.categories, feature.index);
    const auto slot = [&](const std::string& name, SlotRole role, double offset) {
      columns_.numeric.push_back({name, feature.name, role, offset});
    };
    if (feature.kind == FeatureKind::text) {
      auto& size = feature.text->use() == TextUse::terms ? columns_.terms : columns_.vocabulary;
      feature.first_term = size;
      size += feature.text->size();
    } else if (feature.kind == FeatureKind::number) {
      slot(feature.name, SlotRole::number, feature.offset);
    } else if (feature.kind == FeatureKind::date) {
      for (const auto value : feature.date_values) {
        const auto role = is_cycle(value) ? SlotRole::cycle : SlotRole::derived;
        slot(feature.name + "." + std::string(date_value_name(value)), role,
             offset_of(feature, value));
      }
    } else if (feature.encodings.empty()) {
      columns_.category_sizes.push_back(kFirstCategory +
                                        static_cast<std::int64_t>(feature.categories.size()));
    } else {
      encodes_target_ = true;
      for (std::size_t k = 0; k < encoding_outputs(); ++k) {
        slot(feature.name + ".target" + (k == 0 ? "" : std::to_string(k)), SlotRole::derived, 0.0);
      }
    }
  }
  label_index_ = index_of(signature_.labels);
}

const Feature* TableStage::tokens() const {
  const bool only = columns_.vocabulary > 0;  // TableStage::fit: then it is the only feature
  return only ? &features_.front() : nullptr;
}

std::shared_ptr<const Tokenizer> TableStage::tokenizer() const {
  return tokens() == nullptr ? nullptr : tokens()->text->tokenizer();
}

std::int64_t TableStage::context() const {
  return tokens() == nullptr ? 0 : tokens()->text->context();
}

// Columns that stand for a target-encoded category.
std::size_t TableStage::encoding_outputs() const {
  const auto classes = signature_.labels.size();
  return classes <= 2 ? 1 : classes - 1;
}

std::vector<std::int64_t> TableStage::feature_columns(const Table& table) const {
  std::vector<std::int64_t> columns;
  std::vector<std::string> problems;
  for (const auto& feature : features_) {
    columns.push_back(table.find(feature.name));
    if (columns.back() < 0) problems.push_back(table.no_column(feature.name));
  }
  if (!problems.empty()) throw Error(ErrorKind::data, join(problems, "\n"));
  return columns;
}

double TableStage::number_in(const Feature& feature, const Table& table, std::int64_t column,
                             std::int64_t row) {
  if (table.missing(column, row)) return kNoNumber;
  const auto number = table.number(column, row);
  if (!fits_with_offset(number, feature.offset)) {
    refuse_cell(table.place(row), feature.name, number.kind);
  }
  if (breaks_whole(feature, number.value)) refuse_fraction(table.place(row), feature.name);
  return number.value;
}

std::optional<DateTime> TableStage::date_in(const Feature& feature, const Table& table,
                                            std::int64_t column, std::int64_t row) {
  if (table.missing(column, row)) return std::nullopt;
  const auto date = parse_date_time(table.cell(column, row), feature.date_order);
  if (!date) refuse_date(table.place(row), feature.name);
  return date;
}

std::int64_t TableStage::category_in(const Feature& feature, const Table& table,
                                     std::int64_t column, std::int64_t row) {
  const auto index = category_index(feature, table.cell(column, row));
  if (index < 0) refuse_boolean(table.place(row), feature.name);
  return index;
}

void TableStage::apply_feature(const Feature& feature, const Table& table, std::int64_t column,
                               std::span<const std::int64_t> rows, Cells& cells) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    switch (feature.kind) {
      case FeatureKind::number:
        cells.number(i, feature, number_in(feature, table, column, rows[i]));
        break;
      case FeatureKind::category:
        cells.category(i, feature, category_in(feature, table, column, rows[i]));
        break;
      case FeatureKind::date:
        cells.date(i, feature, date_in(feature, table, column, rows[i]));
        break;
      case FeatureKind::text: return;  // apply_texts()
    }
  }
}

ModelInputs TableStage::apply(const Table& table, std::span<const std::int64_t> rows) const {
  const auto columns = feature_columns(table);
  auto inputs = apply_cells(table, columns, rows);
  apply_texts(table, columns, rows, inputs);
  return inputs;
}

ModelInputs TableStage::apply_cells(const Table& table, std::span<const std::int64_t> columns,
                                    std::span<const std::int64_t> rows) const {
  ModelInputs inputs;
  Cells cells(rows.size(), columns_, inputs);
  for (std::size_t f = 0; f < features_.size(); ++f) {
    apply_feature(features_[f], table, columns[f], rows, cells);
    cells.next(features_[f]);
  }
  return inputs;
}

std::vector<std::int64_t> TableStage::category_indices(const Feature& feature, const Table& table,
                                                       std::int64_t column,
                                                       std::span<const std::int64_t> rows) const {
  std::vector<std::int64_t> indices;
  indices.reserve(rows.size());
  for (const auto row : rows) {
    indices.push_back(category_in(feature, table, column, row));
  }
  return indices;
}

ModelInputs TableStage::apply_training(const Table& table, std::span<const std::int64_t> rows,
                                       const TableData& data) const {
  const auto columns = feature_columns(table);
  auto inputs = apply_cells(table, columns, rows);
  if (!encodes_target_) return inputs;
  const auto expected = encoding_targets(table, rows);
  const auto weight = weights(table, rows);
  const auto count = data.categorical.target_folds;
  const auto folds = draw_folds(rows.size(), count, data.split.seed);
  Cells cells(rows.size(), columns_, inputs);
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const auto& feature = features_[f];
    if (!feature.encodings.empty()) {
      const auto indices = category_indices(feature, table, columns[f], rows);
      const auto size = kFirstCategory + feature.categories.size();
      const auto encodings = out_of_fold_encodings(indices, size, expected, weight,
                                                   data.categorical.target_smoothing, folds, count);
      for (std::size_t row = 0; row < rows.size(); ++row) {
        cells.encoded(row, &encodings[row * expected.outputs], expected.outputs);
      }
    }
    cells.next(feature);
  }
  return inputs;
}

double TableStage::number_of(const Feature& feature, const Value& value) const {
  if (std::holds_alternative<std::monostate>(value)) return kNoNumber;
  if (std::holds_alternative<Pixels>(value)) refuse_field(feature.name, "a number", value);
  std::string numeral;
  std::string_view text;
  if (const auto* number = std::get_if<double>(&value)) {
    if (std::isnan(*number)) return kNoNumber;
    if (!fits_with_offset({NumberKind::number, *number}, feature.offset)) {
      refuse_field(feature.name, "a finite number within float32", value);
    }
    // A map or marker may stand for a number ("-999"), so it has to be looked at as a cell's text.
    if (feature.rules.values.empty() && !markers_.has_number()) {
      return whole_enough(feature, *number);
    }
    numeral = number_text(*number);
    text = numeral;
  } else {
    text = std::get<std::string>(value);
  }
  text = feature.rules.apply(text, markers_);
  if (text.empty()) return kNoNumber;
  const auto parsed = parse_number(text);
  if (parsed.kind == NumberKind::text) refuse_field(feature.name, "a number", value);
  if (!fits_with_offset(parsed, feature.offset)) {
    refuse_field(feature.name, "a finite number within float32", Value{});
  }
  return whole_enough(feature, parsed.value);
}

std::int64_t TableStage::category_of(const Feature& feature, const Value& value) const {
  const auto text = text_of(feature, value);
  auto index = category_index(feature, text);
  if (index == kUnknown && std::holds_alternative<double>(value)) {
    const auto found = position(feature.by_value, number_text(std::get<double>(value)));
    if (found >= 0) index = kFirstCategory + found;
  }
  if (index < 0) refuse_field(feature.name, "true or false, yes or no, on or off", Value{});
  return index;
}

// After the cells' rules; empty: missing.
std::string TableStage::text_of(const Feature& feature, const Value& value) const {
  if (std::holds_alternative<std::monostate>(value)) return "";
  if (std::holds_alternative<Pixels>(value)) refuse_field(feature.name, "text", value);
  if (const auto* number = std::get_if<double>(&value)) {
    if (std::isnan(*number)) return "";
    if (std::isinf(*number)) refuse_field(feature.name, "text or a finite number", value);
    const auto numeral = number_text(*number);
    return std::string(feature.rules.apply(numeral, markers_));
  }
  return std::string(feature.rules.apply(std::get<std::string>(value), markers_));
}

std::optional<DateTime> TableStage::date_of(const Feature& feature, const Value& value) const {
  constexpr const char* kExpected = "a date, as \"2021-03-04\" or \"2021-03-04T14:05:00Z\"";
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  if (std::holds_alternative<Pixels>(value)) refuse_field(feature.name, kExpected, value);
  std::string numeral;
  std::string_view text;
  if (const auto* number = std::get_if<double>(&value)) {
    if (std::isnan(*number)) return std::nullopt;
    if (std::isinf(*number)) refuse_field(feature.name, kExpected, value);
    numeral = number_text(*number);
    text = numeral;
  } else {
    text = std::get<std::string>(value);
  }
  text = feature.rules.apply(text, markers_);
  if (text.empty()) return std::nullopt;
  const auto date = parse_date_time(text, feature.date_order);
  // That it is text says nothing: dates are.
  if (!date) refuse_field(feature.name, kExpected, Value{});
  return date;
}

bool TableStage::has_category(std::size_t input, std::string_view text) const {
  const auto& feature = features_[input];
  return category_index(feature, feature.rules.apply(text, markers_)) != kUnknown;
}

ModelInputs TableStage::prepare(const Row& row) const {
  if (row.size() != features_.size()) {
    throw Error(ErrorKind::request, "expected " + std::to_string(features_.size()) +
                                        " inputs, got " + std::to_string(row.size()));
  }
  ModelInputs inputs;
  Cells cells(1, columns_, inputs);
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto& feature = features_[i];
    switch (feature.kind) {
      case FeatureKind::number: cells.number(0, feature, number_of(feature, row[i])); break;
      case FeatureKind::category: cells.category(0, feature, category_of(feature, row[i])); break;
      case FeatureKind::date: cells.date(0, feature, date_of(feature, row[i])); break;
      case FeatureKind::text: break;  // prepare_texts()
    }
    cells.next(feature);
  }
  prepare_texts(row, inputs);
  return inputs;
}

}  // namespace candor
