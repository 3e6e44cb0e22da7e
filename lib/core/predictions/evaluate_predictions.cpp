// SPDX-License-Identifier: Apache-2.0
// `candor eval --predictions`: a file of predictions to a report.
#include <filesystem>

#include <candor/error.h>
#include <candor/predictions.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/config/config_json.h"
#include "core/config/gate_names.h"
#include "core/metrics/measures.h"
#include "core/predictions/prediction_file.h"
#include "core/predictions/report_files.h"

namespace candor {
namespace {

void check_words(const std::vector<std::string>& words) {
  for (const auto& word : words) {
    auto path = word.substr(0, word.find('='));
    if (path.starts_with('+') || path.starts_with('~')) path.erase(0, 1);
    if (path == "evaluate" || path.starts_with("evaluate.")) continue;
    throw Error(ErrorKind::config,
                "'" + path + "' means nothing for a file of predictions; words are evaluate.*");
  }
}

// The words are read and checked as those of a run with such a task and such groups are.
EvaluateConfig evaluate_config(const Scored& scored, const std::string& file,
                               const PredictionsOptions& options) {
  RunConfig config;
  config.name = "predictions";
  config.task.type = task_of(scored.kind);
  config.task.target = "label";
  TableData data;
  data.files.train = file;
  data.groups = options.groups;
  config.data = data;
  config.train.epochs = 1;  // nothing is trained; without them no config is complete
  config.train.weights = Weights::last;
  const auto changed = apply_words(config, options.words);
  require_known_classes(changed, scored.labels);
  auto evaluate = changed.evaluate;
  if (evaluate.priors) {
    throw Error(ErrorKind::config,
                "evaluate.priors: how often classes came in training is not known of a file of "
                "predictions; leave it out");
  }
  return evaluate;
}

std::string stem_of(const std::string& name) { return name.substr(0, name.find('.', 1)); }

}  // namespace

EvaluateResult evaluate_predictions(const std::string& file, const PredictionsOptions& options) {
  check_words(options.words);
  const auto name = display_name(file);
  if (options.out) prepare_report_folder(*options.out, stem_of(name), options.overwrite);
  const auto read = read_prediction_file(
      file, {options.positive, options.threshold, options.ranking, options.groups});
  const auto config = evaluate_config(read.scored, file, options);
  auto report = make_report(read.scored, config);
  report.model = name;
  report.split = stem_of(name);
  report.data = read.files;
  report.findings = read.findings;
  for (const auto& finding : read.findings) log().warn("{}: {}", file, finding);
  if (options.out) write_report(*options.out, report, read.scored);
  EvaluateResult result;
  result.text =
      options.json ? json_document(report_json(report)) : report_text(report, options.color);
  result.passed = report.passed();
  return result;
}

}  // namespace candor
