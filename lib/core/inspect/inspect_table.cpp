// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "core/base/files.h"
#include "core/inspect/findings.h"
#include "core/inspect/inspect_parts.h"
#include "core/inspect/predictive_share.h"

namespace candor {
namespace {

bool may_predict(ColumnKind kind) {
  return kind != ColumnKind::empty && kind != ColumnKind::constant;
}

// What each column alone tells of the target.
void measure_prediction(const TableLook& table, std::vector<ColumnReport>& columns) {
  if (table.target() < 0) return;
  const auto target = static_cast<std::size_t>(table.target());
  if (columns[target].distinct < 2) return;
  const auto cells = table.sampled(target);
  const auto sample =
      is_amount(table.columns()[target]) ? amount_target(cells) : class_target(cells);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i == target || !may_predict(columns[i].kind)) continue;
    columns[i].predicts = predictive_share(table.sampled(i), sample);
  }
}

// Classes of a target, rare ones together and unnamed.
std::vector<ValueCount> classes_of(const ColumnLook& target) {
  std::vector<ValueCount> classes;
  std::int64_t rare = 0;
  for (const auto& [value, rows] : target.listed()) {
    if (rows >= kFewestShown) {
      classes.push_back({value, rows});
    } else {
      rare += rows;
    }
  }
  std::sort(classes.begin(), classes.end(), [](const auto& a, const auto& b) {
    return a.rows != b.rows ? a.rows > b.rows : a.value < b.value;
  });
  if (rare > 0) classes.push_back({"(rarer ones)", rare});
  return classes;
}

void add_facts(Inspection& inspection, const TableLook& table) {
  auto& facts = inspection.facts;
  facts.emplace_back("rows", table.rows());
  facts.emplace_back("columns", table.columns().size());
  facts.emplace_back("bytes", table.bytes());
  facts.emplace_back("bad_rows", table.bad_rows());
  const auto& sources = table.table().sources();
  if (sources.size() > 1) facts.emplace_back("files", sources.size());
  if (is_json_lines(sources.front().path, table.format())) {
    facts.emplace_back("format", "JSON lines");
  } else {
    facts.emplace_back("delimiter", table.format().delimiter);
    facts.emplace_back("quotes", !table.format().quote.empty());
    facts.emplace_back("header", table.format().header);
  }
  facts.emplace_back("sampled_rows", table.sample().rows());
}

void add_test_facts(Inspection& inspection, const std::string& path, const TableLook& table,
                    const TableLook& test) {
  inspection.facts.emplace_back("test_file", display_name(path));
  inspection.facts.emplace_back("test_rows", test.rows());
  Json extra = Json::array();
  for (const auto& column : test.columns()) {
    if (table.find(column.name()) < 0) extra.push_back(column.name());
  }
  if (!extra.empty()) inspection.facts.emplace_back("columns_only_in_test", extra);
}

void append(std::vector<Finding>& all, std::vector<Finding> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

void sort_findings(Inspection& inspection) {
  std::stable_sort(inspection.findings.begin(), inspection.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
}

Inspection inspect_table(const InspectRequest& request) {
  return inspect_table(read_unknown_table(request.data, 1.0), request);
}

Inspection inspect_table(const UnknownTable& unknown, const InspectRequest& request,
                         const UnknownTable* read_test) {
  const TableLook table(unknown, request.target);
  Inspection inspection;
  inspection.kind = "table";
  inspection.name = display_name(request.data);
  if (!request.target.empty()) inspection.target = request.target;
  add_facts(inspection, table);
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    inspection.columns.push_back(table.columns()[i].summary(table.sample(), i));
  }
  measure_prediction(table, inspection.columns);
  if (table.target() >= 0) {
    const auto& target = table.columns()[static_cast<std::size_t>(table.target())];
    if (!is_amount(target)) inspection.classes = classes_of(target);
  }
  append(inspection.findings, target_findings(table, inspection.columns));
  append(inspection.findings, row_findings(table));
  append(inspection.findings, column_findings(table, inspection.columns));
  std::optional<UnknownTable> own_test;
  if (read_test == nullptr && request.test) {
    read_test = &own_test.emplace(read_unknown_table(*request.test, 1.0));
  }
  if (read_test != nullptr) {
    const TableLook test(*read_test, request.target, &table);
    add_test_facts(inspection, request.test.value_or(read_test->table.path()), table, test);
    append(inspection.findings, test_findings(table, test));
  }
  sort_findings(inspection);
  return inspection;
}

}  // namespace candor
