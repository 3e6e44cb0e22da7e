// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/base/nearest.h"
#include "core/inspect/findings.h"
#include "core/metrics/report_format.h"
#include "core/table/number.h"

namespace candor {
namespace {

// Distance between two distributions from which they are said to differ.
constexpr double kFarApart = 0.2;

// The test drawn from the training file instead.
std::vector<std::string> own_test() { return {"data.files.test=null", "data.split.test=0.2"}; }

// Letters and digits only, in lower case: "<=50K." and "<=50k" are one.
std::string plain(std::string_view value) {
  std::string text;
  for (const unsigned char c : value) {
    if (std::isalnum(c) != 0 || c >= 0x80 || c == '<' || c == '>' || c == '=' || c == '+' ||
        c == '-') {
      text += static_cast<char>(std::tolower(c));
    }
  }
  return text;
}

class TestJudge {
 public:
  TestJudge(const TableLook& train, const TableLook& test) : train_(train), test_(test) {}

  std::vector<Finding> findings() {
    for (std::size_t i = 0; i < train_.columns().size(); ++i) {
      const auto other = test_.find(train_.columns()[i].name());
      if (other < 0) {
        judge_absent(i);
      } else {
        judge_column(i, static_cast<std::size_t>(other));
      }
    }
    judge_rows();
    return std::move(findings_);
  }

 private:
  void add(Severity severity, const char* code, const std::string& column, std::string text,
           std::vector<std::string> config, std::string advice = "") {
    findings_.push_back(
        {severity, code, column, std::move(text), std::move(config), std::move(advice)});
  }
  bool is_target(std::size_t column) const {
    return static_cast<std::int64_t>(column) == train_.target();
  }

  void judge_absent(std::size_t column) {
    const auto& name = train_.columns()[column].name();
    if (is_target(column)) {
      return add(Severity::error, "test_without_target", name, "the test file has no target",
                 own_test());
    }
    add(Severity::error, "test_without_column", name, "is not in the test file",
        {ignore_word(name)});
  }

  void judge_column(std::size_t column, std::size_t other) {
    const auto& seen = train_.columns()[column];
    const auto& found = test_.columns()[other];
    if (seen.is_number() && found.values() > 0 && !found.is_number()) {
      return add(Severity::error, "test_other_type", seen.name(),
                 fmt::format("is numbers in the training file, but not in the test file, {}",
                             found.first_odd_line()),
                 {column_word(seen.name(), {{"type", "category"}})});
    }
    if (!is_target(column) && !seen.is_number()) judge_categories(seen, found);
    if (is_target(column) && !is_amount(seen)) judge_labels(seen, found);
    if (!is_target(column)) judge_shift(column, other);
  }

  // Values of the test file that the training file does not have, with their rows.
  static std::map<std::string, std::int64_t> unseen(const ColumnLook& seen,
                                                    const ColumnLook& found) {
    std::map<std::string, std::int64_t> values;
    if (seen.listed().empty()) return values;
    for (const auto& [value, rows] : found.listed()) {
      if (!seen.listed().contains(value)) values.emplace(value, rows);
    }
    return values;
  }

  void judge_categories(const ColumnLook& seen, const ColumnLook& found) {
    if (seen.kind() != ColumnKind::category && seen.kind() != ColumnKind::boolean) return;
    const auto values = unseen(seen, found);
    if (values.empty()) return;
    std::int64_t rows = 0;
    for (const auto& [value, count] : values) rows += count;
    add(Severity::warning, "test_new_categories", seen.name(),
        fmt::format("{} of the test file have a category that the training file does not have",
                    counted_rows(rows)),
        {"data.categorical.min_count=2"});
  }

  void judge_labels(const ColumnLook& seen, const ColumnLook& found) {
    const auto values = unseen(seen, found);
    if (values.empty()) return;
    std::int64_t rows = 0;
    Json renamed = Json::object();
    for (const auto& [value, count] : values) {
      rows += count;
      for (const auto& [known, known_rows] : seen.listed()) {
        const bool shown = count >= kFewestShown && known_rows >= kFewestShown;
        if (shown && plain(known) == plain(value)) renamed[value] = known;
      }
    }
    const bool all = renamed.size() == values.size();
    add(Severity::error, "test_new_labels", seen.name(),
        fmt::format("{} of the test file have a class that the training file does not have{}",
                    counted_rows(rows), all ? ", but only by the way it is written" : ""),
        all ? std::vector{column_word(seen.name(), {{"values", renamed}})} : own_test());
  }

  void judge_shift(std::size_t column, std::size_t other) {
    const auto& seen = train_.columns()[column];
    if (train_.sample().rows() < 100 || test_.sample().rows() < 100) return;
    const bool categories = !seen.listed().empty() && !test_.columns()[other].listed().empty();
    const double distance = seen.is_number() ? number_distance(column, other)
                            : categories     ? category_distance(seen, test_.columns()[other])
                                             : 0.0;
    if (distance < kFarApart) return;
    add(Severity::warning, "test_shift", seen.name(),
        fmt::format("is distributed differently in the test file (distance {:.2f} of 1)", distance),
        {ignore_word(seen.name())});
  }

  static std::vector<double> sorted_numbers(const TableLook& table, std::size_t column) {
    std::vector<double> numbers;
    for (const auto cell : table.sampled(column)) {
      const auto parsed = parse_number(cell);
      if (parsed.kind == NumberKind::number) numbers.push_back(parsed.value);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

  // Kolmogorov and Smirnov: the largest difference of the cumulative shares.
  double number_distance(std::size_t column, std::size_t other) const {
    const auto a = sorted_numbers(train_, column), b = sorted_numbers(test_, other);
    if (a.empty() || b.empty()) return 0.0;
    double largest = 0.0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
      const double value = std::min(a[i], b[j]);
      while (i < a.size() && a[i] == value) ++i;
      while (j < b.size() && b[j] == value) ++j;
      largest = std::max(largest, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                           static_cast<double>(j) / static_cast<double>(b.size())));
    }
    return largest;
  }

  // Total variation: half the sum of the differences of the shares.
  static double category_distance(const ColumnLook& seen, const ColumnLook& found) {
    const auto share = [](const ColumnLook& look, std::int64_t rows) {
      return static_cast<double>(rows) /
             static_cast<double>(std::max<std::int64_t>(look.values(), 1));
    };
    double sum = 0.0;
    for (const auto& [value, rows] : seen.listed()) {
      const auto there = found.listed().find(value);
      sum += std::abs(share(seen, rows) -
                      share(found, there == found.listed().end() ? 0 : there->second));
    }
    for (const auto& [value, rows] : found.listed()) {
      if (!seen.listed().contains(value)) sum += share(found, rows);
    }
    return sum / 2.0;
  }

  // The target is left out: it may only be written differently, and features that are known from
  // training are known with their target.
  void judge_rows() {
    const auto& rows = train_.stamps();
    std::int64_t known = 0, equal = 0;
    for (const auto& stamp : test_.stamps()) {
      const auto at = std::lower_bound(rows.begin(), rows.end(), RowStamp{stamp.features, 0});
      known += at != rows.end() && at->features == stamp.features ? 1 : 0;
      equal += std::binary_search(rows.begin(), rows.end(), stamp) ? 1 : 0;
    }
    if (known == 0) return;
    const auto others = counted_rows(known - equal);
    const auto advice = known == equal
                            ? ""
                            : "takes equal rows out of training, but not those that differ in the "
                              "target, as " +
                                  others +
                                  (known - equal == 1 ? " of the test does" : " of the test do");
    const double share =
        static_cast<double>(known) / static_cast<double>(std::max<std::int64_t>(test_.rows(), 1));
    add(share > 0.01 ? Severity::warning : Severity::note, "test_rows_in_train", "",
        fmt::format("{} of the test file ({}) stand in the training file too{}",
                    counted_rows(known), percent(share),
                    train_.target() < 0 ? "" : ", whatever their target"),
        equal > 0      ? std::vector<std::string>{"data.clean.deduplicate=true"}
        : share > 0.01 ? own_test()
                       : std::vector<std::string>{},
        equal == 0 ? "" : advice);
  }

  const TableLook& train_;
  const TableLook& test_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> test_findings(const TableLook& train, const TableLook& test) {
  return TestJudge(train, test).findings();
}

}  // namespace candor
