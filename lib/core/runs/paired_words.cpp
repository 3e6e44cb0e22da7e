// SPDX-License-Identifier: Apache-2.0
#include "core/runs/paired_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/json_number.h"
#include "core/metrics/report_format.h"
#include "core/runs/run_words.h"

namespace candor {
namespace {

bool tested(const std::vector<PairedResult>& pairs) {
  return std::any_of(pairs.begin(), pairs.end(), [](const PairedResult& pair) {
    return (pair.why_not.empty() && !pair.identical) || !pair.by_folds.empty();
  });
}

std::string rows_title(const PairedResult& pair) {
  return fmt::format("on the same {} {}", with_thousands(pair.rows), pair.unit);
}

std::string same_title(const PairedResult& pair) {
  const auto same = fmt::format("the same {} on every one of {} {}", pair.answers,
                                with_thousands(pair.rows), pair.unit);
  return same + (pair.sets_differ ? "; only what sets, intervals or abstentions add differs, which "
                                    "is not tested in pairs"
                                  : ", so that there is nothing to test");
}

std::string folds_title(const PairedResult& pair) {
  return fmt::format("on the same {} folds (Nadeau and Bengio)", pair.folds);
}

Json metrics_json(const PairedResult& pair, const std::vector<PairedMetric>& metrics,
                  const std::vector<std::string>& names) {
  auto json = Json::object();
  for (const auto& metric : metrics) {
    const auto& difference = metric.difference;
    json[difference.metric] = {
        {"difference", number_or_null(difference.value)},
        {"low", number_or_null(difference.low)},
        {"high", number_or_null(difference.high)},
        {"p", number_or_null(difference.p)},
        {"p_holm", number_or_null(metric.p_holm)},
        {"method", difference.method},
        {"reason", difference.reason.empty() ? Json(nullptr) : Json(difference.reason)},
        {"sentence", paired_sentence(pair, metric, names)}};
  }
  return json;
}

std::string metrics_section(const PairedResult& pair, const std::vector<PairedMetric>& metrics,
                            const std::string& head, const std::string& soft,
                            const std::vector<std::string>& names) {
  auto text = fmt::format(
      "<figure class=\"wide\"><figcaption>{} <span class=\"soft\">{}</span></figcaption><ul "
      "class=\"sentences\">\n",
      escape_html(head), escape_html(soft));
  for (const auto& metric : metrics) {
    if (!metric.difference.value) continue;
    text += "<li title=\"" + escape_html(metric.difference.method) + "\">" +
            escape_html(paired_sentence(pair, metric, names)) + "</li>\n";
  }
  for (const auto& line : undefined_lines(metrics)) {
    text += "<li class=\"soft\">" + escape_html(line) + "</li>\n";
  }
  return text + "</ul></figure>\n";
}

std::string title(const PairedResult& pair, const std::vector<std::string>& names) {
  return fmt::format("{} and {}", names[pair.first], names[pair.other]);
}

const char* corrected_note(const std::vector<PairedResult>& pairs) {
  return pairs.size() > 1 ? "p is corrected for the number of comparisons (Holm), metric by metric."
                          : "";
}

}  // namespace

std::string paired_text(const std::vector<PairedResult>& pairs,
                        const std::vector<std::string>& names, const TextStyle& style) {
  std::string text;
  const auto add = [&](const PairedResult& pair, const std::vector<PairedMetric>& metrics,
                       const std::string& on) {
    text += "\n" + style.bold(title(pair, names)) + " " + on + "\n";
    for (const auto& metric : metrics) {
      if (metric.difference.value) text += "  " + paired_sentence(pair, metric, names) + "\n";
    }
    for (const auto& line : undefined_lines(metrics)) text += "  " + line + "\n";
  };
  for (const auto& pair : pairs) {
    if (pair.identical) {
      text += fmt::format("\n{}: {}\n", title(pair, names), same_title(pair));
    } else if (pair.why_not.empty()) {
      add(pair, pair.metrics, rows_title(pair));
    } else {
      text += fmt::format("\n{}: not tested in pairs, {}\n", title(pair, names),
                          shown(pair.why_not, 300));
    }
    if (!pair.by_folds.empty()) add(pair, pair.by_folds, folds_title(pair));
  }
  const std::string note = tested(pairs) ? corrected_note(pairs) : "";
  return note.empty() ? text : text + note + "\n";
}

std::string paired_section(const std::vector<PairedResult>& pairs,
                           const std::vector<std::string>& names) {
  if (pairs.empty()) return {};
  std::string text = "<h2>Paired tests</h2>";
  for (const auto& pair : pairs) {
    const auto head = title(pair, names);
    if (pair.identical) {
      text += "<p class=\"note\">" + escape_html(head + ": " + same_title(pair)) + "</p>\n";
    } else if (pair.why_not.empty()) {
      text += metrics_section(pair, pair.metrics, head, rows_title(pair), names);
    } else {
      text += "<p class=\"note\">" + escape_html(head) + ": not tested in pairs, " +
              escape_html(shown(pair.why_not, 300)) + "</p>\n";
    }
    if (!pair.by_folds.empty()) {
      text += metrics_section(pair, pair.by_folds, head, folds_title(pair), names);
    }
  }
  return text +
         "<p class=\"note\">Intervals of 95 % and p-values are of the differences on the "
         "same rows; they are sharper than the intervals of each alone. " +
         corrected_note(pairs) + "</p>\n";
}

Json paired_json(const std::vector<PairedResult>& pairs, const std::vector<std::string>& names) {
  auto list = Json::array();
  for (const auto& pair : pairs) {
    Json json = {{"first", names[pair.first]},
                 {"other", names[pair.other]},
                 {"rows", pair.why_not.empty() ? Json(pair.rows) : Json(nullptr)},
                 {"unit", pair.unit},
                 {"identical", pair.identical},
                 {"reason", pair.why_not.empty() ? Json(nullptr) : Json(pair.why_not)},
                 {"metrics", metrics_json(pair, pair.metrics, names)}};
    if (!pair.by_folds.empty()) {
      json["folds"] = pair.folds;
      json["by_folds"] = metrics_json(pair, pair.by_folds, names);
    }
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace candor
