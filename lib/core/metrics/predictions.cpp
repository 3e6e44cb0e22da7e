// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include <fmt/format.h>

#include "core/metrics/measures.h"
#include "core/metrics/report.h"

namespace candor {
namespace {

// Shortest digits that read back to the same number of the same width.
template <class T>
std::string digits(T value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string quoted(const std::string& text) { return json_line(Json(text)); }

std::string head(const Scored& scored, std::size_t row) {
  const auto id = scored.ids.empty() ? std::to_string(row) : quoted(scored.ids[row]);
  return "{\"id\":" + id + ",\"target\":";
}

// `,"weight":W` and `,"groups":{...}`, where the rows have them, and the end of the object.
std::string tail(const Scored& scored, std::size_t row) {
  std::string text;
  if (!scored.weight.empty()) text += ",\"weight\":" + digits(scored.weight[row]);
  if (!scored.groups.empty()) {
    text += ",\"groups\":{";
    for (const auto& [column, values] : scored.groups) {
      text += (text.back() == '{' ? "" : ",") + quoted(column) + ":" + quoted(values[row]);
    }
    text += '}';
  }
  return text + "}\n";
}

std::string class_lines(const Scored& scored) {
  const auto predicted = predicted_classes(scored);
  const auto classes = scored.labels.size();
  std::vector<std::string> labels;
  for (const auto& label : scored.labels) labels.push_back(quoted(label));
  std::string lines;
  for (std::size_t row = 0; row < predicted.size(); ++row) {
    lines += head(scored, row) + labels[static_cast<std::size_t>(scored.target[row])] +
             ",\"output\":{\"label\":" + labels[static_cast<std::size_t>(predicted[row])] +
             ",\"probabilities\":[";
    for (std::size_t k = 0; k < classes; ++k) {
      if (k > 0) lines += ',';
      lines += digits(scored.probabilities[row * classes + k]);
    }
    lines += "]}" + tail(scored, row);
  }
  return lines;
}

std::string value_lines(const Scored& scored) {
  std::string lines;
  for (std::size_t row = 0; row < scored.value.size(); ++row) {
    lines += head(scored, row) + digits(scored.target_value[row]) +
             ",\"output\":{\"value\":" + digits(scored.value[row]) + "}" + tail(scored, row);
  }
  return lines;
}

// Losses are means per token; times `tokens` they are sums again.
std::string cell_lines(const Scored& scored) {
  std::string lines;
  for (std::size_t row = 0; row < scored.cells.size(); ++row) {
    const auto& cell = scored.cells[row];
    const auto tokens = static_cast<double>(cell.tokens);
    lines += fmt::format(R"({{"id":{},"document":{},"byte":{},"bytes":{},"tokens":{},"output":{{)",
                         row, cell.document, cell.byte, cell.bytes, cell.tokens);
    lines += "\"nll\":" + digits(cell.nll / tokens);
    if (scored.sliding_stride > 0) {
      lines += ",\"sliding_nll\":" + digits(cell.sliding_nll / tokens);
    }
    lines += "}}\n";
  }
  return lines;
}

}  // namespace

std::string predictions_jsonl(const Scored& scored) {
  check_scored(scored);
  switch (scored.kind) {
    case OutputKind::classification: return class_lines(scored);
    case OutputKind::regression: return value_lines(scored);
    case OutputKind::language_model: return cell_lines(scored);
  }
  return {};
}

}  // namespace candor
