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
  // Language models: a file of pairs of texts (docs/eval.md), which is measured instead of a split.
  std::optional<std::string> pairs;
  std::optional<std::string> out;  // folder for report.json, report.html, predictions/
  bool overwrite = false;
  bool json = false;
  bool color = false;
  std::vector<std::string> words;  // overrides of evaluate.* and data.*
};
struct EvaluateResult {
  std::string text;    // for stdout
  bool passed = true;  // every gate
};
// The report of `model` as a table, or as the JSON document of report.json. With `out`, the same as
// files there, which are kept without `overwrite`. Throws Error: config (words, split, an existing
// file), data (what is measured on), model, out_of_memory. A gate that is not passed is no error.
CANDOR_API EvaluateResult evaluate(const std::string& model, const EvaluateOptions& options);

struct PredictOptions : DeviceOptions {
  std::string input;         // CSV, .jsonl, a text file, an image or a folder of images; "-": stdin
  std::string output = "-";  // file or "-"
  std::string input_format;  // csv, jsonl, text, images; empty: by the name (stdin: jsonl)
  std::string output_format;  // jsonl or csv; empty: by the output's name, else jsonl
  bool overwrite = false;
  std::int64_t batch_size = 256;
};
// `in` and `out` stand for stdin and stdout. Returns the number of rows, fewer than there are when
// `out` fails. A file appears whole or not at all. Throws Error: config, data (a row that the model
// refuses, named by file and line), model, out_of_memory.
CANDOR_API std::int64_t predict(const std::string& model, const PredictOptions& options,
                                std::istream& in, std::ostream& out);

struct TextOptions : DeviceOptions {
  std::string prompt;
  std::int64_t max_tokens = 200;      // >= 0
  double temperature = 1.0;           // >= 0; 0 takes the most probable token
  std::optional<std::int64_t> top_k;  // >= 1
  double top_p = 1.0;                 // (0, 1]
  std::uint64_t seed = 0;
  std::function<bool(const std::string& piece)> sink;  // false ends early
};
// Continues the prompt and returns what was added, without the prompt; `sink` gets the same text in
// pieces of whole characters. Throws Error: config (a value out of range, a prompt longer than the
// model's context, a model that is no language model), model.
CANDOR_API std::string generate(const std::string& model, const TextOptions& options);

struct ExportOptions : DeviceOptions {
  std::vector<std::string> formats;  // torchscript
  std::string out;                   // folder, made when it is missing
  bool require_gates = false;        // refuse a model that has not passed gates when trained
  bool overwrite = false;
  bool json = false;
};
// Writes the files of each format and returns one line for each, or a JSON document: file, shapes
// checked, largest difference from the native model. Throws Error: config (an unknown format, an
// existing file), model (also where the difference is too large; then no file is left), gate.
CANDOR_API std::string export_model(const std::string& model, const ExportOptions& options);

struct ServeOptions : DeviceOptions {
  std::vector<std::string> models;  // MODEL or NAME=MODEL
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  int replicas = 1;                    // per model; each has `threads` of its own, 0: one
  std::int64_t max_batch = 64;         // rows of one run of the model, 1 to 65,536
  double max_delay_ms = 0.0;           // 0 to 10,000
  std::int64_t queue_rows = 256;       // per model, 1 to 1,000,000
  std::int64_t max_body = 16ll << 20;  // bytes of one request, at most 1 GiB
  bool require_gates = false;          // refuse models that have not passed gates when trained
  std::function<bool()> stop_requested;
  std::function<void(std::uint16_t port)> on_ready;
};
// Opens the models, listens, calls `on_ready` with the port, and returns once `stop_requested` says
// so and the requests under way are answered (20 s at most); it is asked several times a second.
// Without it, never. Throws Error: config (a name, a limit, an address that cannot be listened on),
// model, gate.
CANDOR_API void serve_models(const ServeOptions& options);

// {"candor", "libtorch", "compiler", "system", "processor", "instruction_set", "cores"} as one JSON
// document; "libtorch" only where it was built in.
CANDOR_API std::string environment_json();

}  // namespace candor
