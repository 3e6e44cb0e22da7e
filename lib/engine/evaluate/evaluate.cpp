// SPDX-License-Identifier: Apache-2.0
// `candor eval`: a model over a split of its run or over data of the user's own.
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <filesystem>

#include <candor/error.h>
#include <candor/model.h>

#include "core/artifact/model_directory.h"
#include "core/artifact/run_environment.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/nearest.h"
#include "core/config/config_json.h"
#include "core/config/gate_names.h"
#include "core/metrics/decisions.h"
#include "core/metrics/one_answer.h"
#include "core/metrics/report.h"
#include "core/predictions/report_files.h"
#include "engine/data/open_data.h"
#include "engine/evaluate/baseline.h"
#include "engine/evaluate/score.h"
#include "engine/evaluate/score_pairs.h"
#include "engine/predict/model_files.h"
#include "engine/tensor/device.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

// A model's preprocessing and architecture are what they are; only what is measured, and on which
// data, can be said anew. A star stands for every key below.
std::vector<std::string> words_of(const RunConfig& config) {
  if (std::holds_alternative<TextData>(config.data)) {
    return {"evaluate.*", "data.files.*", "data.documents",
            "data.field", "data.groups",  "data.cache"};
  }
  return {"evaluate.*",  "data.files.*", "data.format.*",         "data.columns.*",
          "data.groups", "data.clean.*", "data.max_bad_fraction", "data.cache"};
}

void check_words(const RunConfig& config, const std::vector<std::string>& words) {
  const auto allowed = words_of(config);
  for (const auto& word : words) {
    auto path = word.substr(0, word.find('='));
    if (path.starts_with('+') || path.starts_with('~')) path.erase(0, 1);
    const bool fits = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& key) {
      if (!key.ends_with(".*")) return path == key || path.starts_with(key + ".");
      const auto section = key.substr(0, key.size() - 2);
      return path == section || path.starts_with(section + ".");
    });
    if (fits) continue;
    throw Error(ErrorKind::config, "'" + path +
                                       "' cannot be changed for a trained model; eval takes " +
                                       join(allowed) + "; train again for anything else");
  }
}

// The same file may be split in another way: by changed data.* words, or by a version that split
// equal rows apart.
void check_same_split(const Json& recorded, const std::string& where, const OpenedData& data) {
  const auto before = recorded.value("split_sha256", "");
  if (data.split_digest.empty() || before.empty() || before == data.split_digest) return;
  const auto training = [](const Json& files) {
    const auto found = std::find_if(files.begin(), files.end(), [](const Json& entry) {
      return entry.value("part", "") == "train";
    });
    return found == files.end() ? "" : found->value("path", "");
  };
  if (training(recorded["files"]) != training(data.files)) return;  // another file, split as asked
  throw Error(ErrorKind::data,
              training(data.files) +
                  ": its rows are now split in another way than when the model "
                  "was trained (split_sha256 in " +
                  where +
                  "), so some may have been trained on; undo changes of data.*, train again, or "
                  "evaluate data of its own: --data PATH");
}

// Of the run that the model lies in.
std::optional<RunEnvironment> environment_of(const std::string& path) {
  const auto run = run_of_model(find_model_directory(path));
  return run ? read_run_environment(*run) : std::nullopt;
}

// Which fold of a cross-validation the model was trained for: its test rows are those held out.
std::optional<FoldChoice> fold_of(const std::optional<RunEnvironment>& environment,
                                  const RunConfig& config) {
  if (!environment || !config.cross_validation) return std::nullopt;
  const auto split = environment->json.find("split");
  if (split == environment->json.end() || !split->contains("fold")) return std::nullopt;
  const auto number = [&](const char* key, std::int64_t highest) {
    const auto found = split->find(key);
    const auto one = found == split->end() ? Json(1) : *found;
    if (one.is_number_integer() && one >= 1 && one <= highest) return one.get<std::int64_t>() - 1;
    throw Error(ErrorKind::model, environment->path + ": /split/" + key +
                                      " must be a whole number from 1 to " +
                                      std::to_string(highest));
  };
  return FoldChoice{number("fold", config.cross_validation->folds),
                    number("repeat", config.cross_validation->repeats)};
}

// A split of a file with other content has other rows: those of the "test" may have been trained
// on.
void check_same_data(const std::optional<RunEnvironment>& environment, const OpenedData& data) {
  if (!environment || !environment->json.contains("files")) return;
  const auto& [file, recorded] = *environment;
  const auto changed = changed_files(recorded["files"], data.files);
  if (changed.empty()) return check_same_split(recorded, file, data);
  throw Error(ErrorKind::data,
              join(changed) + " is not what the model was trained with (SHA-256 in " + file +
                  "), so its split is another one; restore it, or evaluate it as data of its own: "
                  "--data PATH");
}

// A report on rows that the model was trained on flatters it.
void warn_of_known_data(const ModelFiles& model, const OpenedData& data) {
  for (const auto& known : model.data) {
    for (const auto& entry : data.files) {
      if (known.value("sha256", "") != entry.value("sha256", "")) continue;
      log().warn(
          "{} is the {} file of this model's own run: rows that it learned from may be in it",
          display_name(entry.value("path", "")), known.value("part", ""));
    }
  }
}

EvaluateResult evaluate_pairs(const EvaluateOptions& options, const RunConfig& config,
                              const ModelFiles& model, at::Device device) {
  if (options.data) {
    throw Error(ErrorKind::config,
                "--pairs and --data are two things to measure; pass one of them");
  }
  const auto file = fs::path(options.out.value_or(".")) / "pairs.json";
  if (options.out) require_free(file, options.overwrite);
  const auto pairs = read_text_pairs(*options.pairs);
  auto report =
      make_pair_report(pairs, score_pairs(model, device, pairs), config.evaluate.confidence);
  report.model = model.name;
  report.digest = model.digest;
  report.file = display_name(*options.pairs);
  report.sha256 = sha256_file(*options.pairs, ErrorKind::data);
  const auto json = json_document(pair_report_json(report));
  if (options.out) {
    make_folders(*options.out);
    write_file_atomic(file, json);
  }
  EvaluateResult result;
  result.text = options.json ? json : pair_report_text(report, options.color);
  return result;
}

}  // namespace

EvaluateResult evaluate(const std::string& path, const EvaluateOptions& options) {
  const auto device = select_device(options.device);
  set_threads(options.threads);
  auto model = open_model(path);
  const auto own = run_config_of(path, model);
  check_words(own, options.words);
  const auto config = apply_words(own, options.words);
  require_known_classes(config, model.preprocessor->signature().labels);
  if (options.pairs) {
    model.network->to(device);
    return evaluate_pairs(options, config, model, device);
  }
  const auto name = options.data ? display_name(*options.data) : options.split;
  if (!options.data) check_part(options.split);
  if (options.out) prepare_report_folder(*options.out, name, options.overwrite);
  const auto environment = options.data ? std::nullopt : environment_of(path);
  const auto fold = options.data ? std::nullopt : fold_of(environment, config);
  const auto data = options.data ? open_external(config, model.preprocessor, *options.data)
                                 : open_data(config, model.preprocessor, options.split, fold);
  if (options.data) {
    warn_of_known_data(model, data);
  } else {
    check_same_data(environment, data);
  }
  const auto& dataset = data.part(options.data ? "test" : options.split);
  model.network->to(device);
  auto scored = score(*model.network, *model.preprocessor, *dataset, device);
  complete_for_report(config.evaluate, *model.network, *model.preprocessor, *dataset, device,
                      scored);
  auto fitting = own;  // its own files, whatever is evaluated
  fitting.evaluate = config.evaluate;
  scored.baseline = reopen_baseline(fitting, model.preprocessor, model.data, *dataset,
                                    options.data ? "" : options.split);
  apply_decision(
      scored,
      rule_for_report(config.evaluate, scored, model.decision, training_priors(model.metrics)),
      config.evaluate.confidence);
  auto report = make_report(scored, config.evaluate);
  if (const auto line = one_answer(scored, name)) {
    log().warn("{}", *line);
    report.findings.push_back(*line);
  }
  if (fold && options.split == "test") {
    report.findings.push_back(fmt::format(
        "The model is that of fold {} of a cross-validation, and these are the rows that the fold "
        "held out; the config's own test rows are not among them.",
        fold->fold + 1));
    log().info("{}", report.findings.back());
  }
  report.model = model.name;
  report.digest = model.digest;
  report.split = name;
  report.data = public_files(data.files);
  report.rows_sha256 = data.rows_digest(options.data ? "test" : options.split);
  if (options.out) write_report(*options.out, report, scored);
  EvaluateResult result;
  result.text =
      options.json ? json_document(report_json(report)) : report_text(report, options.color);
  result.passed = report.passed();
  return result;
}

}  // namespace candor
