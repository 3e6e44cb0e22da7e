// SPDX-License-Identifier: Apache-2.0
// From scored rows to a report: metrics with intervals, per class, per group, gates; as JSON, text,
// HTML. Names, intervals and the layout of report.json are listed in docs/formats.md.
#pragma once

#include <candor/config.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/metrics/decision_tally.h"
#include "core/metrics/history.h"
#include "core/schema/signature.h"

namespace candor {

// What a simpler model said about the same tokens: an interpolated n-gram model, fitted on the same
// training text (core/text/ngram_model.h).
struct ScoredBaseline {
  std::int64_t order = 0;
  std::int64_t training_tokens = 0;  // counted
  std::int64_t held_out_tokens = 0;  // that its weights were fitted on
  std::string weights_from;          // where those came from: "validation" or "training"
  std::vector<double> nll;           // as Scored::nll; empty: see reason
  std::string reason;                // why there are no losses
};

// What a language model lost on a part of the text that no tokenizer decides about: a document, or
// a cell of one (text_cells.h). Sums, so that parts may be put together.
struct TextCell {
  std::int64_t document = 0;  // its number, from 0
  std::int64_t byte = 0;      // of the document's text, where the part begins
  std::int64_t bytes = 0;     // that its predicted tokens stand for
  std::int64_t tokens = 0;    // predicted ones
  double nll = 0.0;           // nats
  double sliding_nll = 0.0;   // the same, of Scored::sliding_nll
};

// Of two classes: the positive one is decided on where its score is at or above the value.
struct DecisionThreshold {
  double value = 0.5;
  std::string chosen_by;  // "--threshold", "maximum of f1", ...
};

struct Metric {
  std::string name;
  std::optional<double> value;  // empty: undefined, see reason
  std::optional<double> low;
  std::optional<double> high;
  // How low and high were found, in the words of docs/metrics.md; "none" where the value
  // has no interval: then low, high are empty.
  std::string method;
  std::string reason;  // why there is no value or interval; of a group also "fewer than 30 rows"
  bool higher_is_better = true;
};
// nullptr: none of that name.
const Metric* find_metric(const std::vector<Metric>& metrics, std::string_view name);

// A group of rows: a value of a column, or values of crossed columns ("race*sex", "A*F").
struct GroupRow {
  std::string column, value;
  std::int64_t count = 0;
  std::vector<Metric> metrics;
  bool small = false;    // fewer than evaluate.min_count rows
  bool crossed = false;  // of several columns
};

// How often a class comes: shares of rows.
struct ClassFrequency {
  std::string label;
  double training = 0.0;            // as the loss of training saw it
  double assumed = 0.0;             // what the probabilities were moved to
  std::optional<double> low, high;  // of an estimate
  double observed = 0.0;            // among the labels of the rows, every row once
};

// What a rule for decisions (docs/decisions.md) does on the rows.
struct DecisionReport {
  std::vector<std::string> rule;  // its parts and how they were chosen, one line each
  std::vector<Metric> metrics;    // decision_metrics() of all rows
  std::vector<GroupRow> groups;   // the same in each group of a column; not crossed
  // What those are made of, for gates, whose intervals have levels of their own; by_group as
  // groups.
  DecisionTally all;
  std::vector<DecisionTally> by_group;
  std::vector<ClassFrequency> frequencies;  // where probabilities were moved to others
};

// What a model said about N rows, in memory. Which parts are filled depends on `kind`.
struct Scored {
  OutputKind kind = OutputKind::classification;
  // Row ids for predictions.jsonl: "FILE:LINE" or an image path; may be empty.
  std::vector<std::string> ids;
  std::vector<double> weight;  // empty: all 1
  std::string weight_column;   // where they come from; empty: no column has weights
  // classification
  std::vector<std::string> labels;             // K classes; of two the positive one is the last
  std::vector<std::int64_t> target;            // [N] class index
  std::vector<float> probabilities;            // [N, K]
  std::vector<std::int64_t> decided;           // [N] class index; empty: the most probable class
  std::optional<DecisionThreshold> threshold;  // that `decided` was made with
  // What `decided` was made with otherwise, in words; empty: nothing is known of it.
  std::string decided_by;
  // The scores order the rows and mean nothing else: `probabilities` only keep that order, and
  // without `decided` nothing is decided.
  bool ranking = false;
  // regression, in the target's own unit
  std::vector<double> target_value;  // [N]
  std::vector<double> value;         // [N]
  // language model: one entry per predicted token, in text order; every token of the text but the
  // first once
  std::vector<double> nll;      // negative log-likelihood, nats
  std::vector<double> entropy;  // of the model's own distribution, nats
  // As `nll`, out of windows that overlap and move by `sliding_stride` tokens; empty: not measured.
  std::vector<double> sliding_nll;
  std::int64_t sliding_stride = 0;
  std::int64_t bytes = 0;  // UTF-8 bytes of the predicted tokens
  // Index into nll of each document's first token; with 20 or more, intervals resample documents.
  std::vector<std::int64_t> document_starts;
  std::optional<ScoredBaseline> baseline;  // empty: not asked for
  std::vector<TextCell> cells;             // of all of it; empty: validations inside training
  std::string tokenizer;                   // SHA-256 of its tokenizer.json, where there are cells
  // group column -> value per row
  std::map<std::string, std::vector<std::string>> groups;
  std::optional<DecisionReport> decision;  // empty: the most probable class, and no more
};

// The n-gram baseline beside a language model.
struct BaselineReport {
  std::int64_t order = 0;
  std::int64_t training_tokens = 0;
  std::int64_t held_out_tokens = 0;
  std::string weights_from;
  // cross_entropy, perplexity, cross_entropy_bits_per_token, bits_per_byte; empty: see reason
  std::vector<Metric> metrics;
  // "gain": the baseline's cross-entropy less the model's, nats per token; above 0 the model is
  // better. Its interval is paired: both on the same resamples.
  Metric gain;
  std::string summary;  // one sentence: what the network adds
  std::string reason;   // why there are no metrics
};

// A language model's loss on tokens at some distance from the beginning of their document.
struct PositionRow {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t count = 0;
  Metric cross_entropy;
};

// The documents' own cross-entropies, each document once.
struct DocumentSummary {
  static constexpr std::array<double, 5> kLevels = {0.05, 0.25, 0.5, 0.75, 0.95};
  std::int64_t count = 0;
  Metric cross_entropy;           // their mean
  std::vector<double> quantiles;  // at kLevels; empty where the mean has no value
};

struct ClassRow {
  std::string label;
  std::int64_t count = 0;
  Metric precision, recall, f1;
};

// What compares all groups of a column: a difference or ratio, and between which groups it lies
// (empty where several metrics share one gap and these differ by metric).
struct RangeGap {
  Metric metric;
  std::string lowest, highest;
  std::vector<std::string> left_out;  // groups where it is undefined
};

// One metric in two groups: first less second, and first by second.
struct PairGap {
  std::string metric, first, second;
  double difference = 0.0;
  std::optional<double> low, high;
  std::optional<double> ratio, ratio_low, ratio_high;  // proportions
  double p = 1.0;                                      // of equal values, two-sided
  double p_holm = 1.0;                                 // corrected for all pairs of the column
  std::string method;  // of the interval: "newcombe", "newcombe, effective n", "welch"
};

struct GroupGaps {
  std::string column;
  bool crossed = false;
  std::vector<std::string> small;  // groups with fewer than evaluate.min_count rows
  std::vector<RangeGap> ranges;
  std::vector<PairGap> pairs;
  std::string paired_with;  // the only group that others are compared with; empty: all pairs
};

// Rows that a model serves worse than the others.
struct Slice {
  std::vector<std::string> columns, values;  // one or two
  std::int64_t count = 0;
  double value = 0.0;       // of Slices::metric in the slice
  double rest = 0.0;        // and in all other rows
  double difference = 0.0;  // value - rest, with its interval
  std::optional<double> low, high;
  double p_holm = 1.0;  // corrected for every slice that was looked at
};

struct Slices {
  std::string metric;        // "accuracy" or "mae"
  std::int64_t tested = 0;   // values and pairs of values with evaluate.min_count rows
  std::vector<Slice> worst;  // significantly worse, the largest difference first
};

// What a cross-validation before the training said of the config: means over models that each held
// out other rows. The reported model is none of them.
struct FoldMeans {
  std::int64_t folds = 0, repeats = 1;
  std::string kind;  // of the split, as split_kind() names it
  std::vector<Metric> metrics;
};

enum class GateState { passed, failed, undecided };

struct GateResult {
  std::string metric;  // the gate's name
  std::optional<double> min, max, value;
  bool passed = false;
  std::string reason;  // when not passed: value, bound, limit, rows needed
  GateState state = GateState::undecided;
  double confidence = 0.95;         // of each end alone
  std::optional<double> low, high;  // the value's bounds
  std::string method;
  std::string group;                        // of a gate on every group: the one that decides
  std::optional<std::int64_t> rows_needed;  // undecided: about how many would tell
};

// The state's name in report.json.
const char* gate_state_name(GateState state);

struct Report {
  OutputKind kind = OutputKind::classification;
  std::string model;   // name of the run
  std::string digest;  // of the model directory; empty inside training
  std::string split;   // "test", "validation", or a file name
  Json data;           // names and sha256 of the files
  // Of the files and of which of their rows these are; empty: unknown.
  std::string rows_sha256;
  std::int64_t count = 0;
  std::string weight_column;  // whose values the metrics count a row by; empty: every row once
  double confidence = 0.95;
  std::optional<DecisionThreshold> threshold;
  // What decides between the classes, in words: "threshold 0.41 (maximum of f1)", "the most
  // probable class"; empty: there are no classes.
  std::string decided_by;
  bool ranking = false;               // as in Scored
  std::vector<std::string> findings;  // what is remarkable about the data, a sentence each
  std::int64_t examples = 0;          // how many of the most wrong rows the page shows
  std::vector<Metric> metrics;
  std::optional<BaselineReport> baseline;  // language models
  std::optional<DecisionReport> decision;  // as in Scored
  std::int64_t sliding_stride = 0;         // as in Scored
  std::string tokenizer;                   // as in Scored
  std::vector<PositionRow> by_position;    // language models
  DocumentSummary by_document;             // language models
  std::vector<ClassRow> per_class;
  std::vector<std::string> labels;
  std::vector<std::vector<std::int64_t>> confusion;  // [true][predicted]
  std::vector<GroupRow> groups;
  std::vector<GroupGaps> gaps;     // of every column, then of every crossing
  std::vector<Metric> inequality;  // two classes with groups: Theil's index and its like
  std::optional<Slices> slices;
  std::optional<FoldMeans> cross_validation;  // empty: there was none, or it is not known here
  std::vector<GateResult> gates;
  bool allow_undecided = false;

  const Metric* find(const std::string& name) const;
  bool passed() const;  // every gate; an undecided one only where these are allowed
};

// `intervals` false computes values only, without groups and gates (validation inside training). A
// weight counts a row that many times (language models: not used). Throws Error{failed} when parts
// of `scored` do not fit together or a number in it is not finite.
Report make_report(const Scored& scored, const EvaluateConfig& config, bool intervals = true);

Json report_json(const Report& report);
std::string report_text(const Report& report, bool color);  // the table for people
// One self-contained page; `scored` are the rows that `report` was made of, for its charts, and
// `history` is what training wrote, where that is at hand.
std::string report_html(const Report& report, const Scored& scored, const History& history = {});
// The same in short as Markdown, for the text of a pull request.
std::string report_markdown(const Report& report);
// predictions/test.jsonl: one object per row: id, target, output, and where there are any weight
// and groups; of a text one per cell.
std::string predictions_jsonl(const Scored& scored);

// Every metric name that a task can produce; for config checks of gates and train.metric.
std::vector<std::string> metric_names(TaskType task);
bool metric_higher_is_better(const std::string& name);

}  // namespace candor
