// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include <candor/error.h>

#include "core/base/ascii.h"
#include "core/base/expand_paths.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/init/init_parts.h"
#include "core/init/table_facts.h"
#include "core/inspect/inspect_parts.h"
#include "core/table/target_labels.h"

namespace candor {
namespace {

// Few integers are classes; many, or numbers with a fraction, are an amount.
bool is_amount(const ColumnFacts& target) {
  constexpr std::int64_t kMostIntegerClasses = 20;
  return target.is_number() && (!target.whole || target.distinct > kMostIntegerClasses);
}

// How many cases a row stands for, by the usual names.
bool named_like_a_weight(const std::string& name) {
  const auto plain = ascii_lower(name);
  return plain == "fnlwgt" || plain == "weight" || plain.ends_with("_weight") ||
         plain.starts_with("weight_");
}

bool concerns_people(const std::string& name) {
  const auto plain = ascii_lower(name);
  const char* known[] = {"sex", "gender", "race", "ethnicity"};
  return std::any_of(std::begin(known), std::end(known), [&](const char* n) { return plain == n; });
}

class TableInit {
 public:
  TableInit(const InitSource& source, const std::string& target)
      : source_(source),
        table_(read_unknown_table(source.path, kMostBadRows)),
        facts_(look_at_table(table_, target)) {
    if (!facts_.no_target.empty()) throw Error(ErrorKind::config, "--target: " + facts_.no_target);
    const auto found = std::find_if(facts_.columns.begin(), facts_.columns.end(),
                                    [&](const ColumnFacts& c) { return c.name == target; });
    target_ = found == facts_.columns.end()
                  ? facts_.columns.size() - 1
                  : static_cast<std::size_t>(found - facts_.columns.begin());
    check_target();
    inspection_ = inspect_table(
        table_, {source.path, this->target().name,
                 source.test.empty() ? std::nullopt : std::optional<std::string>(source.test)});
  }

  std::string text() const {
    return summary() + "{\n  \"version\": 1,\n  \"name\": " + json_text(source_.name) + ",\n" +
           task_line() + "  \"data\": {\n    \"type\": \"table\",\n" + files_line() +
           format_lines() + columns_lines() + numeric_line() + categorical_line() + text_lines() +
           groups_line() + clean_line() + split_line() + "  },\n" + model_line() + train_lines() +
           "}\n";
  }

 private:
  const ColumnFacts& target() const { return facts_.columns[target_]; }
  bool classification() const { return !is_amount(target()); }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::data, source_.path + ": " + what);
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

  // Columns that the model reads, apart from the target and from those that are of no use.
  std::string columns_summary() const {
    std::int64_t read = 0, numbers = 0;
    for (std::size_t i = 0; i < facts_.columns.size(); ++i) {
      if (!is_feature(i)) continue;
      ++read;
      numbers += facts_.columns[i].is_number() ? 1 : 0;
    }
    return grouped(static_cast<std::int64_t>(facts_.columns.size())) + " columns; predicts " +
           for_comment(target().name) + " from " + grouped(read) + " of them, " + grouped(numbers) +
           (numbers == 1 ? " a number" : " numbers");
  }

  std::string summary() const {
    auto text = "// " + for_comment(display_name(source_.path)) + ": " + grouped(facts_.rows) +
                " rows, " + columns_summary() + ".\n" +
                "// Every key and its default: configs/REFERENCE.md, or candor train --reference\n";
    for (const auto& [word, row, line] : facts_.words_for_missing) {
      text += "// TAKE CARE: " + for_comment(json_text(word)) + " stands among numbers, first in " +
              line + ", and is taken for a missing value (data.format.missing).\n";
    }
    for (const auto& column : facts_.columns) {
      if (!named_like_a_weight(column.name) || !column.is_number()) continue;
      text += "// TAKE CARE: if " + for_comment(column.name) +
              " says how many cases a row stands for, give it \"use\": \"weight\" in "
              "data.columns.\n";
    }
    return text + advice();
  }

  // What inspect found and nothing below acts on.
  std::string advice() const {
    static constexpr const char* kTold[] = {
        "strong_column",      "date_order",          "duplicate_rows",
        "conflicting_labels", "imbalance",           "test_rows_in_train",
        "test_shift",         "test_without_target", "test_new_labels"};
    std::string text;
    for (const auto& finding : inspection_.findings) {
      const bool told = std::any_of(std::begin(kTold), std::end(kTold),
                                    [&](const char* code) { return finding.code == code; });
      if (!told) continue;
      text += std::string("// ") + (finding.severity == Severity::note ? "" : "TAKE CARE: ") +
              (finding.column.empty() ? "" : for_comment(finding.column) + ": ") +
              for_comment(finding.text) + "\n";
    }
    return text;
  }

  const Finding* finding(const std::string& code, const std::string& column) const {
    const auto found =
        std::find_if(inspection_.findings.begin(), inspection_.findings.end(),
                     [&](const Finding& f) { return f.code == code && f.column == column; });
    return found == inspection_.findings.end() ? nullptr : &*found;
  }

  // Why a column cannot help on rows that are not in this file, or must not, or nothing.
  std::string useless(std::size_t index) const {
    const auto& facts = facts_.columns[index];
    const auto& column = inspection_.columns[index];
    if (finding("gives_target_away", facts.name) != nullptr) {
      return "alone tells nearly all of the target; remove this entry only if it is known before "
             "the target is";
    }
    if (finding("test_without_column", facts.name) != nullptr) return "not in the test file";
    if (const auto* same = finding("duplicate_column", facts.name)) return for_comment(same->text);
    switch (column.kind) {
      case ColumnKind::empty: return "has no values";
      case ColumnKind::constant: return column.missing > 0 ? "" : "the same value in every row";
      case ColumnKind::date:
      case ColumnKind::text: return "";
      case ColumnKind::identifier:
        return facts.is_number()                  ? "an identifier"
               : column.distinct == column.values ? "every value is different"
                                                  : "nearly every value is different";
      default: break;
    }
    // Numbers but for some cells would be categories, each of them once.
    const bool differs = facts.distinct == facts.values && facts.values >= 20;
    const bool mostly = facts.distinct > 1000 && facts.distinct * 2 > facts.values;
    return !facts.is_number() && (differs || mostly) ? "nearly every value is different" : "";
  }

  bool is_text(std::size_t index) const {
    return is_feature(index) && inspection_.columns[index].kind == ColumnKind::text;
  }
  bool has_text() const {
    std::size_t index = 0;
    return std::any_of(facts_.columns.begin(), facts_.columns.end(),
                       [&](const ColumnFacts&) { return is_text(index++); });
  }
  // Texts alone: a linear model of their terms is hard to beat.
  bool only_text() const {
    if (!has_text()) return false;
    for (std::size_t i = 0; i < facts_.columns.size(); ++i) {
      if (is_feature(i) && !is_text(i)) return false;
    }
    return true;
  }

  bool is_feature(std::size_t index) const { return index != target_ && useless(index).empty(); }

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
    if (format.type == TableFileType::json_lines) parts.push_back("\"type\": \"json_lines\"");
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
      const auto why = useless(i);
      if (!why.empty()) ++ignored;
      if (is_text(i)) {
        lines.emplace_back(json_text(column.name) + ": {\"type\": \"text\"}",
                           "free text, read as data.text says");
        continue;
      }
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
    if (const auto* labels = finding("test_new_labels", target().name)) add_labels(*labels, lines);
    if (lines.empty()) return "";
    std::string text = "    \"columns\": {\n";
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += "      " + lines[i].first + (i + 1 < lines.size() ? "," : "") + "  // " +
              lines[i].second + "\n";
    }
    return text + "    },\n";
  }

  // Classes that the test file only writes differently.
  void add_labels(const Finding& finding,
                  std::vector<std::pair<std::string, std::string>>& lines) const {
    constexpr std::string_view kEntry = "={\"values\":";
    const auto& word = finding.config.front();
    const auto at = word.find(kEntry);
    if (at == std::string::npos) return;
    lines.emplace_back(json_text(target().name) + ": " + word.substr(at + 1),
                       "as the test file writes them");
  }

  // Without an entry of its own, training would refuse the column or not by the rows that it draws.
  static std::string odd_cells(const ColumnFacts& column) {
    const auto odd = column.values - column.numbers;
    return "numbers but for " + grouped(odd) + (odd == 1 ? " cell, in " : " cells, the first in ") +
           column.first_odd_line + "; mend " + (odd == 1 ? "it" : "them") +
           " and remove this entry";
  }

  // What suits short messages of any language, as in configs/sms.json.
  std::string text_lines() const {
    if (!has_text()) return "";
    return "    \"text\": {\n"
           "      \"clean\": {\"case_fold\": true},\n"
           "      \"words\": {\"unit\": \"characters_in_words\", \"ngrams\": [1, 5], "
           "\"sublinear\": true}  // or \"words\", for long texts\n"
           "    },\n";
  }

  std::string categorical_line() const {
    constexpr std::int64_t kMany = 50;
    bool many = false;
    for (std::size_t i = 0; i < facts_.columns.size(); ++i) {
      const auto& column = facts_.columns[i];
      const bool category = is_feature(i) && !is_text(i) && !column.is_number();
      many = many || (category && column.distinct > kMany);
    }
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

  std::string files_line() const {
    auto text = "    \"files\": {\"train\": " + json_text(source_.written);
    if (!source_.test.empty()) text += ", \"test\": " + json_text(source_.written_test);
    return text + "},\n";
  }

  // Amounts follow the bulk of a column, classes often its extremes, which ranks would flatten.
  std::string numeric_line() const {
    if (classification()) return "";
    for (std::size_t i = 0; i < facts_.columns.size(); ++i) {
      const auto& name = facts_.columns[i].name;
      const bool tail =
          finding("heavy_tail", name) != nullptr || finding("outliers", name) != nullptr;
      if (!is_feature(i) || !tail) continue;
      return "    \"numeric\": {\"scale\": \"quantile\"},  // some columns have heavy tails\n";
    }
    return "";
  }

  // Training holds the test file to the same limit.
  double bad_share_of_test() const {
    if (source_.test.empty()) return 0.0;
    TableData config;
    config.format = facts_.format;
    config.clean.max_bad_fraction = kMostBadRows;
    const auto table = read_table(expand_paths({source_.test}), config);
    const auto column = table.find(target().name);
    auto bad = static_cast<std::int64_t>(table.bad_rows().size());
    const auto all = table.rows() + bad;
    for (std::int64_t row = 0; column >= 0 && row < table.rows(); ++row) {
      bad += table.missing(column, row) ? 1 : 0;
    }
    return static_cast<double>(bad) / static_cast<double>(all);
  }

  std::string clean_line() const {
    const auto bad = facts_.bad_rows + target().missing;
    const auto own = static_cast<double>(bad) / static_cast<double>(facts_.rows + facts_.bad_rows);
    const auto test = bad_share_of_test();
    if (bad == 0 && test == 0.0) return "";
    const auto share = std::ceil(std::max(own, test) * 1000.0) / 1000.0;
    std::vector<std::string> why;
    if (facts_.bad_rows > 0) {
      why.push_back(grouped(facts_.bad_rows) + (facts_.bad_rows == 1 ? " row" : " rows") +
                    " cannot be read, the first in " + facts_.first_bad_line);
    }
    if (target().missing > 0) {
      why.push_back(grouped(target().missing) + (target().missing == 1
                                                     ? " row has no target and is left out"
                                                     : " rows have no target and are left out"));
    }
    if (test > own) why.push_back("the test file has more such rows");
    return "    \"clean\": {\"max_bad_fraction\": " + Json(std::min(1.0, share)).dump() +
           "},  // " + join(why, "; ") + "\n";
  }

  // A run of fewer validations cannot stop early.
  static std::string early_stopping(std::int64_t epochs, std::int64_t patience) {
    if (epochs <= patience) return "\n";
    return ",\n    \"early_stopping\": {\"patience\": " + std::to_string(patience) +
           "}  // validations without a better score\n";
  }

  std::string split_line() const {
    return std::string("    \"split\": {\"validation\": 0.15") +
           (source_.test.empty() ? ", \"test\": 0.2" : "") +
           "}  // shares of the rows, drawn by split.seed\n";
  }

  bool small() const { return facts_.rows < 2'000; }

  // Amounts are smooth functions of their columns more often than classes are: a smooth activation,
  // less dropout and more updates fit them better.
  std::string model_line() const {
    if (only_text()) return "  \"model\": {\"type\": \"mlp\", \"hidden\": []},  // linear\n";
    const bool large = facts_.rows >= 10'000;
    const std::string hidden = small()            ? "[64, 32]"
                               : !large           ? "[256, 128]"
                               : classification() ? "[512, 256]"
                                                  : "[512, 256, 128]";
    const std::string rest =
        classification()
            ? std::string(", \"dropout\": ") + (small() ? "0.2" : "0.3")
            : std::string(", \"activation\": \"silu\", \"dropout\": ") + (small() ? "0.1" : "0.05");
    return "  \"model\": {\"type\": \"mlp\", \"hidden\": " + hidden + rest + "},\n";
  }

  // About as many updates whatever the table's size, but no more passes than help.
  std::int64_t epochs() const {
    const std::int64_t most = classification() ? 60 : 120;
    if (small()) return most;
    const std::int64_t rows = (classification() ? 4'000 : 8'000) * std::int64_t{256};
    return std::clamp<std::int64_t>(rows / facts_.rows, 5, most);
  }

  // The weight of a term that few rows have moves only when they come, so that the rate is high.
  std::string text_train_lines() const {
    const std::int64_t rows = 100'000;
    const auto passes = std::clamp<std::int64_t>(rows / facts_.rows, 2, 40);
    return "  \"train\": {\n    \"epochs\": " + std::to_string(passes) +
           ",\n    \"batch_size\": 32,\n"
           "    \"optimizer\": {\"type\": \"sgd\", \"learning_rate\": " +
           (classification() ? "60" : "0.2") + "},\n    \"schedule\": {\"type\": \"cosine\"}" +
           early_stopping(passes, 5) + "  }\n";
  }

  std::string train_lines() const {
    if (only_text()) return text_train_lines();
    const std::string rate = small() ? "0.003" : classification() ? "0.001" : "0.002";
    return "  \"train\": {\n    \"epochs\": " + std::to_string(epochs()) +
           ",\n    \"batch_size\": " + (small() ? "32" : "256") +
           ",\n    \"optimizer\": {\"type\": \"adamw\", \"learning_rate\": " + rate +
           ", \"weight_decay\": 0.01},\n"
           "    \"schedule\": {\"type\": \"cosine\", \"warmup_ratio\": 0.05}" +
           (classification() ? "" : ",\n    \"clip_norm\": 1.0") +
           early_stopping(epochs(), classification() ? 10 : 20) + "  }\n";
  }

  // A config is of little use where more of the rows cannot be read.
  static constexpr double kMostBadRows = 0.2;

  const InitSource& source_;
  UnknownTable table_;
  TableFacts facts_;
  std::size_t target_ = 0;
  Inspection inspection_;  // its columns are those of facts_, in the same order
};

}  // namespace

std::string init_table(const InitSource& source, const std::optional<std::string>& target) {
  return TableInit(source, target.value_or("")).text();
}

}  // namespace candor
