// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "core/base/log.h"
#include "core/base/nearest.h"
#include "core/table/boolean_word.h"
#include "core/table/column_statistics.h"
#include "core/table/number.h"
#include "core/table/refuse_cell.h"
#include "core/table/table_stage.h"
#include "core/table/target_labels.h"

namespace candor {
namespace {

// What the training cells of a column are.
struct Census {
  std::int64_t numbers = 0;
  std::int64_t dates = 0;  // of the texts
  std::int64_t texts = 0;
  std::int64_t first_text = -1;     // row
  std::int64_t first_no_date = -1;  // row
  std::int64_t not_finite = 0;
  std::int64_t first_not_finite = -1;  // row

  bool empty() const { return numbers + texts + not_finite == 0; }
};

Census take_census(const Table& table, std::span<const std::int64_t> rows, std::int64_t column) {
  Census census;
  const auto order = table.summary(column).date_order;
  for (const auto row : rows) {
    if (table.missing(column, row)) continue;
    const auto parsed = table.number(column, row);
    if (parsed.kind == NumberKind::text) {
      if (census.texts++ == 0) census.first_text = row;
      if (parse_date_time(table.cell(column, row), order)) {
        ++census.dates;
      } else if (census.first_no_date < 0) {
        census.first_no_date = row;
      }
    } else if (!fits_float(parsed)) {
      if (census.not_finite++ == 0) census.first_not_finite = row;
    } else {
      ++census.numbers;
    }
  }
  return census;
}

std::vector<std::string> frequent_categories(const Table& table, std::span<const std::int64_t> rows,
                                             std::int64_t column, std::int64_t min_count) {
  std::unordered_map<std::string_view, std::int64_t> counts;
  for (const auto row : rows) ++counts[table.cell(column, row)];
  std::vector<std::string> categories;
  for (const auto& [text, count] : counts) {
    if (!text.empty() && count >= min_count) categories.emplace_back(text);
  }
  std::sort(categories.begin(), categories.end());
  return categories;
}

// A column that is nearly all numbers (or dates) is one with stray texts in it; read as categories
// it would quietly become thousands of features. Few different numbers are codes.
constexpr double kNearlyAll = 0.95;
constexpr std::size_t kManyNumbers = 20;

bool more_distinct_than(std::size_t limit, const Table& table, std::span<const std::int64_t> rows,
                        std::int64_t column) {
  std::unordered_set<std::string_view> seen;
  for (const auto row : rows) {
    seen.insert(table.cell(column, row));
    if (seen.size() > limit) return true;
  }
  return false;
}

// Above this many categories, of which most are seen once or twice, a column is likely an
// identifier.
constexpr std::size_t kManyCategories = 1000;

bool is_number_type(ColumnType type) {
  return type == ColumnType::number || type == ColumnType::real || type == ColumnType::integer;
}

// The middle of values so far from zero that their differences would lose digits in float32, which
// has 24 bits of them: 0 where the middle half is not far narrower than its place, or where float32
// holds every value as it is.
double offset_of(const std::vector<double>& values) {
  constexpr double kFar = 64.0;
  const bool exact = std::all_of(values.begin(), values.end(), [](double value) {
    return static_cast<double>(static_cast<float>(value)) == value;
  });
  if (exact) return 0.0;
  const SortedValues sorted(values, std::vector<double>(values.size(), 1.0));
  auto width = sorted.quantile(0.75) - sorted.quantile(0.25);
  if (width == 0.0) width = sorted.greatest() - sorted.least();
  const auto middle = sorted.median();
  return std::abs(middle) > kFar * width ? middle : 0.0;
}

}  // namespace

class TableStageFit {
 public:
  TableStageFit(const Table& table, std::span<const std::int64_t> rows, const TaskConfig& task,
                const TableData& data, const TextForm& form)
      : table_(table), rows_(rows), task_(task), data_(data), form_(form) {}

  TableStage fit() {
    check_columns(table_, data_);
    set_target();
    set_weight();
    stage_.trim_ = data_.format.trim;
    stage_.markers_ = MissingMarkers(data_.format.missing);
    stage_.target_transform_ = task_.target_transform;
    for (std::size_t i = 0; i < table_.columns().size(); ++i) {
      add_column(static_cast<std::int64_t>(i));
    }
    if (stage_.features_.empty()) {
      throw Error(ErrorKind::data, table_.path() +
                                       ": no feature column is left beside the target '" +
                                       stage_.target_ + "'; check data.columns");
    }
    if (form_.use == TextUse::tokens) require_one_text();
    for (auto& feature : stage_.features_) {
      if (feature.kind == FeatureKind::text) set_text(feature);
    }
    stage_.finish();
    if (task_.type == TaskType::regression)
      stage_.targets(table_, rows_);  // refuses what is no number
    if (data_.categorical.encoding == Encoding::target) encode_target();
    return std::move(stage_);
  }

 private:
  ColumnConfig config_of(const std::string& column) const {
    const auto found = data_.columns.find(column);
    return found == data_.columns.end() ? ColumnConfig{} : found->second;
  }

  void set_target() {
    if (!task_.target || task_.type == TaskType::language_model) {
      throw Error(ErrorKind::config,
                  "task: a table needs task.target, and task.type classification or regression");
    }
    stage_.target_ = *task_.target;
    const auto column = table_.find(*task_.target);
    if (column < 0)
      throw Error(ErrorKind::config, "task.target: " + table_.no_column(*task_.target));
    if (config_of(*task_.target).use != ColumnUse::automatic) {
      throw Error(ErrorKind::config,
                  "data.columns." + *task_.target +
                      ".use: the column is task.target and can have no other use; "
                      "remove one of the two");
    }
    stage_.signature_.target = *task_.target;
    if (task_.type == TaskType::regression) {
      stage_.signature_.output = OutputKind::regression;
    } else {
      stage_.signature_.labels = fit_labels(table_, rows_, column, task_);
    }
  }

  void set_weight() {
    if (data_.weight) {
      stage_.weight_ = *data_.weight;
      if (table_.find(*data_.weight) < 0) {
        throw Error(ErrorKind::config, "data.weight: " + table_.no_column(*data_.weight));
      }
    }
    for (const auto& [name, column] : data_.columns) {
      if (column.use != ColumnUse::weight || name == stage_.weight_) continue;
      if (!stage_.weight_.empty()) {
        throw Error(ErrorKind::config, "data.columns: both '" + stage_.weight_ + "' and '" + name +
                                           "' are the weight; one column at most can be");
      }
      stage_.weight_ = name;
    }
  }

  void add_column(std::int64_t index) {
    const auto& name = name_of(index);
    const auto config = config_of(name);
    const bool other_use = config.use == ColumnUse::ignore || name == stage_.weight_;
    if (name == stage_.target_ || other_use) return;
    if (config.type == ColumnType::identifier) {
      log().info("column '{}' is an identifier (data.columns.{}.type) and is ignored", name, name);
      return;
    }
    const auto census = take_census(table_, rows_, index);
    if (census.empty()) {
      log().warn("column '{}' has no value in the training rows and is ignored", name);
      return;
    }
    Feature feature;
    feature.name = name;
    feature.kind = kind_of(index, config, census);
    feature.rules.trim = data_.format.trim;
    feature.rules.values.insert(config.values.begin(), config.values.end());
    switch (feature.kind) {
      case FeatureKind::number:
        feature.whole = config.type == ColumnType::integer;
        set_offset(feature, index);
        break;
      case FeatureKind::category:
        feature.boolean = config.type == ColumnType::boolean;
        set_categories(feature, index);
        break;
      case FeatureKind::date: set_date_values(feature, index); break;
      case FeatureKind::text: break;  // once it is known that nothing speaks against it
    }
    stage_.features_.push_back(std::move(feature));
  }

  FeatureKind kind_of(std::int64_t index, const ColumnConfig& config, const Census& census) const {
    if (config.type == ColumnType::text) return FeatureKind::text;
    if (is_date(index, config, census)) return FeatureKind::date;
    if (is_number(index, config, census)) return FeatureKind::number;
    const bool automatic = config.type == ColumnType::automatic;
    return automatic && is_free_text(table_.summary(index)) ? FeatureKind::text
                                                            : FeatureKind::category;
  }

  // Automatic: a date if every cell is one. Numbers alone (20210304) are none unless it is said.
  bool is_date(std::int64_t index, const ColumnConfig& config, const Census& census) const {
    if (config.type == ColumnType::date) {
      refuse_other_than_dates(index);
      return true;
    }
    if (config.type != ColumnType::automatic || census.dates == 0) return false;
    const auto present = census.numbers + census.texts + census.not_finite;
    if (census.dates == present) return true;
    const bool strays =
        static_cast<double>(census.dates) >= kNearlyAll * static_cast<double>(present) &&
        census.first_no_date >= 0 && more_distinct_than(kManyNumbers, table_, rows_, index);
    if (strays) refuse_date(table_.place(census.first_no_date), name_of(index));
    return false;
  }
  void refuse_other_than_dates(std::int64_t index) const {
    const auto order = table_.summary(index).date_order;
    for (const auto row : rows_) {
      const auto cell = table_.cell(index, row);
      if (cell.empty() || parse_date_time(cell, order)) continue;
      refuse_date(table_.place(row), name_of(index));
    }
  }
  const std::string& name_of(std::int64_t index) const {
    return table_.columns()[static_cast<std::size_t>(index)];
  }

  // Automatic: a number unless some cell is text. Infinities are no text, and no number either.
  bool is_number(std::int64_t index, const ColumnConfig& config, const Census& census) const {
    if (config.type == ColumnType::category || config.type == ColumnType::boolean) return false;
    const auto& name = name_of(index);
    const bool declared = is_number_type(config.type) || has_strays(index, census);
    if (!declared && (census.texts > 0 || census.numbers == 0)) return false;
    if (census.texts > 0) refuse_cell(table_.place(census.first_text), name, NumberKind::text);
    if (census.not_finite > 0) {
      refuse_cell(table_.place(census.first_not_finite), name, NumberKind::not_finite);
    }
    if (config.type == ColumnType::integer) refuse_fractions(index);
    return true;
  }
  void refuse_fractions(std::int64_t index) const {
    for (const auto row : rows_) {
      if (table_.missing(index, row)) continue;
      const auto value = table_.number(index, row).value;
      if (value != std::trunc(value)) refuse_fraction(table_.place(row), name_of(index));
    }
  }

  bool has_strays(std::int64_t index, const Census& census) const {
    const auto present = static_cast<double>(census.numbers + census.texts + census.not_finite);
    return census.texts > 0 && static_cast<double>(census.numbers) >= kNearlyAll * present &&
           more_distinct_than(kManyNumbers, table_, rows_, index);
  }

  // A logarithm is one of the number itself, so that no offset may come before it.
  void set_offset(Feature& feature, std::int64_t index) const {
    const auto transform = config_of(feature.name).transform.value_or(data_.numeric.transform);
    if (transform == Transform::log) return;
    std::vector<double> values;
    for (const auto row : rows_) {
      if (!table_.missing(index, row)) values.push_back(table_.number(index, row).value);
    }
    feature.offset = offset_of(values);
  }

  // The time on a line, from the middle of the training rows; of the others those that vary.
  void set_date_values(Feature& feature, std::int64_t index) const {
    feature.date_order = table_.summary(index).date_order;
    if (table_.summary(index).date_order_open) {
      log().warn(
          "column '{}': its dates can be read day first or month first, and are read month first; "
          "set data.columns.{}.date_order to say which",
          feature.name, feature.name);
    }
    std::vector<DateTime> dates;
    std::vector<double> days;
    for (const auto row : rows_) {
      const auto cell = table_.cell(index, row);
      if (cell.empty()) continue;
      dates.push_back(*parse_date_time(cell, feature.date_order));
      days.push_back(date_value(DateValue::time, dates.back()));
    }
    feature.offset = std::round(SortedValues(days, std::vector<double>(days.size(), 1.0)).median());
    feature.date_values = {DateValue::time};
    for (std::size_t i = 1; i < kDateValues; ++i) {
      const auto value = static_cast<DateValue>(i);
      if (!(is_cycle(value) ? data_.dates.cycles : data_.dates.parts)) continue;
      const auto first = date_value(value, dates.front());
      const bool varies = std::any_of(dates.begin(), dates.end(), [&](const DateTime& date) {
        return date_value(value, date) != first;
      });
      if (varies) feature.date_values.push_back(value);
    }
  }

  void require_one_text() const {
    const auto& features = stage_.features_;
    if (features.size() == 1 && features.front().kind == FeatureKind::text) return;
    std::vector<std::string> found;
    for (const auto& feature : features) {
      const auto kind = kFeatureKinds[static_cast<std::size_t>(feature.kind)].name;
      found.push_back("'" + feature.name + "' (" + std::string(kind) + ")");
    }
    throw Error(
        ErrorKind::config,
        "model.type transformer reads one column of text and nothing else, but the features "
        "of " +
            table_.path() + " are " + join(found) +
            "; set data.columns.NAME.type to text for one column and use to ignore for the "
            "others, or model.type to mlp");
  }

  void set_text(Feature& feature) const {
    const auto column = table_.find(feature.name);
    std::vector<std::string_view> texts;
    texts.reserve(rows_.size());
    for (const auto row : rows_) texts.push_back(table_.cell(column, row));
    try {
      feature.text = std::make_shared<const TextColumn>(TextColumn::fit(form_, data_.text, texts));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      throw Error(ErrorKind::data, table_.path() + ": column '" + feature.name +
                                       "': " + error.what() + ", or set data.columns." +
                                       feature.name + ".use to ignore");
    }
  }

  // Encodings of all training rows, for every row but those.
  void encode_target() {
    const auto columns = stage_.feature_columns(table_);
    const auto targets = stage_.encoding_targets(table_, rows_);
    const auto weights = stage_.weights(table_, rows_);
    for (std::size_t f = 0; f < columns.size(); ++f) {
      auto& feature = stage_.features_[f];
      if (feature.kind != FeatureKind::category) continue;
      const auto indices = stage_.category_indices(feature, table_, columns[f], rows_);
      feature.encodings = fit_encodings(indices, 2 + feature.categories.size(), targets, weights,
                                        data_.categorical.target_smoothing);
    }
    stage_.finish();
  }

  void set_booleans(Feature& feature, std::int64_t index) const {
    feature.categories = {"false", "true"};
    for (const auto row : rows_) {
      if (table_.missing(index, row) || boolean_word(table_.cell(index, row))) continue;
      refuse_boolean(table_.place(row), feature.name);
    }
  }

  void set_categories(Feature& feature, std::int64_t index) const {
    if (feature.boolean) return set_booleans(feature, index);
    feature.categories = frequent_categories(table_, rows_, index, data_.categorical.min_count);
    const auto count = feature.categories.size();
    if (count > kManyCategories && 2 * count > rows_.size()) {
      log().warn(
          "column '{}' has {} categories in {} training rows; if it is an identifier, set "
          "data.columns.{}.use to ignore, else raise data.categorical.min_count",
          feature.name, count, rows_.size(), feature.name);
    }
  }

  const Table& table_;
  std::span<const std::int64_t> rows_;
  const TaskConfig& task_;
  const TableData& data_;
  const TextForm& form_;
  TableStage stage_;
};

TableStage TableStage::fit(const Table& table, std::span<const std::int64_t> training_rows,
                           const TaskConfig& task, const TableData& data, const TextForm& form) {
  return TableStageFit(table, training_rows, task, data, form).fit();
}

}  // namespace candor
