// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/base/log.h"
#include "core/table/number.h"
#include "core/table/refuse_cell.h"
#include "core/table/table_stage.h"
#include "core/table/target_labels.h"

namespace candor {
namespace {

// What the training cells of a column are.
struct Census {
  std::int64_t numbers = 0;
  std::int64_t texts = 0;
  std::int64_t first_text = -1;  // row
  std::int64_t not_finite = 0;
  std::int64_t first_not_finite = -1;  // row

  bool empty() const { return numbers + texts + not_finite == 0; }
};

Census take_census(const Table& table, std::span<const std::int64_t> rows, std::int64_t column) {
  Census census;
  for (const auto row : rows) {
    const auto cell = table.cell(column, row);
    if (cell.empty()) continue;
    const auto parsed = parse_number(cell);
    if (parsed.kind == NumberKind::text) {
      if (census.texts++ == 0) census.first_text = row;
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

// A column that is nearly all numbers is a column of numbers with stray texts in it; read as
// categories it would quietly become thousands of features. Few different numbers are codes.
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

}  // namespace

class TableStageFit {
 public:
  TableStageFit(const Table& table, std::span<const std::int64_t> rows, const TaskConfig& task,
                const TableData& data)
      : table_(table), rows_(rows), task_(task), data_(data) {}

  TableStage fit() {
    check_columns(table_, data_);
    set_target();
    set_weight();
    stage_.trim_ = data_.format.trim;
    stage_.markers_ = MissingMarkers(data_.format.missing);
    for (std::size_t i = 0; i < table_.columns().size(); ++i) {
      add_column(static_cast<std::int64_t>(i));
    }
    if (stage_.features_.empty()) {
      throw Error(ErrorKind::data, table_.path() +
                                       ": no feature column is left beside the target '" +
                                       stage_.target_ + "'; check data.columns");
    }
    stage_.finish();
    if (task_.type == TaskType::regression)
      stage_.targets(table_, rows_);  // refuses what is no number
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
    for (const auto& [name, column] : data_.columns) {
      if (column.use != ColumnUse::weight) continue;
      if (!stage_.weight_.empty()) {
        throw Error(ErrorKind::config, "data.columns: both '" + stage_.weight_ + "' and '" + name +
                                           "' have use weight; one column at most can");
      }
      stage_.weight_ = name;
    }
  }

  void add_column(std::int64_t index) {
    const auto& name = table_.columns()[static_cast<std::size_t>(index)];
    const auto config = config_of(name);
    const bool other_use = config.use == ColumnUse::ignore || config.use == ColumnUse::weight;
    if (name == stage_.target_ || other_use) return;
    const auto census = take_census(table_, rows_, index);
    if (census.empty()) {
      log().warn("column '{}' has no value in the training rows and is ignored", name);
      return;
    }
    TableStage::Feature feature;
    feature.name = name;
    feature.number = is_number(index, config, census);
    feature.rules.trim = data_.format.trim;
    feature.rules.values.insert(config.values.begin(), config.values.end());
    if (!feature.number) set_categories(feature, index);
    stage_.features_.push_back(std::move(feature));
  }

  // Automatic: a number unless some cell is text. Infinities are no text, and no number either.
  bool is_number(std::int64_t index, const ColumnConfig& config, const Census& census) const {
    if (config.type == ColumnType::category) return false;
    const auto& name = table_.columns()[static_cast<std::size_t>(index)];
    const bool declared = config.type == ColumnType::number || has_strays(index, census);
    if (!declared && (census.texts > 0 || census.numbers == 0)) return false;
    if (census.texts > 0) refuse_cell(table_.place(census.first_text), name, NumberKind::text);
    if (census.not_finite > 0) {
      refuse_cell(table_.place(census.first_not_finite), name, NumberKind::not_finite);
    }
    return true;
  }

  bool has_strays(std::int64_t index, const Census& census) const {
    const auto present = static_cast<double>(census.numbers + census.texts + census.not_finite);
    return census.texts > 0 && static_cast<double>(census.numbers) >= kNearlyAll * present &&
           more_distinct_than(kManyNumbers, table_, rows_, index);
  }

  void set_categories(TableStage::Feature& feature, std::int64_t index) const {
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
  TableStage stage_;
};

TableStage TableStage::fit(const Table& table, std::span<const std::int64_t> training_rows,
                           const TaskConfig& task, const TableData& data) {
  return TableStageFit(table, training_rows, task, data).fit();
}

}  // namespace candor
