// SPDX-License-Identifier: Apache-2.0
// Tables: reading, preprocessing, cleaning. A part of config.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <candor/config/data.h>
#include <candor/config/text.h>

namespace candor {

enum class TableFileType { automatic, csv, json_lines };

struct TableFormat {
  TableFileType type = TableFileType::automatic;  // automatic: by the file's name
  std::string delimiter = ",";         // one byte, or "whitespace": runs of spaces and tabs
  std::string quote = "\"";            // one byte, or empty: quotes are plain characters
  std::optional<std::string> comment;  // one byte: lines that begin with it are left out
  bool header = true;                  // false: columns are named c0, c1, ...
  bool trim = false;                   // strip spaces and tabs around every cell
  std::vector<std::string> missing = {"", "NA", "NaN", "nan", "null"};  // cells that mean: no value
};

enum class ColumnUse { automatic, feature, ignore, weight };
// number is the same as real. identifier: names a row, and is no feature. text: words or tokens, as
// data.text says.
enum class ColumnType {
  automatic,
  number,
  integer,
  real,
  boolean,
  category,
  date,
  identifier,
  text,
};
// Which of the three numbers of a date comes first.
enum class DateOrder : std::uint8_t { year_first, day_first, month_first };
enum class Impute { mean, median, zero, constant };
enum class Scale { standard, robust, min_max, quantile, none };
enum class Transform { none, log, power };
enum class NumberEncoding { none, piecewise_linear, periodic };

struct ColumnConfig {
  ColumnUse use =
      ColumnUse::automatic;  // automatic: the target is the target, the others are features
  ColumnType type = ColumnType::automatic;  // automatic: found over the whole file
  std::map<std::string, std::string>
      values;  // replaces a cell's text, after trimming, before anything else
  std::optional<DateOrder> date_order;  // dates; empty: what all cells fit, month first of two
  std::optional<Impute> impute;         // numbers; empty: data.numeric.impute
  std::optional<Scale> scale;           // numbers; empty: data.numeric.scale
  std::optional<Transform> transform;   // numbers; empty: data.numeric.transform
};

struct NumericConfig {
  Impute impute = Impute::median;  // of the training rows
  std::optional<double> constant;  // what impute constant puts in; needs that
  // Before the scaling. log: sign(x) log(1 + |x|); power: Yeo-Johnson's, whose power makes the
  // training rows most like a normal distribution.
  Transform transform = Transform::none;
  // standard: (x - mean) / standard deviation; robust: (x - median) / interquartile range; min_max:
  // to [0, 1]; quantile: to the score that a normal distribution has at the same rank, for heavy
  // tails and outliers. All of the training rows.
  Scale scale = Scale::standard;
  bool indicator = true;  // one 0/1 feature per column that has gaps in the training rows
  // After the scaling, "On Embeddings for Numerical Features in Tabular Deep Learning" (Gorishniy
  // et al. 2022): a number becomes a vector, so that the model can bend at many places.
  // piecewise_linear: shares of quantile bins (section 3.2); periodic: sines and cosines of learned
  // frequencies (section 3.3).
  NumberEncoding encoding = NumberEncoding::none;
  std::int64_t bins = 48;         // piecewise_linear: at most so many per column
  std::int64_t frequencies = 48;  // periodic: per column
  double frequency_scale = 0.01;  // periodic: standard deviation of the first frequencies
  // Width of a linear layer with ReLU of each column's own behind its vector. Empty: no such layer
  // for piecewise_linear, 24 for periodic.
  std::optional<std::int64_t> encoding_width;
};

enum class Encoding { one_hot, embedding, target };

struct CategoricalConfig {
  Encoding encoding = Encoding::one_hot;
  std::int64_t min_count = 1;  // rarer training categories become "unknown" and are never stored
  std::optional<std::int64_t> embedding_width;  // empty: min(50, (categories + 1) / 2)
  // Encoding target: the mean of the target over the rows of a category, and over all rows with the
  // weight of target_smoothing rows. Training rows get that of the rows outside their own fold.
  double target_smoothing = 10.0;
  std::int64_t target_folds = 5;
};

// What a date becomes, beside its time on a line; what never varies in the training rows is left
// out.
struct DatesConfig {
  bool parts = true;   // year, month, day, weekday, hour, minute, second
  bool cycles = true;  // sine and cosine of month, weekday, time of day and day of the year
};

// drop: bad rows are left out; quarantine: also listed in quarantine.jsonl of the run, by file,
// line and reason, never content.
enum class BadRows { drop, quarantine };

// What is done about rows that are no good, and values that are far off.
struct CleanConfig {
  BadRows bad_rows = BadRows::drop;
  // Rows that cannot be read or have no target, at most; more ends the run (exit 3).
  double max_bad_fraction = 0.001;
  // Of rows with the same cells in all columns only the first is kept, in each of data.files.*;
  // training rows that equal one of data.files.validation or test are left out too.
  bool deduplicate = false;
  // Numbers more than so many interquartile ranges below the first or above the third quartile of
  // the training rows become that bound. Empty: none.
  std::optional<double> clip_outliers;
};

// Columns of free text.
struct TextColumnsConfig {
  TextCleanConfig clean;
  WordsConfig words;          // model.type mlp: weighted terms
  TokenizerConfig tokenizer;  // model.type transformer, which takes one column of text: tokens
};

struct TableData {
  static constexpr const char* kType = "table";
  FilesConfig files;
  TableFormat format;
  std::map<std::string, ColumnConfig> columns;
  std::optional<std::string> weight;  // column of the rows' weights, in loss and metrics
  NumericConfig numeric;
  CategoricalConfig categorical;
  DatesConfig dates;
  TextColumnsConfig text;
  SplitConfig split;
  CleanConfig clean;
  std::optional<std::string> cache;  // folder of parsed tables, to read them faster the next time
  std::vector<std::string> groups;   // columns by whose values the report is broken down
};

}  // namespace candor
