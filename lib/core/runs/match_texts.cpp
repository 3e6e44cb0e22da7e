// SPDX-License-Identifier: Apache-2.0
#include "core/runs/match_texts.h"

#include <fmt/format.h>

#include <vector>

#include "core/config/metric_list.h"
#include "core/metrics/paired_text.h"

namespace candor {
namespace {

// Why these two have no difference in a metric that is asked for; empty: they have.
std::string fault(const std::string& metric, const RunRecord& first, const RunRecord& other) {
  if (!told_by_cells(metric)) return "it is not kept by parts of the text";
  if (is_per_token(metric) && first.tokenizer != other.tokenizer) {
    return "their tokenizers differ, and with them what a token is; bits_per_byte is the same for "
           "both";
  }
  if (!metric.starts_with("sliding_")) return {};
  if (first.sliding_stride == 0 || other.sliding_stride == 0) {
    return "it is measured with evaluate.sliding_stride only";
  }
  if (first.sliding_stride == other.sliding_stride) return {};
  return fmt::format("their windows move by {} and {} tokens", first.sliding_stride,
                     other.sliding_stride);
}

std::vector<std::string> metrics_of(const std::optional<std::string>& only, const RunRecord& first,
                                    const RunRecord& other) {
  if (only) {
    const auto* info = find_metric_info(*only);
    const bool fits = info != nullptr && info->task == TaskType::language_model;
    return fits ? std::vector{*only} : std::vector<std::string>{};
  }
  std::vector<std::string> names = {"bits_per_byte", "cross_entropy"};
  const std::string sliding = "sliding_cross_entropy";
  if (fault(sliding, first, other).empty()) names.push_back(sliding);
  return names;
}

Difference difference_in(const std::string& metric, const RunRecord& first, const RunRecord& other,
                         const PairedText& pair) {
  const auto reason = fault(metric, first, other);
  return reason.empty() ? compare_texts(metric, pair, kPairedConfidence)
                        : undefined_difference(metric, reason);
}

}  // namespace

void compare_text_pair(const Compared& first, const Compared& other,
                       const std::optional<std::string>& metric, PairedResult& result) {
  const auto& a = first.record;
  const auto& b = other.record;
  if (a.report_rows.digest.empty() || a.report_rows.digest != b.report_rows.digest) {
    result.why_not =
        "they are not about the same text (rows_sha256 in report.json: files, split, and how "
        "documents are read and cleaned)";
    return;
  }
  const auto bytes_of = [](const Compared& one) {
    std::int64_t sum = 0;
    for (const auto& cell : one.scored->cells) sum += cell.bytes;
    return sum;
  };
  // Of other tokenizers the first token of a document, which nothing predicts, has other bytes.
  if (a.tokenizer == b.tokenizer && bytes_of(first) != bytes_of(other)) {
    result.why_not =
        "their predictions have not the same bytes of text; a file is cut off or was changed, "
        "measure that model again (candor eval MODEL --out DIR)";
    return;
  }
  const auto pair = pair_cells(first.scored->cells, other.scored->cells);
  result.rows = static_cast<std::int64_t>(pair.size());
  result.answers = "losses";
  result.unit = pair.documents ? "documents" : "parts of the text";
  result.identical = a.tokenizer == b.tokenizer && pair.identical();
  if (result.identical) return;
  for (const auto& name : metrics_of(metric, a, b)) {
    result.metrics.push_back({difference_in(name, a, b, pair), std::nullopt});
  }
}

}  // namespace candor
