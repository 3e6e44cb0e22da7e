// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/report_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/metrics/measures.h"
#include "core/metrics/plot.h"
#include "core/metrics/ranking.h"
#include "core/metrics/report_format.h"

namespace candor {
namespace {

constexpr std::size_t kMostPoints = 1500;
constexpr std::size_t kMostCurves = 10;
constexpr std::size_t kMostMatrixClasses = 30;

struct Calibration {
  double rows = 0.0;
  double confidence = 0.0;
  double right = 0.0;
};

std::array<Calibration, kCalibrationBins> calibration_bins(const Scored& scored) {
  std::array<Calibration, kCalibrationBins> bins{};
  const auto predicted = most_probable_classes(scored);
  const auto weight = row_weights(scored);
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const auto place = i * scored.labels.size() + static_cast<std::size_t>(predicted[i]);
    const double top = scored.probabilities[place];
    auto& one = bins[calibration_bin(top)];
    one.rows += weight[i];
    one.confidence += weight[i] * top;
    one.right += predicted[i] == scored.target[i] ? weight[i] : 0.0;
  }
  return bins;
}

// Corners of the curve, at least half a pixel apart.
std::vector<std::array<double, 2>> roc_points(const RankedClass& ranked,
                                              const std::vector<double>& weight) {
  double positives = 0.0, negatives = 0.0;
  for (std::size_t i = 0; i < ranked.order.size(); ++i) {
    (ranked.positive[i] ? positives : negatives) += weight[ranked.order[i]];
  }
  std::vector<std::array<double, 2>> points = {{0.0, 0.0}};
  double hit = 0.0, false_alarm = 0.0;
  for (std::size_t i = 0; i < ranked.order.size(); ++i) {
    (ranked.positive[i] ? hit : false_alarm) += weight[ranked.order[i]];
    const std::array<double, 2> point = {false_alarm / negatives, hit / positives};
    const auto moved = std::hypot(point[0] - points.back()[0], point[1] - points.back()[1]);
    if (ranked.tie_ends[i] && (moved > 0.002 || i + 1 == ranked.order.size())) {
      points.push_back(point);
    }
  }
  return points;
}

// Recall and precision behind each run of equal scores, at least half a pixel apart.
std::vector<std::array<double, 2>> precision_points(const RankedClass& ranked,
                                                    const std::vector<double>& weight) {
  double positives = 0.0;
  for (std::size_t i = 0; i < ranked.order.size(); ++i) {
    if (ranked.positive[i]) positives += weight[ranked.order[i]];
  }
  std::vector<std::array<double, 2>> points;
  double hit = 0.0, chosen = 0.0;
  for (std::size_t i = 0; i < ranked.order.size(); ++i) {
    chosen += weight[ranked.order[i]];
    if (ranked.positive[i]) hit += weight[ranked.order[i]];
    if (!ranked.tie_ends[i] || chosen <= 0.0) continue;
    const std::array<double, 2> point = {hit / positives, hit / chosen};
    if (points.empty()) points.push_back({0.0, point[1]});
    const auto moved = std::hypot(point[0] - points.back()[0], point[1] - points.back()[1]);
    if (moved > 0.002 || i + 1 == ranked.order.size()) points.push_back(point);
  }
  return points;
}

// One curve for each ranked class, with a legend that names it.
template <class PointsOf>
std::string draw_classes(Plot& plot, const Scored& scored, const std::vector<std::int64_t>& labels,
                         const PointsOf& points_of) {
  std::string legend;
  for (std::size_t i = 0; i < std::min(labels.size(), kMostCurves); ++i) {
    plot.line(points_of(rank_class(scored, labels[i])), fmt::format("curve c{}", i));
    const auto& label = scored.labels[static_cast<std::size_t>(labels[i])];
    legend += fmt::format("<span class=\"key k{}\">{}</span> ", i, escape_html(shown(label, 24)));
  }
  if (labels.size() > kMostCurves) {
    legend += fmt::format("and {} more classes, not drawn", labels.size() - kMostCurves);
  }
  return legend;
}

// Share of the class among all rows: what precision is by chance.
double share_of(const Scored& scored, std::int64_t label, const std::vector<double>& weight) {
  double all = 0.0, of_class = 0.0;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    all += weight[i];
    if (scored.target[i] == label) of_class += weight[i];
  }
  return of_class / all;
}

Range range_of(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return padded(*low, *high);
}

// Evenly spaced rows, so that the page stays small.
std::size_t stride(std::size_t rows) { return 1 + (rows - 1) / kMostPoints; }

std::string points_note(std::size_t rows) {
  const auto step = stride(rows);
  return step == 1 ? with_thousands(static_cast<std::int64_t>(rows)) + " rows"
                   : fmt::format("one row in {} of {}", step,
                                 with_thousands(static_cast<std::int64_t>(rows)));
}

std::string matrix_row(const Report& report, std::size_t truth) {
  const auto& counts = report.confusion[truth];
  std::int64_t sum = 0;
  for (const auto count : counts) sum += count;
  auto text = "<tr><th scope=\"row\">" + escape_html(shown(report.labels[truth], 16)) + "</th>";
  for (std::size_t p = 0; p < counts.size(); ++p) {
    const auto share = sum > 0 ? static_cast<double>(counts[p]) / static_cast<double>(sum) : 0.0;
    text +=
        fmt::format("<td class=\"{}{}\" style=\"--s:{:.0f}%\">{}</td>",
                    p == truth ? "right" : "wrong", share > 0.4 ? " full" : "",
                    counts[p] > 0 ? 8.0 + 82.0 * std::sqrt(share) : 0.0, with_thousands(counts[p]));
  }
  return text + "</tr>";
}

std::string confusion_pairs(const Report& report) {
  std::string rows;
  for (const auto& pair : top_confusions(report, 20)) {
    rows += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td></tr>",
                        escape_html(shown(report.labels[pair.truth], 40)),
                        escape_html(shown(report.labels[pair.predicted], 40)),
                        with_thousands(pair.count));
  }
  if (rows.empty()) return {};
  return "<figure class=\"wide\"><figcaption>Most confused</figcaption><table><tr><th>true</th>"
         "<th>predicted</th><th class=\"n\">rows</th></tr>" +
         rows + "</table></figure>\n";
}

}  // namespace

std::string interval_bar(const Metric& metric) {
  if (!metric.value) return {};
  const auto place = [&](double value) { return 4.0 + 232.0 * std::clamp(value, 0.0, 1.0); };
  std::string bar =
      "<svg class=\"bar\" viewBox=\"0 0 240 14\" aria-hidden=\"true\">"
      "<line class=\"track\" x1=\"4\" x2=\"236\" y1=\"7\" y2=\"7\"/>";
  if (metric.low && metric.high) {
    const auto low = place(*metric.low);
    bar += fmt::format(
        "<rect class=\"span\" x=\"{:.1f}\" y=\"1\" width=\"{:.1f}\" height=\"12\" "
        "rx=\"2\"/>",
        low, std::max(place(*metric.high) - low, 1.0));
  }
  return bar + fmt::format("<circle class=\"dot\" cx=\"{:.1f}\" cy=\"7\" r=\"2\"/></svg>",
                           place(*metric.value));
}

std::string reliability_chart(const Scored& scored) {
  if (scored.target.empty() || scored.ranking) return {};
  Plot plot({0, 1}, {0, 1});
  const auto bins = calibration_bins(scored);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const auto& bin = bins[i];
    if (bin.rows <= 0.0) continue;
    const auto right = bin.right / bin.rows;
    const auto left = static_cast<double>(i) / 15.0;
    plot.bar(left, left + 1.0 / 15.0, right, "fill",
             fmt::format("confidence {:.3f}, right {:.3f}, rows {:.6g}", bin.confidence / bin.rows,
                         right, bin.rows));
  }
  plot.line({{0, 0}, {1, 1}}, "diagonal");
  for (const auto& bin : bins) {
    if (bin.rows > 0.0) plot.dot(bin.confidence / bin.rows, bin.right / bin.rows, 3.0, "dot");
  }
  return plot.figure("Reliability", "confidence of the predicted class", "share that is right",
                     "On the dashed line, confidence is what it claims to be.");
}

std::string roc_chart(const Scored& scored) {
  const auto weight = row_weights(scored);
  const auto labels = ranked_labels(scored, weight);
  if (labels.empty()) return {};
  Plot plot({0, 1}, {0, 1});
  plot.line({{0, 0}, {1, 1}}, "diagonal");
  const auto legend = draw_classes(
      plot, scored, labels, [&](const RankedClass& ranked) { return roc_points(ranked, weight); });
  return plot.figure(labels.size() == 1 ? "ROC curve" : "ROC curves, one class against the rest",
                     "false positive rate", "true positive rate", legend);
}

std::string precision_recall_chart(const Scored& scored) {
  const auto weight = row_weights(scored);
  const auto labels = ranked_labels(scored, weight);
  if (labels.empty()) return {};
  Plot plot({0, 1}, {0, 1});
  auto legend = draw_classes(plot, scored, labels, [&](const RankedClass& ranked) {
    return precision_points(ranked, weight);
  });
  if (labels.size() == 1) {
    const auto share = share_of(scored, labels[0], weight);
    plot.line({{0, share}, {1, share}}, "diagonal");
    legend += "dashed: by chance";
  }
  return plot.figure(labels.size() == 1 ? "Precision and recall"
                                        : "Precision and recall, one class against the rest",
                     "recall", "precision", legend);
}

std::string prediction_chart(const Scored& scored) {
  if (scored.value.empty()) return {};
  auto all = scored.value;
  all.insert(all.end(), scored.target_value.begin(), scored.target_value.end());
  const auto range = range_of(all);
  Plot plot(range, range);
  plot.line({{range.low, range.low}, {range.high, range.high}}, "diagonal");
  for (std::size_t i = 0; i < scored.value.size(); i += stride(scored.value.size())) {
    plot.dot(scored.target_value[i], scored.value[i], 2.0, "point");
  }
  return plot.figure("Prediction and truth", "true value", "predicted value",
                     points_note(scored.value.size()));
}

std::string residual_chart(const Scored& scored) {
  if (scored.value.empty()) return {};
  std::vector<double> residuals;
  for (std::size_t i = 0; i < scored.value.size(); ++i) {
    residuals.push_back(scored.value[i] - scored.target_value[i]);
  }
  auto y = range_of(residuals);
  y = {std::min(y.low, 0.0), std::max(y.high, 0.0)};
  const auto x = range_of(scored.value);
  Plot plot(x, y);
  plot.line({{x.low, 0}, {x.high, 0}}, "diagonal");
  for (std::size_t i = 0; i < residuals.size(); i += stride(residuals.size())) {
    plot.dot(scored.value[i], residuals[i], 2.0, "point");
  }
  return plot.figure("Residuals", "predicted value", "predicted minus true",
                     points_note(residuals.size()));
}

std::string loss_chart(const Scored& scored) {
  constexpr std::size_t kParts = 150;
  const auto parts = std::min(kParts, scored.nll.size() / 16);
  if (parts < 2) return {};
  std::vector<double> means;
  for (std::size_t p = 0; p < parts; ++p) {
    const auto begin = p * scored.nll.size() / parts;
    const auto end = (p + 1) * scored.nll.size() / parts;
    double sum = 0.0;
    for (auto i = begin; i < end; ++i) sum += scored.nll[i];
    means.push_back(sum / static_cast<double>(end - begin));
  }
  Plot plot({0, static_cast<double>(scored.nll.size())}, range_of(means));
  std::vector<std::array<double, 2>> points;
  for (std::size_t p = 0; p < parts; ++p) {
    const auto middle = (static_cast<double>(p) + 0.5) / static_cast<double>(parts);
    points.push_back({middle * static_cast<double>(scored.nll.size()), means[p]});
  }
  plot.line(points, "curve c0");
  return plot.figure("Loss along the text", "token", "cross-entropy, nats per token",
                     fmt::format("means of {} parts", parts));
}

std::string confusion_chart(const Report& report) {
  if (report.count == 0 || report.confusion.empty()) return {};
  if (report.labels.size() > kMostMatrixClasses) return confusion_pairs(report);
  std::string head = "<tr><th>true \\ predicted</th>";
  for (const auto& label : report.labels) {
    head += "<th scope=\"col\">" + escape_html(shown(label, 16)) + "</th>";
  }
  std::string rows;
  for (std::size_t t = 0; t < report.labels.size(); ++t) rows += matrix_row(report, t);
  return "<figure class=\"wide\"><figcaption>Confusion matrix</figcaption><div class=\"scroll\">"
         "<table class=\"matrix\">" +
         head + "</tr>" + rows +
         "</table></div><p class=\"note\">Shade: share of the row's true class.</p></figure>\n";
}

}  // namespace candor
