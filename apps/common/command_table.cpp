// SPDX-License-Identifier: Apache-2.0
#include "common/command_table.h"

#include <algorithm>

#include <candor/error.h>

namespace candor::app {
namespace {

constexpr Flag kDevice{"device", "NAME", "auto", "auto, cpu, cuda or cuda:N"};
constexpr Flag kThreads{"threads", "N", "0", "threads inside the model; 0: all cores"};
constexpr Flag kJson{"json", "", "", "one JSON document on stdout"};
constexpr Flag kRequireGates{"require-gates", "", "",
                             "refuse a model that did not pass gates when it was trained"};
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
      {"inspect",
       "look at data: what is in it, and what is wrong with it",
       "DATA [--target COLUMN] [--test FILE]",
       "inspect customers.csv --target churn\ninspect train.csv --target churn --test test.csv "
       "--html report.html\ninspect photos/ --json",
       1,
       OnSignal::end,
       {{"target", "COLUMN", "", "column to predict; without it none is judged"},
        {"test", "FILE", "", "a test set of its own, to be compared"},
        {"html", "FILE", "", "write a page there, too"},
        kOverwrite,
        kJson}},
      {"init",
       "look at data and write a ready config",
       "DATA [--target COLUMN] [--output FILE]",
       "init customers.csv --target churn --output churn.json\ninit photos/ --output photos.json\n"
       "init corpus.txt",
       1,
       OnSignal::end,
       {{"target", "COLUMN", "", "column to predict; by default the last one"},
        {"test", "FILE", "", "a table of its own for the test; by default a fifth of the rows"},
        {"output", "FILE", "-", "config to write; -: stdout"},
        kOverwrite}},
      {"tokenize",
       "text to tokens, and training of tokenizers",
       "MODEL --input FILE|-  |  --train FILE ... --type NAME --output FILE",
       "tokenize runs/text-1 --input prompts.txt\ntokenize tokenizer.json --input - --offsets\n"
       "tokenize --train corpus.txt --type bpe --size 8192 --output tokenizer.json",
       kAnyNumber,
       OnSignal::end,
       {{"input", "FILE", "", "text to encode; -: stdin"},
        {"output", "FILE", "-", "where the lines, or the new tokenizer.json, go; -: stdout"},
        {"ids", "", "", "ids with blanks between them (the default)"},
        {"tokens", "", "", "a JSON list of the tokens' texts"},
        {"offsets", "", "", "JSON with ids, tokens and the bytes that they stand for"},
        {"document", "UNIT", "line", "one text is a line or the whole file"},
        {"allow-special", "", "", "special tokens named in the text become their ids"},
        {"add-special", "", "", "add what the tokenizer's template puts around a text"},
        {"train", "", "", "learn a tokenizer from the files; - is stdin"},
        {"type", "NAME", "bpe", "bpe, unigram, byte or character"},
        {"size", "N", "8192", "tokens of the vocabulary (bpe, unigram)"},
        {"pretokenizer", "NAME", "", "gpt2, llama3, or for unigram metaspace"},
        {"special-tokens", "A,B", "", "tokens that get the first ids"},
        kOverwrite}},
      {"train",
       "train a model from a config",
       "CONFIG [key=value ...]",
       "train configs/digits.json\ntrain configs/adult.json seed=1 train.epochs=10 --run runs/a1\n"
       "train configs/adult.json --run runs/a1 --resume\ntrain configs/adult.json --dry-run",
       kAnyNumber,
       OnSignal::ask,
       {{"run", "DIR", "", "run directory; by default runs/NAME-TIME"},
        {"resume", "", "", "continue the run in --run from its last checkpoint"},
        kOverwrite,
        kDevice,
        kThreads,
        {"profile", "FILE", "", "write a Chrome trace there, and print what took the time"},
        {"dry-run", "", "", "data summary, parameters, memory and time; leaves nothing behind"},
        {"find-learning-rate", "", "",
         "say which rate to take (muon: for its matrices); leaves nothing behind"},
        {"no-test", "", "", "leave the test rows alone: the report is about the validation rows"},
        {"stop-after", "N", "0",
         "stop after N epochs (updates with train.steps), resumable; 0: never"},
        {"folds-only", "", "", "end after cross_validation, without a model"},
        {"print-config", "", "", "the config with every default filled in"},
        {"schema", "", "", "JSON Schema of the config file"},
        {"reference", "", "", "configs/REFERENCE.md"},
        kJson}},
      {"tune",
       "search for settings, and train with the best",
       "CONFIG [key=value ...]",
       "tune configs/digits.json '+search.\"model.dropout\"={\"uniform\": [0, 0.5]}'\n"
       "tune search.json tune.method=halving tune.trials=30 --run runs/t1\n"
       "tune search.json --run runs/t1 --resume",
       kAnyNumber,
       OnSignal::ask,
       {{"run", "DIR", "", "folder of the search; by default runs/NAME-tune-TIME"},
        {"resume", "", "", "go on with the search in --run from its log"},
        kOverwrite,
        kDevice,
        {"threads", "N", "", "threads of each training; by default 1, and all cores for the last"},
        kJson}},
      {"eval",
       "measure a model, or any tool's predictions, with intervals and gates",
       "MODEL [key=value ...]  |  --predictions FILE [key=value ...]",
       "eval runs/adult-1\neval runs/adult-1 --data new.csv --out report/\n"
       "eval --predictions scores.csv --positive yes --threshold 0.4 --groups race,sex\n"
       "eval runs/adult-1 --json '+evaluate.gates.roc_auc={\"min\":0.9}'",
       kAnyNumber,
       OnSignal::end,
       {{"data", "PATH", "", "file or folder to evaluate on, instead of a split of the run"},
        {"split", "NAME", "test", "test, validation or train"},
        {"predictions", "FILE", "", "CSV or JSON lines of any tool, instead of a model"},
        {"positive", "CLASS", "", "of its two classes, the one that the score is for"},
        {"threshold", "X", "", "positive from this score on; else the likelier class"},
        {"ranking", "", "", "its scores only order the rows; so do those outside of 0 to 1"},
        {"groups", "NAMES", "", "its columns to break the report down by: race,sex"},
        {"pairs", "FILE", "", "language models: pairs of texts, of which the likelier is told"},
        {"out", "DIR", "", "write report.json, .html, .md and predictions there"},
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
       1,
       OnSignal::end,
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
       1,
       OnSignal::ask,
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
       1,
       OnSignal::end,
       {{"format", "NAMES", "", "torchscript"},
        {"out", "DIR", "", "where to write"},
        kRequireGates,
        kOverwrite,
        kThreads,
        kJson}},
      {"serve",
       "serve models over HTTP",
       "MODEL [NAME=MODEL ...]",
       "serve runs/adult-1\nserve income=runs/adult-1 digits=runs/digits-1 --port 9000",
       kAnyNumber,
       OnSignal::ask,
       {{"host", "ADDRESS", "127.0.0.1", "address to listen on"},
        {"port", "N", "8080", "port to listen on; 0: any free one"},
        {"replicas", "N", "1", "threads that run each model"},
        {"max-batch", "N", "64", "rows that one run of the model takes"},
        {"max-delay-ms", "X", "0", "wait this long for more rows, 0 to 10000"},
        {"queue-rows", "N", "256", "rows that wait at most, per model; more get 503"},
        {"max-body", "BYTES", "16777216", "largest request, 1 GiB at most"},
        kRequireGates,
        kDevice,
        {"threads", "N", "1", "threads inside each replica"}}},
      {"runs",
       "list runs: state, scores, what differs",
       "[DIR ...] [--sort METRIC]",
       "runs\nruns runs/sweep --sort roc_auc\nruns --sort validation/loss --all\nruns --json",
       kAnyNumber,
       OnSignal::end,
       {{"sort", "METRIC", "", "best first: of the reports, or validation/METRIC; else by time"},
        {"all", "", "", "every run, metric and setting, with whole names"},
        kJson}},
      {"compare",
       "runs and any tool's predictions side by side, with paired tests",
       "RUN|FILE RUN|FILE ... [--out FILE.html]",
       "compare runs/adult-1 runs/adult-2\ncompare boosting.csv runs/adult-1\n"
       "compare runs/a runs/b runs/c --all-pairs --out compare.html\n"
       "compare runs/a runs/b --metric roc_auc --json",
       kAnyNumber,
       OnSignal::end,
       {{"out", "FILE", "", "write a page there: curves, settings, metrics with intervals"},
        {"metric", "NAME", "", "only this one: loss, or a metric of the task"},
        {"all-pairs", "", "", "test every two of them, not only the first against the others"},
        {"positive", "CLASS", "", "of a FILE's two classes, the one that the score is for"},
        {"threshold", "X", "", "of a FILE: positive from this score on"},
        {"ranking", "", "", "a FILE's scores only order the rows"},
        kOverwrite,
        kJson}},
      {"purge",
       "list and delete the copies of raw data in a run",
       "RUN [--yes]",
       "purge runs/adult-1\npurge runs/adult-1 --yes\npurge runs/adult-1 --json",
       1,
       OnSignal::end,
       {{"yes", "", "", "delete without asking; else a terminal is asked, and others get the list"},
        kJson}},
  };
  return commands;
}

const Command& find_command(const std::string& name) {
  const auto& table = command_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Command& c) { return name == c.name; });
  if (found == table.end()) throw Error(ErrorKind::config, "'" + name + "' is not a command");
  return *found;
}

}  // namespace candor::app
