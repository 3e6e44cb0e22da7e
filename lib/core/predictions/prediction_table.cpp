// SPDX-License-Identifier: Apache-2.0
// CSV and JSON lines with the columns that docs/eval.md names.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>

#include "core/base/byte_source.h"
#include "core/base/files.h"
#include "core/base/nearest.h"
#include "core/metrics/report_format.h"
#include "core/predictions/prediction_file.h"
#include "core/table/table.h"

namespace candor {
namespace {

constexpr std::string_view kProbability = "p_";

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorKind::data, what); }

// What separates the names in the first line: of comma, semicolon and tab the one that stands there
// most often outside of quotes. What can be read once only, as a pipe, has commas.
std::string delimiter_of(const std::string& path) {
  const std::string usual = TableFormat{}.delimiter;
  std::error_code ignored;
  if (is_json_lines(path, TableFormat{}) || !std::filesystem::is_regular_file(path, ignored)) {
    return usual;
  }
  const auto bytes = open_bytes(path, ErrorKind::data);
  const auto text = first_bytes(*bytes, std::size_t{1} << 16);
  std::map<char, int> counts;
  bool quoted = false;
  for (const char c : text.substr(std::min(text.size(), text.find_first_not_of("\r\n")))) {
    if (c == '"') quoted = !quoted;
    if (c == '\n' && !quoted) break;
    if (!quoted) ++counts[c];
  }
  const auto most = std::max({counts[','], counts[';'], counts['\t']});
  if (most == 0 || counts[','] == most) return usual;
  return counts[';'] == most ? ";" : "\t";
}

// Empty cells are missing and nothing else: "NA" may be a class, and NaN is a finding of its own.
TableData table_config(const std::string& path) {
  TableData config;
  config.format.delimiter = delimiter_of(path);
  config.format.missing = {""};
  config.clean.max_bad_fraction =
      1.0;  // the first bad row is refused here, in this command's words
  return config;
}

Table read_columns(const std::string& path) {
  ReadOptions options;
  options.digest = true;
  auto table = read_table(std::vector{path}, table_config(path), options);
  if (!table.bad_rows().empty()) {
    const auto& bad = table.bad_rows().front();
    refuse(table.place(bad) + ": " + bad.reason + "; every row counts, so fix it or leave it out");
  }
  return table;
}

class Reader {
 public:
  Reader(const Table& table, const std::string& path) : table_(table) {
    rows_.path = path;
    for (std::int64_t row = 0; row < table.rows(); ++row) rows_.lines.push_back(table.line(row));
  }

  PredictionRows read(const PredictionRules& rules) {
    refuse_answers();
    const auto label = needed("label", "the true class or value of each row");
    const auto id = table_.find("id");
    if (id >= 0) rows_.ids = texts(id);
    rows_.labels = texts(label);
    read_predictions();
    const auto weight = table_.find("weight");
    if (weight >= 0) rows_.weight = numbers(weight);
    for (const auto& name : rules.groups) read_group(name);
    return std::move(rows_);
  }

 private:
  // `candor predict` calls the class that it answers "label", as the truth is called here.
  void refuse_answers() const {
    const bool answers = table_.find("row") == 0 && table_.find("label") == 1 &&
                         table_.find("id") < 0 && !probability_columns().empty();
    if (!answers) return;
    refuse(rows_.path +
           ": these are answers of candor predict, whose label is what the model says and not the "
           "truth; evaluate the model itself (candor eval MODEL --data FILE), or put the true "
           "classes into label and call row id");
  }

  std::int64_t needed(const std::string& name, const std::string& what) const {
    const auto column = table_.find(name);
    if (column < 0) refuse(table_.no_column(name) + " ('" + name + "' is " + what + ")");
    return column;
  }

  std::string fault(std::int64_t row, std::int64_t column) const {
    return table_.place(row) + ": " + table_.columns()[static_cast<std::size_t>(column)] + " ";
  }

  std::vector<std::string> texts(std::int64_t column) const {
    std::vector<std::string> result;
    result.reserve(rows_.lines.size());
    for (std::int64_t row = 0; row < table_.rows(); ++row) {
      if (table_.missing(column, row)) refuse(fault(row, column) + "is missing");
      result.emplace_back(table_.cell(column, row));
    }
    return result;
  }

  double number(std::int64_t column, std::int64_t row) const {
    if (table_.missing(column, row)) refuse(fault(row, column) + "is missing");
    const auto parsed = table_.number(column, row);
    if (parsed.kind == NumberKind::number) return parsed.value;
    if (parsed.kind == NumberKind::not_finite)
      refuse(fault(row, column) + "is not a finite number");
    refuse(fault(row, column) + "is not a number" +
           (has_decimal_comma(column, row) ? "; write decimals with a point" : ""));
  }

  bool has_decimal_comma(std::int64_t column, std::int64_t row) const {
    auto cell = std::string(table_.cell(column, row));
    const auto comma = cell.find(',');
    if (comma == std::string::npos) return false;
    cell[comma] = '.';
    return parse_number(cell).kind == NumberKind::number;
  }

  std::vector<double> numbers(std::int64_t column) const {
    const auto values = table_.numbers(column);
    std::vector<double> result(values.begin(), values.end());
    result.resize(rows_.lines.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t row = 0; row < result.size(); ++row) {
      if (!std::isfinite(result[row])) result[row] = number(column, static_cast<std::int64_t>(row));
    }
    return result;
  }

  void read_predictions() {
    const auto score = table_.find("score"), prediction = table_.find("prediction");
    const auto shares = probability_columns();
    if (score >= 0 && !shares.empty()) {
      refuse(rows_.path + ": has a score and p_CLASS columns; leave one of them out");
    }
    if (score < 0 && shares.empty() && prediction < 0) {
      refuse(rows_.path +
             ": has no predictions: a column 'score' (two classes), one 'p_CLASS' for each class, "
             "or 'prediction' (a number); it has: " +
             join(table_.columns()));
    }
    if (score >= 0) {
      rows_.numbers = numbers(score);
    } else if (!shares.empty()) {
      read_probabilities(shares);
    } else {
      rows_.kind = PredictionKind::value;
      refuse_classes(prediction);
      rows_.numbers = numbers(prediction);
      return;
    }
    if (prediction >= 0) rows_.decided = texts(prediction);
  }

  // Classes without a score in place of numbers.
  void refuse_classes(std::int64_t column) const {
    for (std::int64_t row = 0; row < table_.rows(); ++row) {
      if (table_.missing(column, row)) continue;
      if (table_.number(column, row).kind != NumberKind::text) return;
      if (has_decimal_comma(column, row)) return;  // numbers() says so
      refuse(fault(row, column) +
             "is not a number, and alone it is taken for one (regression); for classes pass a "
             "column score (two classes) or p_CLASS for each class: where only decisions are "
             "known, 1 for the class decided on and 0 for the others");
    }
  }

  std::vector<std::int64_t> probability_columns() const {
    std::vector<std::int64_t> columns;
    for (std::size_t c = 0; c < table_.columns().size(); ++c) {
      const auto& name = table_.columns()[c];
      if (name.starts_with(kProbability) && name.size() > kProbability.size()) {
        columns.push_back(static_cast<std::int64_t>(c));
      }
    }
    return columns;
  }

  void read_probabilities(const std::vector<std::int64_t>& columns) {
    rows_.kind = PredictionKind::probabilities;
    rows_.numbers.resize(rows_.lines.size() * columns.size());
    for (std::size_t k = 0; k < columns.size(); ++k) {
      rows_.classes.push_back(
          table_.columns()[static_cast<std::size_t>(columns[k])].substr(kProbability.size()));
      const auto values = numbers(columns[k]);
      for (std::size_t row = 0; row < values.size(); ++row) {
        rows_.numbers[row * columns.size() + k] = values[row];
      }
    }
  }

  void read_group(const std::string& name) {
    if (table_.find(name) < 0) {
      throw Error(ErrorKind::config, "--groups: " + table_.no_column(name));
    }
    std::vector<std::int64_t> all(rows_.lines.size());
    std::iota(all.begin(), all.end(), 0);
    rows_.groups[name] = group_values(table_, all, name);
    tell_of_missing(name);
  }

  void tell_of_missing(const std::string& name) {
    std::int64_t count = 0, first = -1;
    for (std::int64_t row = 0; row < table_.rows(); ++row) {
      if (!table_.missing(table_.find(name), row)) continue;
      if (count++ == 0) first = row;
    }
    if (count == 0) return;
    rows_.findings.push_back(fmt::format(
        "{} is missing in {} of {} rows, first in line {}; they are the group '(missing)'.", name,
        with_thousands(count), with_thousands(table_.rows()), table_.line(first)));
  }

  const Table& table_;
  PredictionRows rows_;
};

}  // namespace

PredictionRows read_prediction_table(const std::string& path, const PredictionRules& rules,
                                     Json& files) {
  const auto table = read_columns(path);
  const auto& source = table.sources().front();
  files = Json::array({{{"part", "predictions"},
                        {"name", display_name(path)},
                        {"sha256", source.sha256},
                        {"bytes", source.bytes}}});
  return Reader(table, path).read(rules);
}

}  // namespace candor
