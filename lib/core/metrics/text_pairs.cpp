// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/text_pairs.h"

#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include <candor/error.h>

#include "core/base/json_number.h"
#include "core/base/missing_group.h"
#include "core/base/nearest.h"
#include "core/metrics/averages.h"
#include "core/metrics/intervals.h"
#include "core/metrics/measures.h"
#include "core/metrics/report_format.h"
#include "core/metrics/text_table.h"
#include "core/table/table.h"

namespace candor {
namespace {

struct PairColumns {
  std::int64_t first = -1, second = -1, kind = -1;
};

PairColumns find_columns(const Table& table) {
  using Names = std::array<const char*, 3>;
  constexpr std::array<Names, 2> kLayouts = {Names{"sent_more", "sent_less", "bias_type"},
                                             Names{"first", "second", "kind"}};
  for (const auto& [first, second, kind] : kLayouts) {
    PairColumns columns{table.find(first), table.find(second), table.find(kind)};
    if (columns.first >= 0 && columns.second >= 0) return columns;
  }
  throw Error(ErrorKind::data, table.path() +
                                   ": pairs need the columns sent_more and sent_less, or first and "
                                   "second; the file has " +
                                   join(table.columns()));
}

Metric mean_metric(const std::string& name, const std::vector<double>& values, double confidence) {
  const auto count = static_cast<double>(values.size());
  const auto mean = mean_of(values);
  auto metric = valued_metric(name, mean);
  if (values.size() < 2) return metric;
  double squares = 0.0;
  for (const auto value : values) squares += (value - mean) * (value - mean);
  const auto reach = student_quantile(0.5 + 0.5 * confidence, count - 1.0) *
                     std::sqrt(squares / (count - 1.0) / count);
  set_interval(metric, Interval{mean - reach, mean + reach}, "student t");
  return metric;
}

PairRow measure(const std::string& kind, const std::vector<PairScore>& scores, double confidence) {
  PairRow row{kind, static_cast<std::int64_t>(scores.size()), 0, {}};
  Share first_likelier;
  std::vector<double> differences, sizes;
  for (const auto& score : scores) {
    const auto difference = score.first - score.second;
    first_likelier.add(difference > 0.0, 1.0);
    row.ties += difference == 0.0;
    differences.push_back(difference);
    sizes.push_back(std::abs(difference));
  }
  row.metrics = {share_metric("preference", first_likelier, "no pairs", {confidence, true}),
                 mean_metric("mean_difference", differences, confidence),
                 mean_metric("mean_absolute_difference", sizes, confidence)};
  return row;
}

Json metric_json(const Metric& metric) {
  return {{"value", number_or_null(metric.value)},
          {"low", number_or_null(metric.low)},
          {"high", number_or_null(metric.high)},
          {"method", metric.method}};
}

}  // namespace

std::vector<TextPair> read_text_pairs(const std::string& path) {
  TableData reading;
  reading.format.missing = {""};
  reading.clean.max_bad_fraction = 0.0;
  const auto table = read_table(path, reading);
  const auto columns = find_columns(table);
  std::vector<TextPair> pairs;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    const auto text = [&](std::int64_t column) {
      return column < 0 ? std::string() : std::string(table.cell(column, row));
    };
    TextPair pair{text(columns.first), text(columns.second), text(columns.kind), table.place(row)};
    if (pair.first.empty() || pair.second.empty()) {
      throw Error(ErrorKind::data, pair.place + ": one text of the pair is empty; both are needed");
    }
    if (pair.first == pair.second) {
      throw Error(
          ErrorKind::data,
          pair.place + ": both texts of the pair are the same; there is nothing to compare");
    }
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

PairReport make_pair_report(const std::vector<TextPair>& pairs,
                            const std::vector<PairScore>& scores, double confidence) {
  PairReport report;
  report.confidence = confidence;
  report.rows.push_back(measure("", scores, confidence));
  std::map<std::string, std::vector<PairScore>> by_kind;
  for (std::size_t i = 0; i < pairs.size(); ++i) by_kind[pairs[i].kind].push_back(scores[i]);
  if (by_kind.size() < 2) return report;
  for (const auto& [kind, some] : by_kind) {
    report.rows.push_back(
        measure(kind.empty() ? std::string(kMissingGroup) : kind, some, confidence));
  }
  return report;
}

Json pair_report_json(const PairReport& report) {
  const auto row_json = [&](const PairRow& row) {
    Json metrics = Json::object();
    for (const auto& metric : row.metrics) metrics[metric.name] = metric_json(metric);
    return Json{{"count", row.count}, {"ties", row.ties}, {"metrics", std::move(metrics)}};
  };
  Json json = {{"format_version", 1},
               {"model", report.model},
               {"digest", report.digest},
               {"pairs", {{"name", report.file}, {"sha256", report.sha256}}},
               {"confidence", report.confidence}};
  json.update(row_json(report.rows.front()));
  json["kinds"] = Json::object();
  for (std::size_t i = 1; i < report.rows.size(); ++i) {
    json["kinds"][report.rows[i].kind] = row_json(report.rows[i]);
  }
  return json;
}

std::string pair_report_text(const PairReport& report, bool color) {
  const TextStyle style(color);
  TextTable table;
  table.align = {'l', 'r', 'r', 'l', 'r', 'l', 'r'};
  const auto percent = percent_text(report.confidence);
  table.rows.push_back({"pairs", "count", "preference", percent, "difference", percent, "size"});
  for (const auto& row : report.rows) {
    const auto& share = row.metrics[0];
    const auto& difference = row.metrics[1];
    table.rows.push_back({row.kind.empty() ? "all" : shown(row.kind, 40), with_thousands(row.count),
                          value_text(share), interval_text(share), value_text(difference),
                          interval_text(difference), value_text(row.metrics[2])});
  }
  return style.bold(fmt::format("{}  {}", report.model, report.file)) + "\n\n" +
         table.print(style) +
         "\npreference: share of pairs whose first text is likelier; 0.5 is none\n"
         "difference: mean of log P(first) - log P(second), nats; size: mean of its absolute "
         "value\n";
}

}  // namespace candor
