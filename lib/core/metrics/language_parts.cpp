// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/language_parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "core/config/gate_names.h"
#include "core/metrics/averages.h"
#include "core/metrics/bootstrap.h"
#include "core/metrics/token_resample.h"

namespace candor {
namespace {

struct Sum {
  double tokens = 0.0;
  double nll = 0.0;
};

// [begin, end) of each document that has a predicted token.
std::vector<std::pair<std::size_t, std::size_t>> documents_of(const Scored& scored) {
  std::vector<std::pair<std::size_t, std::size_t>> documents;
  std::size_t begin = 0;
  const auto end_at = [&](std::size_t end) {
    if (end > begin) documents.emplace_back(begin, end);
    begin = std::max(begin, end);
  };
  for (const auto start : scored.document_starts) end_at(static_cast<std::size_t>(start));
  end_at(scored.nll.size());
  return documents;
}

// Delta method of sum(nll) / sum(tokens) over documents.
void set_document_interval(Metric& metric, const std::vector<Sum>& documents, const Sum& total,
                           double confidence) {
  if (documents.size() < kFewestDocuments) {
    return refuse_interval(metric, "fewer than 20 documents");
  }
  std::vector<double> influence;
  for (const auto& document : documents) {
    influence.push_back((document.nll - total.nll / total.tokens * document.tokens) / total.tokens);
  }
  const std::vector<double> once(documents.size(), 1.0);
  const auto spread = spread_of(influence, once);
  set_interval(metric,
               linearised_interval(*metric.value, spread.standard_error, spread.rows - 1.0,
                                   confidence, 0.0, INFINITY),
               "linearisation");
}

}  // namespace

std::vector<PositionRow> measure_positions(const Scored& scored, const MeasureOptions& options) {
  std::vector<PositionRow> rows;
  const auto documents = documents_of(scored);
  std::size_t longest = 0;
  for (const auto& [begin, end] : documents) longest = std::max(longest, end - begin);
  for (std::size_t first = 1; first <= longest; first *= 4) {
    const auto last = 4 * first - 1;
    std::vector<Sum> sums;
    Sum total;
    for (const auto& [begin, end] : documents) {
      const auto stop = std::min(end, begin + last);
      Sum sum;
      for (auto i = begin + first - 1; i < stop; ++i) {
        sum.tokens += 1.0;
        sum.nll += scored.nll[i];
      }
      if (sum.tokens == 0.0) continue;
      total.tokens += sum.tokens;
      total.nll += sum.nll;
      sums.push_back(sum);
    }
    PositionRow row;
    row.first = static_cast<std::int64_t>(first);
    row.last = static_cast<std::int64_t>(last);
    row.count = static_cast<std::int64_t>(total.tokens);
    row.cross_entropy = valued_metric("cross_entropy", total.nll / total.tokens);
    if (options.intervals) {
      set_document_interval(row.cross_entropy, sums, total, options.confidence);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<GroupRow> measure_document_groups(const Scored& scored, const MeasureOptions& options,
                                              std::int64_t min_count) {
  const auto documents = documents_of(scored);
  std::vector<GroupRow> rows;
  for (const auto& [column, values] : scored.groups) {
    std::map<std::string, Scored> parts;
    std::map<std::string, std::int64_t> counts;
    for (std::size_t d = 0; d < documents.size(); ++d) {
      const auto first = static_cast<std::ptrdiff_t>(documents[d].first);
      const auto last = static_cast<std::ptrdiff_t>(documents[d].second);
      auto& part = parts[values[d]];
      part.kind = OutputKind::language_model;
      part.document_starts.push_back(static_cast<std::int64_t>(part.nll.size()));
      part.nll.insert(part.nll.end(), scored.nll.begin() + first, scored.nll.begin() + last);
      if (!scored.entropy.empty()) {
        part.entropy.insert(part.entropy.end(), scored.entropy.begin() + first,
                            scored.entropy.begin() + last);
      }
      ++counts[values[d]];
    }
    for (const auto& [value, part] : parts) {
      GroupRow row;
      row.column = column;
      row.value = value;
      row.count = counts[value];
      row.small = row.count < min_count;
      for (auto& metric : measure_language(part, options)) {
        const auto* info = find_group_metric_info(metric.name);
        const bool wanted = info != nullptr && info->task == TaskType::language_model;
        if (wanted) row.metrics.push_back(std::move(metric));
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

DocumentSummary measure_documents(const Scored& scored, const MeasureOptions& options) {
  DocumentSummary summary;
  std::vector<double> losses;
  for (const auto& [begin, end] : documents_of(scored)) {
    double sum = 0.0;
    for (auto i = begin; i < end; ++i) sum += scored.nll[i];
    losses.push_back(sum / static_cast<double>(end - begin));
  }
  summary.count = static_cast<std::int64_t>(losses.size());
  summary.cross_entropy = undefined_metric("cross_entropy", "fewer than 20 documents");
  if (losses.size() < kFewestDocuments) return summary;
  Sum total;
  std::vector<Sum> sums;
  for (const auto loss : losses) {
    sums.push_back({1.0, loss});
    total.tokens += 1.0;
    total.nll += loss;
  }
  summary.cross_entropy = valued_metric("cross_entropy", total.nll / total.tokens);
  if (options.intervals) {
    set_document_interval(summary.cross_entropy, sums, total, options.confidence);
  }
  std::sort(losses.begin(), losses.end());
  for (const auto level : DocumentSummary::kLevels) {
    summary.quantiles.push_back(sorted_quantile(losses, level));
  }
  return summary;
}

}  // namespace candor
