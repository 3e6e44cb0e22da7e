// SPDX-License-Identifier: Apache-2.0
#include "common/command_table.h"

namespace candor::app {
namespace {

constexpr Flag kDevice{"device", "NAME", "auto", "auto, cpu, cuda or cuda:N"};
constexpr Flag kThreads{"threads", "N", "0", "threads inside the model; 0: all cores"};
constexpr Flag kJson{"json", "", "", "one JSON document on stdout"};
constexpr Flag kOverwrite{"overwrite", "", "", "replace what is there"};

}  // namespace

const std::vector<Flag>& common_flags() {
  static const std::vector<Flag> flags = {
      {"quiet", "", "", "errors only on stderr"},
      {"color", "WHEN", "auto", "auto, always or never"},
      {"help", "", "", "this text"},
      {"version", "", "", "versions; with --json as JSON"},
  };
  return flags;
}

const std::vector<Command>& command_table() {
  static const std::vector<Command> commands = {
      {"init",
       "look at data and write a ready config",
       "DATA [--target COLUMN] [--output FILE]",
       "init customers.csv --target churn --output churn.json\ninit photos/ --output photos.json\n"
       "init corpus.txt",
       {{"target", "COLUMN", "", "column to predict; by default the last one"},
        {"output", "FILE", "-", "config to write; -: stdout"},
        kOverwrite}},
      {"train",
       "train a model from a config",
       "CONFIG [key=value ...]",
       "train configs/digits.json\ntrain configs/adult.json seed=1 train.epochs=10 --run runs/a1\n"
       "train configs/adult.json --run runs/a1 --resume\ntrain configs/adult.json --dry-run",
       {{"run", "DIR", "", "run directory; by default runs/NAME-TIME"},
        {"resume", "", "", "continue the run in --run from its last checkpoint"},
        kOverwrite,
        kDevice,
        kThreads,
        {"dry-run", "", "", "data summary, parameters, memory and time; writes nothing"},
        {"print-config", "", "", "the config with every default filled in"},
        {"schema", "", "", "JSON Schema of the config file"},
        {"reference", "", "", "configs/REFERENCE.md"},
        kJson}},
      {"eval",
       "measure a model, with intervals and gates",
       "MODEL [key=value ...]",
       "eval runs/adult-1\neval runs/adult-1 --data new.csv --out report/\n"
       "eval runs/adult-1 --json '+evaluate.gates.roc_auc={\"min\":0.9}'",
       {{"data", "PATH", "", "file or folder to evaluate on, instead of a split of the run"},
        {"split", "NAME", "test", "test, validation or train"},
        {"out", "DIR", "", "write report.json, report.html and predictions there"},
        kOverwrite,
        kDevice,
        kThreads,
        kJson}},
      {"predict",
       "predictions for rows, texts or images",
       "MODEL --input FILE|-",
       "predict runs/adult-1 --input new.csv --output predictions.csv\n"
       "predict runs/digits-1 --input photos/\necho '{\"age\": 39}' | candor predict runs/a "
       "--input -",
       {{"input", "FILE", "", "CSV, JSON lines, text lines, image or folder; -: stdin"},
        {"output", "FILE", "-", "JSON lines or CSV; -: stdout"},
        {"input-format", "NAME", "", "csv, jsonl, text or images; by default from the name"},
        {"output-format", "NAME", "", "jsonl or csv; by default from the name"},
        {"batch-size", "N", "256", "rows at a time"},
        kOverwrite,
        kDevice,
        kThreads}},
      {"generate",
       "text from a language model",
       "MODEL --prompt TEXT",
       "generate runs/text-1 --prompt 'The harbour'\n"
       "generate runs/text-1 --prompt 'The' --max-tokens 400 --temperature 0.8 --seed 7",
       {{"prompt", "TEXT", "", "how the text begins"},
        {"max-tokens", "N", "200", "tokens to make"},
        {"temperature", "X", "1", "0 takes the most probable token"},
        {"top-k", "K", "", "only from the K most probable tokens"},
        {"top-p", "P", "1", "only from the most probable tokens that sum up to P"},
        {"seed", "S", "0", "same seed, same text"},
        kDevice,
        kThreads}},
      {"export",
       "files that other programs load, each checked",
       "MODEL --format NAME[,NAME] --out DIR",
       "export runs/adult-1 --format torchscript --out exports/adult",
       {{"format", "NAMES", "", "torchscript"},
        {"out", "DIR", "", "where to write"},
        kOverwrite,
        kThreads,
        kJson}},
      {"serve",
       "serve models over HTTP",
       "MODEL [NAME=MODEL ...]",
       "serve runs/adult-1\nserve income=runs/adult-1 digits=runs/digits-1 --port 9000",
       {{"host", "ADDRESS", "127.0.0.1", "address to listen on"},
        {"port", "N", "8080", "port to listen on; 0: any free one"},
        {"replicas", "N", "1", "threads that run each model"},
        {"max-batch", "N", "64", "rows that one run of the model takes"},
        {"max-delay-ms", "X", "0", "wait this long for more rows"},
        {"queue-rows", "N", "256", "rows that wait at most, per model; more get 503"},
        {"max-body", "BYTES", "16777216", "largest request"},
        kDevice,
        kThreads}},
  };
  return commands;
}

}  // namespace candor::app
