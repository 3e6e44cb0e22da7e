// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cmath>
#include <vector>

#include <candor/error.h>

#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/init/init_parts.h"
#include "core/init/table_facts.h"
#include "core/table/target_labels.h"

namespace candor {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "id", "customer_id", "CustomerID"; not "humid".
bool named_like_an_identifier(const std::string& name) {
  const auto plain = lower(name);
  if (plain == "id" || plain == "uuid" || plain == "index") return true;
  return plain.size() > 2 &&
         (plain.ends_with("_id") || plain.ends_with("-id") || plain.ends_with(" id") ||
          name.ends_with("Id") || name.ends_with("ID"));
}

// Few integers are classes; many, or numbers with a fraction, are an amount.
bool is_amount(const ColumnFacts& target) {
  constexpr std::int64_t kMostIntegerClasses = 20;
  return target.is_number() && (!target.whole || target.distinct > kMostIntegerClasses);
}

// Why a column cannot help on rows that are not in this file, or nothing.
std::string useless(const ColumnFacts& column) {
  const bool all_differ = column.distinct == column.values && column.values >= 20;
  if (!column.is_number() && all_differ) return "every value is different";
  if (column.whole && all_differ && named_like_an_identifier(column.name)) return "an identifier";
  const bool mostly_differ = column.distinct > 1000 && column.distinct > column.values / 2;
  return !column.is_number() && mostly_differ ? "nearly every value is different" : "";
}

bool concerns_people(const std::string& name) {
  const auto plain = lower(name);
  const char* known[] = {"sex", "gender", "race", "ethnicity"};
  return std::any_of(std::begin(known), std::end(known), [&](const char* n) { return plain == n; });
}

class TableInit {
 public:
  TableInit(const InitSource& source, const std::string& target)
      : source_(source), facts_(look_at_table(source.path, target)) {
    if (!facts_.no_target.empty()) throw Error(ErrorKind::config, "--target: " + facts_.no_target);
    const auto found = std::find_if(facts_.columns.begin(), facts_.columns.end(),
                                    [&](const ColumnFacts& c) { return c.name == target; });
    target_ = found == facts_.columns.end()
                  ? facts_.columns.size() - 1
                  : static_cast<std::size_t>(found - facts_.columns.begin());
    check_target();
  }

  std::string text() const {
    return summary() + "{\n  \"version\": 1,\n  \"name\": " + json_text(source_.name) + ",\n" +
           task_line() + "  \"data\": {\n    \"type\": \"table\",\n    \"files\": {\"train\": " +
           json_text(source_.written) + "},\n" + format_lines() + columns_lines() +
           categorical_line() + groups_line() + bad_rows_line() +
           "    \"split\": {\"validation\": 0.15, \"test\": 0.2}  // shares of the rows, drawn by "
           "split.seed\n  },\n" +
           model_line() + train_lines() + "}\n";
  }

 private:
  const ColumnFacts& target() const { return facts_.columns[target_]; }
  bool classification() const { return !is_amount(target()); }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::data, source_.path.string() + ": " + what);
  }

  void check_target() const {
    const auto name = "column '" + target().name + "'";
    const std::string way_out = "; name another column with --target";
    if (facts_.columns.size() < 2) {
      refuse("one column only; a table needs a target and at least one other column");
    }
    if (target().values == 0) refuse(name + " has no values to learn" + way_out);
    if (target().distinct < 2)
      refuse(name + " has one value only; nothing is to be learned" + way_out);
    if (classification() && (target().distinct > static_cast<std::int64_t>(kMostClasses) ||
                             (target().distinct == target().values && target().values >= 20))) {
      refuse(name + " has " + grouped(target().distinct) + " different values in " +
             grouped(target().values) + " rows, too many for classes" + way_out);
    }
  }

  std::string summary() const {
    const auto numbers = std::count_if(facts_.columns.begin(), facts_.columns.end(),
                                       [](const ColumnFacts& c) { return c.is_number(); });
    auto text =
        "// " + for_comment(source_.path.filename().string()) + ": " + grouped(facts_.rows) +
        " rows, " + grouped(static_cast<std::int64_t>(facts_.columns.size())) + " columns, " +
        grouped(numbers) + " of them numbers; predicts " + for_comment(target().name) + ".\n" +
        "// Every key and its default: configs/REFERENCE.md, or candor train --reference\n";
    if (target().missing > 0) {
      text += "// TAKE CARE: " + grouped(target().missing) + " rows have no " +
              for_comment(target().name) + "; training refuses them, so remove them first.\n";
    }
    for (const auto& word : facts_.words_for_missing) {
      text += "// TAKE CARE: " + for_comment(json_text(word)) +
              " stands among numbers and is taken for a missing value (data.format.missing).\n";
    }
    return text;
  }

  std::string task_line() const {
    auto text = std::string("  \"task\": {\"type\": ") +
                (classification() ? "\"classification\"" : "\"regression\"") +
                ", \"target\": " + json_text(target().name);
    if (!classification()) return text + "},\n";
    auto labels = target().labels;
    sort_labels(labels);
    if (labels.size() == 2) text += ", \"positive\": " + json_text(labels.back());
    return text + "},  // " + std::to_string(labels.size()) + " classes\n";
  }

  std::string format_lines() const {
    const TableFormat usual;
    const auto& format = facts_.format;
    std::vector<std::string> parts;
    if (format.delimiter != usual.delimiter)
      parts.push_back("\"delimiter\": " + json_text(format.delimiter));
    if (format.quote != usual.quote) parts.push_back("\"quote\": " + json_text(format.quote));
    if (!format.header) parts.push_back("\"header\": false");
    if (format.trim) parts.push_back("\"trim\": true");
    if (format.missing != usual.missing) {
      std::vector<std::string> markers;
      for (const auto& marker : format.missing) markers.push_back(json_text(marker));
      parts.push_back("\"missing\": [" + join(markers) + "]");
    }
    return parts.empty() ? "" : "    \"format\": {" + join(parts) + "},\n";
  }

  std::string columns_lines() const {
    std::vector<std::pair<std::string, std::string>> lines;  // entry, comment
    std::size_t ignored = 0;
    for (std::size_t i = 0; i < facts_.columns.size(); ++i) {
      if (i == target_) continue;
      const auto& column = facts_.columns[i];
      const auto why = useless(column);
      if (!why.empty()) ++ignored;
      if (why.empty() && !column.is_mixed()) continue;
      lines.emplace_back(json_text(column.name) + (why.empty() ? ": {\"type\": \"category\"}"
                                                               : ": {\"use\": \"ignore\"}"),
                         column.is_mixed() ? odd_cells(column) : why);
    }
    if (ignored + 1 == facts_.columns.size()) {
      refuse("every column besides '" + target().name +
             "' differs from row to row, so that "
             "nothing can be learned from it");
    }
    if (lines.empty()) return "";
    std::string text = "    \"columns\": {\n";
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += "      " + lines[i].first + (i + 1 < lines.size() ? "," : "") + "  // " +
              lines[i].second + "\n";
    }
    return text + "    },\n";
  }

  // Without an entry of its own, training would refuse the column or not by the rows that it draws.
  static std::string odd_cells(const ColumnFacts& column) {
    const auto odd = column.values - column.numbers;
    return "numbers but for " + grouped(odd) +
           (odd == 1 ? " cell, in line " : " cells, the first in line ") +
           std::to_string(column.first_odd_line) + "; mend " + (odd == 1 ? "it" : "them") +
           " and remove this entry";
  }

  std::string categorical_line() const {
    constexpr std::int64_t kMany = 50;
    const bool many =
        std::any_of(facts_.columns.begin(), facts_.columns.end(), [](const ColumnFacts& c) {
          return !c.is_number() && useless(c).empty() && c.distinct > kMany;
        });
    return many ? "    \"categorical\": {\"encoding\": \"embedding\", \"min_count\": 5},  // some "
                  "columns have many categories\n"
                : "";
  }

  std::string groups_line() const {
    std::vector<std::string> names;
    for (const auto& column : facts_.columns) {
      if (concerns_people(column.name) && column.distinct <= 50)
        names.push_back(json_text(column.name));
    }
    return names.empty() ? ""
                         : "    \"groups\": [" + join(names) +
                               "],  // the report shows how each of these groups fares\n";
  }

  std::string bad_rows_line() const {
    if (facts_.bad_rows == 0) return "";
    const auto share =
        static_cast<double>(facts_.bad_rows) / static_cast<double>(facts_.rows + facts_.bad_rows);
    return "    \"clean\": {\"max_bad_fraction\": " +
           Json(std::ceil(share * 1000.0) / 1000.0).dump() + "},  // " + grouped(facts_.bad_rows) +
           " rows cannot be read, the first in line " + std::to_string(facts_.first_bad_line) +
           "\n";
  }

  std::string model_line() const {
    const std::string size = facts_.rows < 2'000    ? "[64, 32], \"dropout\": 0.2"
                             : facts_.rows < 20'000 ? "[256, 128], \"dropout\": 0.1"
                                                    : "[512, 256], \"dropout\": 0.1";
    return "  \"model\": {\"type\": \"mlp\", \"hidden\": " + size + "},\n";
  }

  std::string train_lines() const {
    const bool small = facts_.rows < 2'000;
    return std::string("  \"train\": {\n    \"epochs\": ") + (small ? "60" : "30") +
           ",\n    \"batch_size\": " + (small ? "32" : "256") +
           ",\n    \"optimizer\": {\"type\": \"adamw\", \"learning_rate\": " +
           (small ? "0.003" : "0.001") +
           ", \"weight_decay\": 0.01},\n"
           "    \"schedule\": {\"type\": \"cosine\", \"warmup_ratio\": 0.05},\n"
           "    \"early_stopping\": {\"patience\": 10}  // validations without a better score\n  "
           "}\n";
  }

  const InitSource& source_;
  TableFacts facts_;
  std::size_t target_ = 0;
};

}  // namespace

std::string init_table(const InitSource& source, const std::optional<std::string>& target) {
  return TableInit(source, target.value_or("")).text();
}

}  // namespace candor
