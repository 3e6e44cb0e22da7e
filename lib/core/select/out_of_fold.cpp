// SPDX-License-Identifier: Apache-2.0
#include "core/select/out_of_fold.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/predictions/prediction_file.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPredictions = "predictions/test.jsonl";

std::vector<std::string> lines_of(const fs::path& path, std::size_t wanted) {
  const auto text = read_file(path, ErrorKind::model);
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    lines.push_back(text.substr(begin, end - begin));
  }
  if (lines.size() == wanted) return lines;
  throw Error(ErrorKind::model,
              fmt::format("{}: has {} predictions for {} held-out rows; remove the fold's folder "
                          "and resume, so that it is trained anew",
                          path.string(), lines.size(), wanted));
}

// The fold's number is the first key of its line.
std::string with_fold(const std::string& line, const CrossFolds& folds, std::int64_t repeat,
                      std::int64_t fold) {
  auto head = "{\"fold\":" + std::to_string(fold + 1) + ",";
  if (folds.repeats() > 1) head += "\"repeat\":" + std::to_string(repeat + 1) + ",";
  return head + line.substr(1) + "\n";
}

std::string lines_of_repeat(const fs::path& run, const CrossFolds& folds, std::int64_t repeat) {
  std::vector<std::vector<std::string>> lines;
  for (std::int64_t fold = 0; fold < folds.folds; ++fold) {
    lines.push_back(lines_of(fold_path(run, repeat * folds.folds + fold) / kPredictions,
                             folds.held_out(repeat, fold).size()));
  }
  std::string text;
  std::vector<std::size_t> next(lines.size(), 0);
  for (const auto fold : folds.fold_of[static_cast<std::size_t>(repeat)]) {
    if (fold < 0) continue;
    const auto place = static_cast<std::size_t>(fold);
    text += with_fold(lines[place][next[place]++], folds, repeat, fold);
  }
  return text;
}

// The places of `labels`, by name.
std::map<std::string, std::int64_t> numbered(const std::vector<std::string>& labels) {
  std::map<std::string, std::int64_t> result;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    result[labels[i]] = static_cast<std::int64_t>(i);
  }
  return result;
}

FoldPredictions read_predictions(const fs::path& path, std::vector<std::int64_t> rows,
                                 const std::map<std::string, std::int64_t>& numbers) {
  FoldPredictions result;
  for (const auto& line : lines_of(path, rows.size())) {
    const auto json = parse_json(line, path.string(), ErrorKind::model);
    result.target.push_back(numbers.at(json.at("target").get<std::string>()));
    const auto& probabilities = json.at("output").at("probabilities");
    if (probabilities.size() != numbers.size()) {
      throw Error(ErrorKind::model, path.string() + ": a line has not a probability per class");
    }
    for (const auto& value : probabilities) {
      result.probabilities.push_back(value.get<float>());
    }
  }
  result.rows = std::move(rows);
  return result;
}

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

void append(Scored& all, const Scored& fold) {
  append(all.target, fold.target);
  append(all.probabilities, fold.probabilities);
  append(all.target_value, fold.target_value);
  append(all.value, fold.value);
  for (const auto& [column, values] : fold.groups) append(all.groups[column], values);
}

Json read_report(const fs::path& run, std::int64_t number) {
  return parse_json_file((fold_path(run, number) / "report.json").string(), ErrorKind::model);
}

std::vector<std::string> labels_of(const Json& report) {
  const Json::json_pointer place("/confusion/labels");
  if (!report.contains(place) || !report.at(place).is_array()) return {};
  return report.at(place).get<std::vector<std::string>>();
}

FoldScore read_score(const fs::path& run, const CrossFolds& folds, std::int64_t number,
                     const Json& report) {
  const auto path = fold_path(run, number) / "fold.json";
  const auto json = parse_json_file(path.string(), ErrorKind::model);
  FoldScore score;
  score.fold = number % folds.folds + 1;
  score.repeat = number / folds.folds + 1;
  score.rows = json.at("rows");
  score.training_rows = json.at("training_rows");
  score.steps = json.at("steps");
  score.best_step = json.at("best_step");
  score.steps_per_epoch = json.at("steps_per_epoch");
  for (const auto& [name, metric] : report.at("metrics").items()) {
    const auto& value = metric.at("value");
    score.metrics[name] = value.is_number() ? std::optional<double>(value) : std::nullopt;
  }
  return score;
}

// As far as the rows count equally, and are known.
bool agrees(const Metric& auc, const Metric& mean) {
  return auc.value && mean.value && std::abs(*auc.value - *mean.value) < 1e-9;
}

void use_influence(const fs::path& run, const CrossFolds& folds, const std::vector<Json>& reports,
                   CrossValidation& result) {
  const auto labels = labels_of(reports.front());
  const auto found = std::find_if(result.metrics.begin(), result.metrics.end(),
                                  [](const auto& metric) { return metric.name == "roc_auc"; });
  if (labels.size() < 2 || found == result.metrics.end()) return;
  for (const auto& report : reports) {
    if (labels_of(report) != labels) return;
  }
  const auto auc = cross_validated_auc(read_fold_predictions(run, folds, labels), labels.size(),
                                       result.confidence);
  if (agrees(auc, *found)) *found = auc;
}

CrossValidation summarize(const fs::path& run, const CrossFolds& folds, double confidence) {
  CrossValidation result;
  result.folds = folds.folds;
  result.repeats = folds.repeats();
  result.rows = static_cast<std::int64_t>(folds.rows.size());
  result.confidence = confidence;
  std::vector<Json> reports;
  for (std::int64_t number = 0; number < folds.folds * folds.repeats(); ++number) {
    reports.push_back(read_report(run, number));
    result.scores.push_back(read_score(run, folds, number, reports.back()));
  }
  result.model = reports.front().value("model", "");
  std::vector<std::string> names;
  for (const auto& [name, metric] : reports.front().at("metrics").items()) names.push_back(name);
  result.metrics = fold_means(result.scores, names, confidence);
  use_influence(run, folds, reports, result);
  return result;
}

}  // namespace

fs::path fold_path(const fs::path& run, std::int64_t number) {
  return run / "folds" / fmt::format("fold-{:02}", number + 1);
}

std::string out_of_fold_lines(const fs::path& run, const CrossFolds& folds) {
  std::string text;
  for (std::int64_t repeat = 0; repeat < folds.repeats(); ++repeat) {
    text += lines_of_repeat(run, folds, repeat);
  }
  return text;
}

std::vector<FoldPredictions> read_fold_predictions(const fs::path& run, const CrossFolds& folds,
                                                   const std::vector<std::string>& labels) {
  const auto numbers = numbered(labels);
  std::vector<FoldPredictions> result;
  for (std::int64_t number = 0; number < folds.folds * folds.repeats(); ++number) {
    result.push_back(read_predictions(fold_path(run, number) / kPredictions,
                                      folds.held_out(number / folds.folds, number % folds.folds),
                                      numbers));
  }
  return result;
}

Scored read_held_out(const fs::path& run, const CrossFolds& folds,
                     const std::vector<std::string>& labels,
                     const std::vector<std::string>& group_columns) {
  Scored all;
  all.kind = labels.empty() ? OutputKind::regression : OutputKind::classification;
  all.labels = labels;
  PredictionRules rules;
  rules.groups = group_columns;
  for (std::int64_t fold = 0; fold < folds.folds; ++fold) {
    const auto path = (fold_path(run, fold) / kPredictions).string();
    const auto own = read_prediction_file(path, rules).scored;
    if (own.labels != labels) {
      throw Error(ErrorKind::data,
                  fmt::format("{}: the model of this fold knows {} classes, and the model of all "
                              "rows {}; prediction sets need the same; leave rare classes out, or "
                              "keep rows for calibration (data.split.calibration)",
                              path, own.labels.size(), labels.size()));
    }
    append(all, own);
  }
  return all;
}

CrossValidation summarize_folds(const fs::path& run, const CrossFolds& folds, double confidence) {
  try {
    return summarize(run, folds, confidence);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::model, (run / "folds").string() +
                                      ": a fold's files are not what candor train writes (" +
                                      error.what() + "); remove the folder and resume");
  }
}

}  // namespace candor
