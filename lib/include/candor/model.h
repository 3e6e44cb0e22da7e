// SPDX-License-Identifier: Apache-2.0
// What is done with a trained model. MODEL is a run directory or a model directory everywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <candor/api.h>

namespace candor {

struct DeviceOptions {
  std::string device = "auto";  // auto, cpu, cuda, cuda:N
  int threads = 0;              // intra-op threads; 0: all cores
};

struct EvaluateOptions : DeviceOptions {
  std::optional<std::string> data;  // file or folder to evaluate on; empty: the run's own split
  std::string split = "test";       // test, validation or train
  std::optional<std::string> out;   // folder for report.json, report.html, predictions/
  bool overwrite = false;
  bool json = false;
  bool color = false;
  std::vector<std::string> words;  // overrides of evaluate.* and data.*
};
struct EvaluateResult {
  std::string text;    // for stdout
  bool passed = true;  // every gate
};
CANDOR_API EvaluateResult evaluate(const std::string& model, const EvaluateOptions& options);

struct PredictOptions : DeviceOptions {
  std::string input;         // CSV, .jsonl, a text file, an image or a folder of images; "-": stdin
  std::string output = "-";  // file or "-"
  std::string input_format;  // csv, jsonl, text, images; empty: by the name (stdin: jsonl)
  std::string output_format;  // jsonl or csv; empty: by the output's name, else jsonl
  bool overwrite = false;
  std::int64_t batch_size = 256;
};
// `in` and `out` stand for stdin and stdout. Returns the number of rows.
CANDOR_API std::int64_t predict(const std::string& model, const PredictOptions& options,
                                std::istream& in, std::ostream& out);

struct TextOptions : DeviceOptions {
  std::string prompt;
  std::int64_t max_tokens = 200;
  double temperature = 1.0;
  std::optional<std::int64_t> top_k;
  double top_p = 1.0;
  std::uint64_t seed = 0;
  std::function<bool(const std::string& piece)> sink;  // false ends early
};
CANDOR_API std::string generate(const std::string& model, const TextOptions& options);

struct ExportOptions : DeviceOptions {
  std::vector<std::string> formats;  // torchscript
  std::string out;
  bool overwrite = false;
  bool json = false;
};
CANDOR_API std::string export_model(const std::string& model, const ExportOptions& options);

struct ServeOptions : DeviceOptions {
  std::vector<std::string> models;  // MODEL or NAME=MODEL
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  int replicas = 1;  // per model
  std::int64_t max_batch = 64;
  double max_delay_ms = 0.0;
  std::int64_t queue_rows = 256;
  std::int64_t max_body = 16ll << 20;
  std::function<bool()> stop_requested;
  std::function<void(std::uint16_t port)> on_ready;
};
CANDOR_API void serve_models(const ServeOptions& options);

// {"candor", "libtorch", "compiler", "cuda", ...} as one JSON document.
CANDOR_API std::string environment_json();

}  // namespace candor
