// SPDX-License-Identifier: Apache-2.0
#include "core/predictions/prediction_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "core/base/files.h"
#include "core/base/nearest.h"
#include "core/base/row_weight.h"
#include "core/metrics/measures.h"
#include "core/metrics/report_format.h"
#include "core/predictions/positive_class.h"
#include "core/table/number.h"

namespace candor {
namespace {

// Of the sum of a row's probabilities from 1: what three decimals each may lose.
constexpr double kSumTolerance = 1e-3;

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorKind::data, what); }
[[noreturn]] void refuse_rule(const std::string& what) { throw Error(ErrorKind::config, what); }

class Converter {
 public:
  Converter(const PredictionRows& rows, const PredictionRules& rules)
      : rows_(rows), rules_(rules) {}

  Scored convert() {
    check_ids();
    check_weights();
    if (rows_.kind == PredictionKind::value) {
      set_values();
    } else {
      rows_.kind == PredictionKind::score ? set_scores() : set_probabilities();
      set_decisions();
    }
    scored_.weight = rows_.weight;
    if (!rows_.weight.empty()) scored_.weight_column = "weight";
    scored_.groups = rows_.groups;
    set_ids();
    return std::move(scored_);
  }

 private:
  void check_ids() const {
    std::unordered_map<std::string_view, std::size_t> known;
    for (std::size_t row = 0; row < rows_.ids.size(); ++row) {
      const auto [found, fresh] = known.emplace(rows_.ids[row], row);
      if (fresh) continue;
      refuse(fmt::format("{}: id {} stands in line {} already; every row needs its own",
                         rows_.place(row), in_quotes(rows_.ids[row]), rows_.lines[found->second]));
    }
  }

  void check_weights() const {
    double sum = 0.0;
    for (std::size_t row = 0; row < rows_.weight.size(); ++row) {
      if (!is_row_weight(rows_.weight[row])) {
        refuse(rows_.place(row) + ": weight is " + kRowWeights);
      }
      sum += rows_.weight[row];
    }
    if (!rows_.weight.empty() && sum <= 0.0) refuse(rows_.path + ": all weights are 0");
  }

  void set_ids() {
    scored_.ids = rows_.ids;
    if (!scored_.ids.empty()) return;
    for (const auto line : rows_.lines) {
      scored_.ids.push_back(display_name(rows_.path) + ":" + std::to_string(line));
    }
  }

  // ---- numbers --------------------------------------------------------------------------------

  void set_values() {
    const char* rule = rules_.positive    ? "--positive"
                       : rules_.threshold ? "--threshold"
                       : rules_.ranking   ? "--ranking"
                                          : nullptr;
    if (rule != nullptr) {
      refuse_rule(
          fmt::format("{} is for classes; {} has predictions of a number (for classes pass a "
                      "column score, or p_CLASS for each)",
                      rule, rows_.path));
    }
    scored_.kind = OutputKind::regression;
    scored_.value = rows_.numbers;
    for (std::size_t row = 0; row < rows_.count(); ++row) {
      const auto parsed = parse_number(rows_.labels[row]);
      if (parsed.kind == NumberKind::not_finite) {
        refuse(rows_.place(row) + ": label is not a finite number");
      }
      if (parsed.kind == NumberKind::text) {
        refuse(rows_.place(row) +
               ": label is not a number, as a column prediction says; for classes pass a column "
               "score, or p_CLASS for each");
      }
      scored_.target_value.push_back(parsed.value);
    }
  }

  // ---- two classes by one score ---------------------------------------------------------------

  void set_scores() {
    set_two_classes();
    set_targets();
    scored_.ranking = rules_.ranking || std::any_of(rows_.numbers.begin(), rows_.numbers.end(),
                                                    [](double s) { return s < 0.0 || s > 1.0; });
    const auto scores = scored_.ranking ? places(rows_.numbers) : rows_.numbers;
    for (const auto score : scores) {
      const auto positive = static_cast<float>(score);
      scored_.probabilities.insert(scored_.probabilities.end(), {1.0f - positive, positive});
    }
  }

  // The distinct labels, of which a third is refused at its row.
  void set_two_classes() {
    std::vector<std::string> found;
    for (std::size_t row = 0; row < rows_.count(); ++row) {
      const auto& label = rows_.labels[row];
      if (std::find(found.begin(), found.end(), label) != found.end()) continue;
      if (found.size() == 2) {
        refuse(fmt::format(
            "{}: label {} is a third class, after {} and {}; a score is for two (for "
            "more pass a column p_CLASS for each)",
            rows_.place(row), in_quotes(label), in_quotes(found[0]), in_quotes(found[1])));
      }
      found.push_back(label);
    }
    scored_.labels = two_classes(found, rules_.positive, rows_.path);
  }

  // Numbers in (0, 1) in the same order: only that counts, and float could not tell all scores
  // apart.
  static std::vector<double> places(const std::vector<double>& scores) {
    auto distinct = scores;
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    std::vector<double> result;
    for (const auto score : scores) {
      const auto place =
          std::lower_bound(distinct.begin(), distinct.end(), score) - distinct.begin();
      result.push_back((static_cast<double>(place) + 0.5) / static_cast<double>(distinct.size()));
    }
    return result;
  }

  // ---- a probability for each class -----------------------------------------------------------

  void set_probabilities() {
    if (rows_.classes.size() < 2) {
      refuse(rows_.path + ": has one p_CLASS column; pass one for each class, or a column score");
    }
    if (rules_.ranking) {
      refuse_rule("--ranking is for a column score; " + rows_.path +
                  " has a probability for each class");
    }
    check_probabilities();
    scored_.labels = rows_.classes;
    set_targets();
    scored_.probabilities.assign(rows_.numbers.begin(), rows_.numbers.end());
    if (rows_.classes.size() > 2) {
      if (!rules_.positive) return;
      refuse_rule(fmt::format("--positive is for two classes; {} has {}", rows_.path,
                              rows_.classes.size()));
    }
    put_positive_last();
  }

  void check_probabilities() const {
    const auto classes = rows_.classes.size();
    for (std::size_t row = 0; row < rows_.count(); ++row) {
      double sum = 0.0;
      for (std::size_t k = 0; k < classes; ++k) {
        const auto p = rows_.numbers[row * classes + k];
        sum += p;
        if (p >= 0.0 && p <= 1.0) continue;
        refuse(
            fmt::format("{}: the probability of {} is {:.6g}, outside of [0, 1]; scores that are "
                        "no probabilities go into a column score (two classes)",
                        rows_.place(row), in_quotes(rows_.classes[k]), p));
      }
      if (std::abs(sum - 1.0) <= kSumTolerance * (1.0 + 1e-9)) continue;
      refuse(fmt::format("{}: the {} probabilities sum to {:.6g}, not to 1 (within {})",
                         rows_.place(row), classes, sum, kSumTolerance));
    }
  }

  void put_positive_last() {
    const auto usual = rows_.positive_is_last ? std::nullopt : plain_positive(rows_.classes);
    const auto wanted = rules_.positive ? rules_.positive : usual;
    if (!wanted || *wanted == rows_.classes[1]) return;
    if (*wanted != rows_.classes[0]) refuse_positive(*wanted, rows_.classes, rows_.path);
    std::swap(scored_.labels[0], scored_.labels[1]);
    for (auto& target : scored_.target) target = 1 - target;
    for (std::size_t i = 0; i < scored_.probabilities.size(); i += 2) {
      std::swap(scored_.probabilities[i], scored_.probabilities[i + 1]);
    }
  }

  // ---- both -----------------------------------------------------------------------------------

  std::int64_t class_of(const std::string& name) const {
    const auto found = std::find(scored_.labels.begin(), scored_.labels.end(), name);
    return found == scored_.labels.end() ? -1 : found - scored_.labels.begin();
  }

  void set_targets() {
    for (std::size_t row = 0; row < rows_.count(); ++row) {
      const auto target = class_of(rows_.labels[row]);
      if (target < 0) {
        refuse(fmt::format("{}: label {} is no class of these predictions ({})", rows_.place(row),
                           in_quotes(rows_.labels[row]), shown(join(scored_.labels), 200)));
      }
      scored_.target.push_back(target);
    }
  }

  void set_decisions() {
    if (rules_.threshold) return decide_by_threshold();
    if (rows_.decided.empty()) return;
    for (std::size_t row = 0; row < rows_.count(); ++row) {
      const auto decided = class_of(rows_.decided[row]);
      if (decided < 0) {
        refuse(fmt::format("{}: prediction {} is no class of these predictions ({})",
                           rows_.place(row), in_quotes(rows_.decided[row]),
                           shown(join(scored_.labels), 200)));
      }
      scored_.decided.push_back(decided);
    }
    const bool same = !scored_.ranking && scored_.decided == most_probable_classes(scored_);
    if (same) scored_.decided.clear();
  }

  void decide_by_threshold() {
    const auto threshold = *rules_.threshold;
    if (scored_.labels.size() != 2) {
      refuse_rule(fmt::format("--threshold is for two classes; {} has {}", rows_.path,
                              scored_.labels.size()));
    }
    if (!scored_.ranking && (threshold < 0.0 || threshold > 1.0)) {
      refuse_rule(
          fmt::format("--threshold: expected a number in [0, 1], as the scores of {} are "
                      "probabilities, found {:.6g} (say --ranking if they are none)",
                      rows_.path, threshold));
    }
    scored_.threshold = DecisionThreshold{threshold, "--threshold"};
    for (std::size_t row = 0; row < rows_.count(); ++row) {
      scored_.decided.push_back(positive_number(row) >= threshold ? 1 : 0);
    }
  }

  // As it stands in the file: as float it might lie on the other side of the threshold.
  double positive_number(std::size_t row) const {
    if (rows_.kind == PredictionKind::score) return rows_.numbers[row];
    const auto swapped = scored_.labels[1] != rows_.classes[1];
    return rows_.numbers[2 * row + (swapped ? 0 : 1)];
  }

  const PredictionRows& rows_;
  const PredictionRules& rules_;
  Scored scored_;
};

}  // namespace

std::string PredictionRows::place(std::size_t row) const {
  return path + ":" + std::to_string(lines[row]);
}

Scored scored_of(const PredictionRows& rows, const PredictionRules& rules) {
  return Converter(rows, rules).convert();
}

}  // namespace candor
