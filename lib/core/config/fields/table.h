// SPDX-License-Identifier: Apache-2.0
// Fields of tables. A part of core/config/fields.h.
#pragma once

#include <candor/config/table.h>

#include "core/config/enum_names.h"
#include "core/config/field.h"

namespace candor {

CANDOR_ENUM_NAMES(TableFileType, "auto", "csv", "json_lines");
CANDOR_ENUM_NAMES(ColumnUse, "auto", "feature", "ignore", "weight");
CANDOR_ENUM_NAMES(ColumnType, "auto", "number", "integer", "real", "boolean", "category", "date",
                  "identifier", "text");
CANDOR_ENUM_NAMES(DateOrder, "year_first", "day_first", "month_first");
CANDOR_ENUM_NAMES(Impute, "mean", "median", "zero", "constant");
CANDOR_ENUM_NAMES(Scale, "standard", "robust", "min_max", "quantile", "none");
CANDOR_ENUM_NAMES(Transform, "none", "log", "power");
CANDOR_ENUM_NAMES(NumberEncoding, "none", "piecewise_linear", "periodic");
CANDOR_ENUM_NAMES(Encoding, "one_hot", "embedding", "target");
CANDOR_ENUM_NAMES(BadRows, "drop", "quarantine");

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
  v(Field("type",
          "auto: found over the whole file; number is the same as real; identifier: no feature; "
          "text: words or tokens, as data.text says"),
    c.type);
  v(Field("values", "cell text -> text that replaces it, before anything else"), c.values);
  v(Field("date_order",
          "of a column of dates: which number comes first in 03/04/2024; null: the order that all "
          "cells fit, month_first where two do"),
    c.date_order);
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
  v(Field("deduplicate",
          "keep one of equal rows in each of data.files, and no training row that equals one of "
          "data.files.validation or test"),
    c.deduplicate);
  v(Field("clip_outliers",
          "numbers further than this outside the quartiles of the training rows become that bound; "
          "null: none")
        .range(0, 1e6)
        .in("interquartile ranges"),
    c.clip_outliers);
}

template <class V>
void fields(V& v, TextColumnsConfig& c) {
  v(Field("clean", "what is taken out of a text, or made equal, first"), c.clean);
  v(Field("words", "model.type mlp: weighted terms"), c.words);
  v(Field("tokenizer", "model.type transformer, for one column of text: tokens"), c.tokenizer);
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
  v(Field("text", "preprocessing of columns of free text"), c.text);
  v(Field("split", "parts taken from the training file"), c.split);
  v(Field("clean", "what is done about rows that are no good"), c.clean);
  v(Field("cache", "folder of parsed tables, to read them faster the next time; null: none"),
    c.cache);
  v(Field("groups", "columns by whose values the report is broken down"), c.groups);
}

}  // namespace candor
