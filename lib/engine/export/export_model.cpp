// SPDX-License-Identifier: Apache-2.0
// `candor export`: every format, each checked against the native model before it counts as done.
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>

#include <candor/error.h>
#include <candor/model.h>
#include <candor/version.h>

#include "core/artifact/gate_record.h"
#include "core/artifact/model_directory.h"
#include "core/base/durable_file.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/nearest.h"
#include "core/base/random.h"
#include "core/predictions/report_files.h"
#include "engine/export/torchscript.h"
#include "engine/predict/model_files.h"
#include "engine/tensor/device.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFile = "model.pt";

const std::vector<std::string>& format_names() {
  static const std::vector<std::string> names = {"torchscript"};
  return names;
}

void check_formats(const std::vector<std::string>& formats) {
  if (formats.empty()) {
    throw Error(ErrorKind::config, "--format is missing; allowed: " + join(format_names()));
  }
  for (const auto& format : formats) {
    if (std::find(format_names().begin(), format_names().end(), format) != format_names().end()) {
      continue;
    }
    throw Error(ErrorKind::config,
                "--format " + format + " is unknown; allowed: " + join(format_names()));
  }
}

constexpr std::int64_t kMostTerms = 9;  // of a random row

// Tokens of a row, at most; 0 where a model reads no tokens.
std::int64_t longest_row(const Preprocessor& preprocessor) {
  const auto* table = std::get_if<TableStage>(&preprocessor.host());
  return table != nullptr ? table->context() : preprocessor.signature().context;
}

// Random host rows: numbers with gaps, every category index, every pixel value, every token, some
// terms or none.
ModelInputs random_rows(const Preprocessor& preprocessor, std::int64_t rows, std::int64_t length) {
  const auto stream =
      RandomStream(0, "parity").at(static_cast<std::uint64_t>(rows * 100003 + length));
  std::uint64_t position = 0;
  // As the training rows of the column had them, sometimes a little beyond.
  const auto number = [&](const TableStatistics& fitted, std::size_t column) {
    return static_cast<float>(fitted.unscaled(column, stream.normal(position++)));
  };
  const auto below = [&](std::int64_t bound) {
    return static_cast<std::int64_t>(stream.below(position++, static_cast<std::uint64_t>(bound)));
  };
  ModelInputs inputs;
  inputs.rows = rows;
  const auto* table = std::get_if<TableStage>(&preprocessor.host());
  if (table != nullptr && preprocessor.widths().tokens) {
    // Rows of every length from 0 on, but one that fills the width.
    for (std::int64_t row = 0; row < rows; ++row) {
      inputs.id_counts.push_back(row == 0 ? length : below(length + 1));
      for (std::int64_t i = 0; i < inputs.id_counts.back(); ++i) {
        inputs.ids.push_back(below(table->columns().vocabulary));
      }
    }
  } else if (table != nullptr) {
    const auto& fitted = *preprocessor.stage()->table();
    const auto sizes = table->category_sizes();
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < fitted.mean.size(); ++column) {
        inputs.numeric.push_back(below(8) == 0 ? std::numeric_limits<float>::quiet_NaN()
                                               : number(fitted, column));
      }
      for (const auto size : sizes) inputs.categorical.push_back(below(size));
      if (table->columns().terms == 0) continue;
      inputs.term_counts.push_back(below(kMostTerms));
      for (std::int64_t i = 0; i < inputs.term_counts.back(); ++i) {
        inputs.terms.push_back(below(table->columns().terms));
        inputs.term_weights.push_back(static_cast<float>(stream.normal(position++)));
      }
    }
  } else if (const auto* text = std::get_if<TextHost>(&preprocessor.host())) {
    for (std::int64_t i = 0; i < rows * length; ++i) {
      inputs.ids.push_back(below(text->tokenizer->size()));
    }
  } else {
    const auto size = preprocessor.signature().image_size;
    for (std::int64_t i = 0; i < rows * 3 * size * size; ++i) {
      inputs.image.push_back(static_cast<std::uint8_t>(below(256)));
    }
  }
  return inputs;
}

std::map<std::string, std::string> extra_files(const fs::path& directory,
                                               const Signature& signature) {
  std::map<std::string, std::string> files;
  for (const char* name :
       {"model.json", "preprocess.json", "tokenizer.json", "decision.json", "MANIFEST.json"}) {
    const auto path = directory / name;
    if (fs::exists(path)) files[name] = read_file(path, ErrorKind::model);
  }
  if (!signature.labels.empty()) {
    Json labels;
    labels["format_version"] = kFormatVersion;
    labels["labels"] = signature.labels;  // in the order of the logits
    files["labels.json"] = json_document(labels);
  }
  return files;
}

// Nothing that lies in `out` is replaced unasked, and the files of a model directory never are.
void check_output(const ExportOptions& options) {
  if (options.out.empty()) throw Error(ErrorKind::config, "--out DIR is missing: where to write");
  const fs::path out = options.out;
  if (has_manifest(out)) {
    throw Error(ErrorKind::config,
                out.string() + ": is a model directory or a checkpoint; choose another --out");
  }
  for (const char* name : {kModelFile, "preprocess.json", "tokenizer.json", "decision.json"}) {
    require_free(out / name, options.overwrite);
  }
}

// All or none: the disk may fill up at any of them, and files of two exports must not stand side by
// side.
void write_together(const fs::path& folder, const std::map<std::string, std::string>& files) {
  make_folders(folder);
  std::vector<std::unique_ptr<DurableFile>> ready;
  for (const auto& [name, content] : files) {
    ready.push_back(std::make_unique<DurableFile>(folder / name));
    ready.back()->write(content);
  }
  for (const auto& file : ready) file->commit();
}

// Values far from zero have few digits in float32, in which an exported graph computes.
void warn_of_coarse_values(const Preprocessor& preprocessor) {
  const auto* fitted = preprocessor.stage()->table();
  if (fitted == nullptr || std::abs(fitted->target_mean) < 1e4 * fitted->target_scale) return;
  log().warn(
      "the target's mean is {:.0f} times its deviation; the exported graph answers in float32, "
      "with fewer digits than candor itself",
      std::abs(fitted->target_mean) / fitted->target_scale);
}

std::string result_text(const ExportOptions& options, const ModelFiles& model, const fs::path& path,
                        const Parity& parity) {
  if (options.json) {
    Json json;
    json["format_version"] = kFormatVersion;
    json["model"] = model.name;
    json["digest"] = model.digest;
    json["exports"] = {{{"format", "torchscript"},
                        {"file", path.string()},
                        {"shapes_checked", parity.shapes},
                        {"max_difference", parity.max_difference},
                        {"passed", parity.passed}}};
    return json_document(json);
  }
  return fmt::format(
      "torchscript: {} ({} shapes checked against the native model, largest difference {:.2g})\n",
      path.string(), parity.shapes, parity.max_difference);
}

}  // namespace

std::string export_model(const std::string& model_path, const ExportOptions& options) {
  check_formats(options.formats);
  check_output(options);
  const auto target = fs::path(options.out) / kModelFile;
  set_threads(options.threads);
  auto model = open_model(model_path);
  if (options.require_gates) require_gates(model.metrics, model.name);
  const auto directory = find_model_directory(model_path);
  const auto samples = [&](std::int64_t rows, std::int64_t length) {
    return model.preprocessor->tensors(random_rows(*model.preprocessor, rows, length));
  };
  const auto context = longest_row(*model.preprocessor);
  const auto files = extra_files(directory, model.preprocessor->signature());
  const auto exported = export_torchscript(*model.network, samples, context, files);
  std::map<std::string, std::string> written = {{kModelFile, exported.file}};
  for (const char* name : {"preprocess.json", "tokenizer.json", "decision.json"}) {
    if (files.contains(name)) written[name] = files.at(name);
  }
  write_together(options.out, written);
  warn_of_coarse_values(*model.preprocessor);
  return result_text(options, model, target, exported.parity);
}

}  // namespace candor
