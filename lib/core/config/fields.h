// SPDX-License-Identifier: Apache-2.0
// The one description of every config field. Reading, writing, the JSON Schema,
// configs/REFERENCE.md and the comparison at resume are visitors over these functions; no other
// file spells a key.
//
// A visitor is called with (Field, member). Defaults are those of a default-constructed struct.
#pragma once

#include <array>
#include <concepts>
#include <type_traits>

#include <candor/config.h>

#include "core/config/field.h"

namespace candor {

// ---- names of the values of each enum, in the enum's order -------------------------------------

template <class E>
struct EnumNames;

#define CANDOR_ENUM_NAMES(Enum, ...)                                                \
  template <>                                                                       \
  struct EnumNames<Enum> {                                                          \
    static constexpr std::array values = std::to_array<const char*>({__VA_ARGS__}); \
  }

CANDOR_ENUM_NAMES(TaskType, "classification", "regression", "language_model");
CANDOR_ENUM_NAMES(TargetTransform, "standard", "log");
CANDOR_ENUM_NAMES(TableFileType, "auto", "csv", "json_lines");
CANDOR_ENUM_NAMES(ColumnUse, "auto", "feature", "ignore", "weight");
CANDOR_ENUM_NAMES(ColumnType, "auto", "number", "category", "date");
CANDOR_ENUM_NAMES(Impute, "mean", "median", "zero", "constant");
CANDOR_ENUM_NAMES(Scale, "standard", "robust", "min_max", "quantile", "none");
CANDOR_ENUM_NAMES(Transform, "none", "log", "power");
CANDOR_ENUM_NAMES(NumberEncoding, "none", "piecewise_linear", "periodic");
CANDOR_ENUM_NAMES(Encoding, "one_hot", "embedding", "target");
CANDOR_ENUM_NAMES(UnicodeForm, "none", "nfc", "nfd", "nfkc", "nfkd");
CANDOR_ENUM_NAMES(WordUnit, "words", "characters", "characters_in_words");
CANDOR_ENUM_NAMES(Weighting, "count", "binary", "tfidf");
CANDOR_ENUM_NAMES(BadRows, "drop", "quarantine");
CANDOR_ENUM_NAMES(DocumentUnit, "file", "line", "blank_line", "json_lines");
CANDOR_ENUM_NAMES(TokenizerType, "characters", "bytes", "bpe", "unigram", "file");
CANDOR_ENUM_NAMES(Pretokenizer, "gpt2", "llama3", "metaspace");
CANDOR_ENUM_NAMES(ResizeMode, "squash", "crop");
CANDOR_ENUM_NAMES(Interpolation, "bilinear", "bicubic");
CANDOR_ENUM_NAMES(Activation, "relu", "gelu", "silu", "tanh");
CANDOR_ENUM_NAMES(Norm, "none", "batch", "layer");
CANDOR_ENUM_NAMES(Block, "auto", "basic", "bottleneck");
CANDOR_ENUM_NAMES(Stem, "small", "imagenet");
CANDOR_ENUM_NAMES(SamplingBy, "uniform", "class", "weight", "group");
CANDOR_ENUM_NAMES(Weights, "best", "last");

#undef CANDOR_ENUM_NAMES

// ---- sections --------------------------------------------------------------------------------

template <class V>
void fields(V& v, TaskConfig& c) {
  v(Field("type", "what is learned"), c.type);
  v(Field("target", "column to predict; tables only, required there"), c.target);
  v(Field("positive", "positive class of a two-class table; by default the last in sorted order"),
    c.positive);
  v(Field("target_transform",
          "regression; standard: (y - mean) / standard deviation; log: the same of log(1 + y), for "
          "targets above -1; metrics stay in the target's unit"),
    c.target_transform);
}

template <class V>
void fields(V& v, FilesConfig& c) {
  v(Field("train", "training data: a file, or a folder of class folders").must(), c.train);
  v(Field("validation", "data of its own for validation, instead of split.validation"),
    c.validation);
  v(Field("test", "data of its own for the test, instead of split.test"), c.test);
}

template <class V>
void fields(V& v, TableFormat& c) {
  v(Field("type", "auto: json_lines for names that end in .jsonl, .ndjson or .json, else csv"),
    c.type);
  v(Field("delimiter", "byte between two cells; whitespace: runs of spaces and tabs"), c.delimiter);
  v(Field("quote", "byte around cells that hold delimiters; empty: none"), c.quote);
  v(Field("comment", "byte that begins a line to leave out; null: none"), c.comment);
  v(Field("header", "the first line names the columns; otherwise they are c0, c1, ..."), c.header);
  v(Field("trim", "strip spaces and tabs around cells"), c.trim);
  v(Field("missing", "cells that mean: no value"), c.missing);
}

template <class V>
void fields(V& v, ColumnConfig& c) {
  v(Field("use", "auto: the target is the target and every other column a feature"), c.use);
  v(Field("type", "auto: a number, or a date, if every training cell is one"), c.type);
  v(Field("values", "cell text -> text that replaces it, before anything else"), c.values);
  v(Field("impute", "of a column of numbers; null: data.numeric.impute"), c.impute);
  v(Field("scale", "of a column of numbers; null: data.numeric.scale"), c.scale);
  v(Field("transform", "of a column of numbers; null: data.numeric.transform"), c.transform);
}

template <class V>
void fields(V& v, NumericConfig& c) {
  v(Field("impute", "what stands for a missing number; of the training rows"), c.impute);
  v(Field("constant", "what impute constant puts in; needs that").range(-1e30, 1e30), c.constant);
  v(Field("transform",
          "before scaling; log: sign(x) log(1 + |x|); power: Yeo-Johnson's, fitted on the training "
          "rows"),
    c.transform);
  v(Field("scale",
          "standard: (x - mean) / standard deviation; robust: (x - median) / interquartile range; "
          "min_max: to [0, 1]; quantile: to the normal score of the same rank, for heavy tails; "
          "all of the training rows"),
    c.scale);
  v(Field("indicator", "one 0/1 feature for each column with gaps in the training rows"),
    c.indicator);
  v(Field("encoding",
          "vector of a scaled number; piecewise_linear: by quantile bins; periodic: sines and "
          "cosines of learned frequencies"),
    c.encoding);
  v(Field("bins", "of each column with piecewise_linear, at most").range(1, 1024), c.bins);
  v(Field("frequencies", "of each column with periodic").range(1, 1024), c.frequencies);
  v(Field("frequency_scale", "standard deviation of the frequencies before training")
        .above(0, 1000),
    c.frequency_scale);
  v(Field("encoding_width",
          "of a linear layer with ReLU of each column's own; null: none for piecewise_linear, 24 "
          "for periodic")
        .range(1, 1024),
    c.encoding_width);
}

template <class V>
void fields(V& v, CategoricalConfig& c) {
  v(Field("encoding", "how categories enter the model"), c.encoding);
  v(Field("min_count", "rarer training categories count as unknown and are never stored")
        .range(1, 1e9)
        .in("rows"),
    c.min_count);
  v(Field("embedding_width", "null: min(50, (categories + 1) / 2)").range(1, 4096),
    c.embedding_width);
  v(Field("target_smoothing", "weight of the mean of all rows in a target encoding")
        .range(0, 1e9)
        .in("rows"),
    c.target_smoothing);
  v(Field("target_folds", "a training row's target encoding comes from the other folds")
        .range(2, 100),
    c.target_folds);
}

template <class V>
void fields(V& v, DatesConfig& c) {
  v(Field("parts", "year, month, day, weekday, hour, minute, second; those that vary"), c.parts);
  v(Field("cycles",
          "sine and cosine of month, weekday, time of day, day of the year; those that vary"),
    c.cycles);
}

template <class V>
void fields(V& v, SplitConfig& c) {
  v(Field("validation", "fraction of the training data for validation").between(0, 1),
    c.validation);
  v(Field("test", "fraction of the training data for the test").between(0, 1), c.test);
  v(Field("stratify", "the same class shares in every part"), c.stratify);
  v(Field("group", "column of a table; rows with the same value there stay in one part"), c.group);
  v(Field("time", "column of a table; the oldest rows train, the newest are the test"), c.time);
  v(Field("seed", "of the split alone, so that other training seeds see the same rows"), c.seed);
}

template <class V>
void fields(V& v, CleanConfig& c) {
  v(Field(
        "bad_rows",
        "drop: left out; quarantine: also listed in the run's quarantine.jsonl, by file, line and "
        "reason, never content"),
    c.bad_rows);
  v(Field("max_bad_fraction",
          "rows that cannot be read or have no target, at most; more ends the run")
        .range(0, 1),
    c.max_bad_fraction);
}

template <class V>
void fields(V& v, TextCleanConfig& c) {
  v(Field("unicode", "normal form"), c.unicode);
  v(Field("case_fold", "upper and lower case become one, in every script"), c.case_fold);
  v(Field("strip_accents", "é becomes e; other scripts keep their vowel signs and points"),
    c.strip_accents);
  v(Field("strip_control", "control and invisible format characters go"), c.strip_control);
  v(Field("strip_markup", "HTML and XML tags go, entities become characters"), c.strip_markup);
  v(Field("strip_urls", "each address becomes a space"), c.strip_urls);
  v(Field("collapse_whitespace", "runs of white space become a space, or one line break"),
    c.collapse_whitespace);
}

template <class V>
void fields(V& v, VocabularyConfig& c) {
  v(Field("size", "terms at most; those in most training rows are kept").range(1, 1000000), c.size);
  v(Field("min_count", "terms in fewer training rows are never stored").range(1, 1e9).in("rows"),
    c.min_count);
}

template <class V>
void fields(V& v, WordsConfig& c) {
  v(Field("unit",
          "words: by Unicode word boundaries; characters: across words; characters_in_words: "
          "within words, with a space at both ends"),
    c.unit);
  v(Field("ngrams", "shortest and longest run of units that is a term").range(1, 16), c.ngrams);
  v(Field("stop_words", "words left out: english, chinese, or a file with one word a line"),
    c.stop_words);
  v(Field("weighting", "tfidf: count * (ln((1 + rows) / (1 + rows with the term)) + 1), length 1"),
    c.weighting);
  v(Field("vocabulary", "which terms of the training rows are known"), c.vocabulary);
  v(Field("hashing", "terms to 2^bits signed hash numbers instead of a vocabulary; null: off")
        .range(4, 20)
        .in("bits"),
    c.hashing);
}

template <class V>
void fields(V& v, TableData& c) {
  v(Field("files", "where the data lies; relative to this file").must(), c.files);
  v(Field("format", "how the file is written"), c.format);
  v(Field("columns", "column name -> how it is used"), c.columns);
  v(Field("weight", "column of the rows' weights, in loss and metrics; null: none"), c.weight);
  v(Field("numeric", "preprocessing of numbers"), c.numeric);
  v(Field("categorical", "preprocessing of categories"), c.categorical);
  v(Field("dates", "what dates become, beside their time on a line"), c.dates);
  v(Field("split", "parts taken from the training file"), c.split);
  v(Field("clean", "what is done about rows that are no good"), c.clean);
  v(Field("cache", "folder of parsed tables, to read them faster the next time; null: none"),
    c.cache);
  v(Field("groups", "columns by whose values the report is broken down"), c.groups);
}

template <class V>
void fields(V& v, TokenizerConfig& c) {
  v(Field("type", "what one token is; bpe and unigram are learned, file is read"), c.type);
  v(Field("size", "of a learned vocabulary, special tokens included")
        .range(256, 1000000)
        .in("tokens"),
    c.size);
  v(Field("pretokenizer",
          "how text is cut into words before learning: GPT-2's or Llama 3's pattern over bytes, or "
          "(unigram) at blanks over characters; null: gpt2"),
    c.pretokenizer);
  v(Field("file", "type file: a Hugging Face tokenizer.json; relative to this file"), c.file);
  v(Field("special_tokens",
          "bpe and unigram: tokens that get the first ids and never come out of "
          "a text"),
    c.special_tokens);
}

template <class V>
void fields(V& v, TextData& c) {
  v(Field("files", "where the text lies; relative to this file").must(), c.files);
  v(Field("documents",
          "what one document is; blank_line: the lines between two blank ones; json_lines: an "
          "object on each line"),
    c.documents);
  v(Field("field", "json_lines: the object's field that holds the text"), c.field);
  v(Field("cross_documents", "training looks from one document into the next"), c.cross_documents);
  v(Field("clean", "what is taken out of a text, or made equal, before it becomes tokens"),
    c.clean);
  v(Field("tokenizer", "text to tokens"), c.tokenizer);
  v(Field("split",
          "by document; of a single one contiguous parts: training, then test, then validation "
          "last"),
    c.split);
  v(Field("cache", "folder for token files, so that memory need not hold them; null: none"),
    c.cache);
}

template <class V>
void fields(V& v, ImageColumns& c) {
  v(Field("path", "column of the file names, which are relative to the table's folder"), c.path);
  v(Field("label", "column of the classes"), c.label);
}

template <class V>
void fields(V& v, ImageData& c) {
  v(Field(
        "files",
        "folders of class folders, tar archives of them (photos.tar.xz#train: a folder inside), or "
        "tables of paths and labels; relative to this file")
        .must(),
    c.files);
  v(Field("columns", "where data.files names tables"), c.columns);
  v(Field("memory", "decoded pixels kept in memory; images beyond are decoded for every batch")
        .range(0, 1e7)
        .in("MiB"),
    c.memory);
  v(Field("size", "height and width that the model sees").range(4, 1024).in("pixels"), c.size);
  v(Field("resize", "squash: the whole picture; crop: the largest square in its middle"), c.resize);
  v(Field("interpolation", "of the resize; both antialiased"), c.interpolation);
  v(Field(
        "scaled_decoding",
        "decode a JPEG at 1/2, 1/4 or 1/8 where that is not below size: faster, and pixels differ "
        "a little from a resize of the whole"),
    c.scaled_decoding);
  v(Field("split", "parts taken from the training folder"), c.split);
  v(Field("max_bad_fraction", "images that cannot be read, at most; more ends the run").range(0, 1),
    c.max_bad_fraction);
}

template <class V>
void fields(V& v, ResizedCropConfig& c) {
  v(Field("min_area", "smallest part, as a share of the picture").above(0, 1), c.min_area);
  v(Field("max_area", "largest part").above(0, 1), c.max_area);
  v(Field("max_aspect", "longer side / shorter side of the part, at most").range(1, 100),
    c.max_aspect);
}

template <class V>
void fields(V& v, JitterConfig& c) {
  v(Field("brightness", "factor from [max(0, 1 - x), 1 + x]").range(0, 10), c.brightness);
  v(Field("contrast", "factor from [max(0, 1 - x), 1 + x]").range(0, 10), c.contrast);
  v(Field("saturation", "factor from [max(0, 1 - x), 1 + x]").range(0, 10), c.saturation);
  v(Field("hue", "turn of the hue, at most, as a share of the full circle").range(0, 0.5), c.hue);
}

template <class V>
void fields(V& v, EraseConfig& c) {
  v(Field("probability", "of a rectangle being painted black").range(0, 1), c.probability);
  v(Field("min_area", "smallest rectangle, as a share of the image").above(0, 1), c.min_area);
  v(Field("max_area", "largest rectangle").above(0, 1), c.max_area);
  v(Field("max_aspect", "longer side / shorter side, at most").range(1, 100), c.max_aspect);
}

template <class V>
void fields(V& v, RandAugmentConfig& c) {
  v(Field("operations", "how many, one after the other").range(1, 14), c.operations);
  v(Field("magnitude", "how strong").range(0, 30), c.magnitude);
}

template <class V>
void fields(V& v, MixupConfig& c) {
  v(Field("alpha", "shares from Beta(alpha, alpha)").above(0, 100), c.alpha);
}

template <class V>
void fields(V& v, CutmixConfig& c) {
  v(Field("alpha", "shares from Beta(alpha, alpha)").above(0, 100), c.alpha);
}

template <class V>
void fields(V& v, AugmentConfig& c) {
  v(Field("crop", "zero padding on each side before a random crop").range(0, 512).in("pixels"),
    c.crop);
  v(Field("flip", "mirror left to right with probability 1/2"), c.flip);
  v(Field("rotate", "random rotation by at most this angle").range(0, 180).in("degrees"), c.rotate);
  v(Field("vertical_flip", "turn upside down with probability 1/2"), c.vertical_flip);
  v(Field("resized_crop", "a random part of the picture, resized; null: as data.resize says"),
    c.resized_crop);
  v(Field("jitter", "random brightness, contrast, saturation and hue, in random order; null: none"),
    c.jitter);
  v(Field("erase", "a random rectangle painted black; null: none"), c.erase);
  v(Field("rand_augment", "RandAugment: random operations of one strength; null: none"),
    c.rand_augment);
  v(Field("mixup", "mix each image and its label with another of the batch; null: none"), c.mixup);
  v(Field("cutmix",
          "put a part of another image of the batch into each, labels by area; null: none"),
    c.cutmix);
}

template <class V>
void fields(V& v, MlpConfig& c) {
  v(Field("hidden", "widths of the hidden layers").range(1, 65536), c.hidden);
  v(Field("activation", "after each hidden layer"), c.activation);
  v(Field("dropout", "share of hidden values dropped in training").below(0, 1), c.dropout);
  v(Field("norm", "between a hidden layer and its activation"), c.norm);
}

template <class V>
void fields(V& v, TransformerConfig& c) {
  v(Field("layers", "decoder layers").range(1, 512), c.layers);
  v(Field("heads", "query heads").range(1, 1024), c.heads);
  v(Field("kv_heads", "key and value heads; null: as many as heads").range(1, 1024), c.kv_heads);
  v(Field("width", "width of the hidden states").range(2, 65536), c.width);
  v(Field("ffn_width", "null: 8/3 width, rounded up to a multiple of 32").range(1, 1048576),
    c.ffn_width);
  v(Field("context", "longest text that the model sees").range(2, 1048576).in("tokens"), c.context);
  v(Field("dropout", "share of attention and feed-forward outputs dropped in training").below(0, 1),
    c.dropout);
  v(Field("rope_theta", "base of the rotary embedding").above(0, 1e12), c.rope_theta);
  v(Field("norm_eps", "added to the mean square in RMSNorm").above(0, 0.1), c.norm_eps);
  v(Field("tie_embeddings", "input and output embeddings are one matrix"), c.tie_embeddings);
}

template <class V>
void fields(V& v, ResNetConfig& c) {
  v(Field("depth", "18, 34 or 50; null: 18, unless blocks is given").range(18, 50).in("layers"),
    c.depth);
  v(Field("blocks", "residual blocks of each stage, 1 to 6 stages; instead of depth").range(1, 256),
    c.blocks);
  v(Field("block", "auto: bottleneck at depth 50, else basic"), c.block);
  v(Field("width", "channels of the first stage").range(1, 4096), c.width);
  v(Field("stem", "small: 3x3 stride 1 without pooling, for images up to about 64 pixels"), c.stem);
}

template <class V>
void fields(V& v, SgdConfig& c) {
  v(Field("learning_rate", "highest rate").above(0, 100), c.learning_rate);
  v(Field("momentum", "share of the last update kept").below(0, 1), c.momentum);
  v(Field("nesterov", "look ahead along the momentum"), c.nesterov);
  v(Field("weight_decay", "decoupled; not on biases and norms").range(0, 100), c.weight_decay);
}

template <class V>
void fields(V& v, AdamConfig& c) {
  v(Field("learning_rate", "highest rate").above(0, 100), c.learning_rate);
  v(Field("beta1", "decay of the mean of gradients").below(0, 1), c.beta1);
  v(Field("beta2", "decay of the mean of squared gradients").below(0, 1), c.beta2);
  v(Field("eps", "added to the root of the mean square").above(0, 1), c.eps);
}

template <class V>
void fields(V& v, AdamWConfig& c) {
  v(Field("learning_rate", "highest rate").above(0, 100), c.learning_rate);
  v(Field("beta1", "decay of the mean of gradients").below(0, 1), c.beta1);
  v(Field("beta2", "decay of the mean of squared gradients").below(0, 1), c.beta2);
  v(Field("eps", "added to the root of the mean square").above(0, 1), c.eps);
  v(Field("weight_decay", "decoupled; not on biases and norms").range(0, 100), c.weight_decay);
}

template <class V>
void fields(V& v, ConstantSchedule& c) {
  v(Field("warmup_ratio", "share of all steps in which the rate rises from 0").below(0, 1),
    c.warmup_ratio);
}

template <class V>
void fields(V& v, LinearSchedule& c) {
  v(Field("warmup_ratio", "share of all steps in which the rate rises from 0").below(0, 1),
    c.warmup_ratio);
  v(Field("final_ratio", "rate at the last step / highest rate").range(0, 1), c.final_ratio);
}

template <class V>
void fields(V& v, CosineSchedule& c) {
  v(Field("warmup_ratio", "share of all steps in which the rate rises from 0").below(0, 1),
    c.warmup_ratio);
  v(Field("final_ratio", "rate at the last step / highest rate").range(0, 1), c.final_ratio);
}

template <class V>
void fields(V& v, RegularizationConfig& c) {
  v(Field("l1", "adds l1 * sum |w| to the loss; weights only").range(0, 1e6), c.l1);
  v(Field("l2", "adds l2 / 2 * sum w^2 to the loss; weights only").range(0, 1e6), c.l2);
}

template <class V>
void fields(V& v, ValidateConfig& c) {
  v(Field("every_steps", "instead of every_epochs").range(1, 1e12).in("steps"), c.every_steps);
  v(Field("every_epochs", "used while every_steps is null").range(1, 1e9).in("epochs"),
    c.every_epochs);
}

template <class V>
void fields(V& v, EarlyStoppingConfig& c) {
  v(Field("patience", "validations without a better score before training ends").range(1, 1e6),
    c.patience);
  v(Field("min_delta", "how much better counts as better").range(0, 1e9), c.min_delta);
}

template <class V>
void fields(V& v, CheckpointConfig& c) {
  v(Field("every_steps", "null: after every validation").range(1, 1e12).in("steps"), c.every_steps);
  v(Field("keep", "newest checkpoints kept, besides the best").range(1, 1e6), c.keep);
}

template <class V>
void fields(V& v, SamplingConfig& c) {
  v(Field("by",
          "uniform: every row once an epoch; else draws with replacement, class and group: each "
          "equally often, weight: in proportion to the column"),
    c.by);
  v(Field("column", "column of a table, for weight and group"), c.column);
}

template <class V>
void fields(V& v, TrainConfig& c) {
  v(Field("epochs", "passes over the training data; this or steps").range(1, 1e9), c.epochs);
  v(Field("steps", "optimizer updates; this or epochs").range(1, 1e12), c.steps);
  v(Field("batch_size", "rows, or windows of text, of one batch").range(1, 1048576), c.batch_size);
  v(Field("accumulate", "batches whose gradients make one update").range(1, 65536), c.accumulate);
  v(Field("sampling", "which rows an epoch shows, and how often"), c.sampling);
  v(Field("loader_threads",
          "make batches ahead; null: one a core where batches are costly, none elsewhere")
        .range(0, 256),
    c.loader_threads);
  v(Field("optimizer", "the update rule"), c.optimizer);
  v(Field("schedule", "the learning rate over the steps"), c.schedule);
  v(Field("regularization", "terms of the loss"), c.regularization);
  v(Field("clip_norm", "longest allowed global gradient norm").above(0, 1e9), c.clip_norm);
  v(Field("validate", "how often"), c.validate);
  v(Field("metric", "what \"best\" means; null: the validation loss"), c.metric);
  v(Field("early_stopping", "end when validation gets no better; null: never"), c.early_stopping);
  v(Field("checkpoint", "saved states"), c.checkpoint);
  v(Field("weights", "which weights become the model"), c.weights);
  v(Field("log_every", "between two rows of metrics.jsonl").range(1, 1e9).in("steps"), c.log_every);
}

template <class V>
void fields(V& v, GateConfig& c) {
  v(Field("min", "lowest value that passes"), c.min);
  v(Field("max", "highest value that passes"), c.max);
}

template <class V>
void fields(V& v, BaselineConfig& c) {
  v(Field("order", "the predicted token and up to order - 1 before it").range(1, 16).in("tokens"),
    c.order);
}

template <class V>
void fields(V& v, EvaluateConfig& c) {
  v(Field("confidence", "of every interval").between(0.5, 1), c.confidence);
  v(Field("baseline",
          "n-gram model, fitted on the training text, beside a language model; null: none"),
    c.baseline);
  v(Field("gates", "metric -> bounds; one not met makes the exit code 7"), c.gates);
}

template <class V>
void fields(V& v, RunConfig& c) {
  v(Field("version", "of this format").range(1, 1), c.version);
  v(Field("name", "names the run directory and the model").must(), c.name);
  v(Field("seed", "of weights, order, dropout and augmentation"), c.seed);
  v(Field("task", "what is learned"), c.task);
  v(Field("data", "what it is learned from").must(), c.data);
  v(Field("augment", "random changes of training images"), c.augment);
  v(Field("model", "what learns").must(), c.model);
  v(Field("train", "how it learns").must(), c.train);
  v(Field("evaluate", "how it is judged"), c.evaluate);
}

// ---- kinds of members ------------------------------------------------------------------------

struct FieldProbe {
  template <class T>
  void operator()(const Field&, T&) {}
};

template <class T>
concept Section = requires(FieldProbe& probe, T& value) {
  fields(probe, value);
};

template <class T>
concept Enum = std::is_enum_v<T>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

}  // namespace candor
