// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/report_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/metrics/measures.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

// Larger is worse; 0 and below: nothing is wrong.
std::vector<double> faults(const Scored& scored) {
  std::vector<double> result;
  if (scored.kind == OutputKind::regression) {
    for (std::size_t i = 0; i < scored.value.size(); ++i) {
      result.push_back(std::abs(scored.value[i] - scored.target_value[i]));
    }
    return result;
  }
  const auto predicted = predicted_classes(scored);
  const auto classes = scored.labels.size();
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const auto truth = static_cast<std::size_t>(scored.target[i]);
    const auto right = predicted[i] == scored.target[i];
    result.push_back(right ? 0.0 : 1.0 - scored.probabilities[i * classes + truth]);
  }
  return result;
}

std::vector<std::size_t> worst_rows(const Scored& scored, std::size_t most) {
  const auto fault = faults(scored);
  std::vector<std::size_t> rows(fault.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::size_t a, std::size_t b) { return fault[a] > fault[b]; });
  rows.resize(std::min(rows.size(), most));
  std::erase_if(rows, [&](std::size_t row) { return fault[row] <= 0.0; });
  return rows;
}

std::string id_of(const Scored& scored, std::size_t row) {
  return scored.ids.empty() ? std::to_string(row) : scored.ids[row];
}

std::string class_row(const Scored& scored, std::size_t row,
                      const std::vector<std::int64_t>& predicted) {
  const auto classes = scored.labels.size();
  const auto truth = static_cast<std::size_t>(scored.target[row]);
  const auto guess = static_cast<std::size_t>(predicted[row]);
  return fmt::format(
      "<td>{}</td><td>{}</td><td>{:.4f}</td>", escape_html(shown(scored.labels[truth], 40)),
      escape_html(shown(scored.labels[guess], 40)), scored.probabilities[row * classes + truth]);
}

std::string value_row(const Scored& scored, std::size_t row) {
  const auto number = [](double value) { return fixed(value, decimals_for(value)); };
  return fmt::format("<td>{}</td><td>{}</td><td>{}</td>", number(scored.target_value[row]),
                     number(scored.value[row]),
                     number(scored.value[row] - scored.target_value[row]));
}

}  // namespace

std::string example_section(const Report& report, const Scored& scored) {
  const bool drawn = scored.kind != OutputKind::language_model && !scored.ranking;
  if (report.examples <= 0 || !drawn) return {};
  const auto rows = worst_rows(scored, static_cast<std::size_t>(report.examples));
  if (rows.empty()) return {};
  const bool classes = scored.kind == OutputKind::classification;
  const auto predicted = classes ? predicted_classes(scored) : std::vector<std::int64_t>{};
  auto text = fmt::format(
      "<h2>Most wrong</h2><div class=\"card\"><table><tr><th>row</th><th>true</th>"
      "<th>predicted</th><th>{}</th></tr>\n",
      classes ? "probability of the true class" : "predicted minus true");
  for (const auto row : rows) {
    text += "<tr><td class=\"w\">" + escape_html(shown(id_of(scored, row), 80)) + "</td>" +
            (classes ? class_row(scored, row, predicted) : value_row(scored, row)) + "</tr>\n";
  }
  return text + "</table></div>\n";
}

}  // namespace candor
