// SPDX-License-Identifier: Apache-2.0
// `candor eval`: a model over a split of its run or over data of the user's own.
#include <torch/torch.h>

#include <filesystem>

#include <candor/error.h>
#include <candor/model.h>

#include "core/base/files.h"
#include "core/config/config_json.h"
#include "core/metrics/report.h"
#include "engine/data/open_data.h"
#include "engine/evaluate/report_files.h"
#include "engine/evaluate/score.h"
#include "engine/predict/model_files.h"
#include "engine/tensor/device.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

void prepare_output(const EvaluateOptions& options) {
  if (!options.out) return;
  if (fs::exists(fs::path(*options.out) / "report.json") && !options.overwrite) {
    throw Error(ErrorKind::config, *options.out +
                                       ": already holds a report.json; pass --overwrite "
                                       "or another --out");
  }
  fs::create_directories(*options.out);
}

}  // namespace

EvaluateResult evaluate(const std::string& path, const EvaluateOptions& options) {
  const auto device = select_device(options.device);
  set_threads(options.threads);
  auto model = open_model(path);
  auto config = run_config_of(path, model);
  config = apply_words(config, options.words);
  prepare_output(options);
  const auto data = options.data ? open_external(config, model.preprocessor, *options.data)
                                 : open_data(config, model.preprocessor);
  const auto& dataset = data.part(options.data ? "test" : options.split);
  model.network->to(device);
  const auto scored = score(*model.network, *model.preprocessor, *dataset, device);
  auto report = make_report(scored, config.evaluate);
  report.model = model.name;
  report.digest = model.digest;
  report.split = options.data ? fs::path(*options.data).filename().string() : options.split;
  report.data = public_files(data.files);
  if (options.out) write_report(*options.out, report, scored);
  EvaluateResult result;
  result.text =
      options.json ? report_json(report).dump(2) + "\n" : report_text(report, options.color);
  result.passed = report.passed();
  return result;
}

}  // namespace candor
