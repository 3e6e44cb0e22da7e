// SPDX-License-Identifier: Apache-2.0
// One run, as data. Plain structs with their defaults; nothing here reads or writes anything.
//
// Key names, ranges, units and help of every field stand once, in core/config/fields.h; the reader,
// the writer, the JSON Schema and configs/REFERENCE.md are derived from there. A field that is
// optional is off when empty (`null` in JSON); no value of a number means "off".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <candor/api.h>

namespace candor {

// ---- task -----------------------------------------------------------------------------------

enum class TaskType { classification, regression, language_model };
enum class TargetTransform { standard, log };

struct TaskConfig {
  TaskType type = TaskType::classification;
  std::optional<std::string> target;  // column to predict; tables only, required there
  std::optional<std::string>
      positive;  // positive class of a two-class task; default: the last in sorted order
  // Regression: what the model learns. standard: (y - mean) / standard deviation; log: the same of
  // log(1 + y), for targets above -1 that spread over orders of magnitude. Both of the training
  // rows; reports and answers are in the target's own unit.
  TargetTransform target_transform = TargetTransform::standard;
};

// ---- data -----------------------------------------------------------------------------------

// One path or several, in JSON a string or a list of strings. Each is a file, a folder where the
// kind of data has folders, or a pattern (`*`, `?`, `[a-z]`) for files; what exists under the very
// name is no pattern.
struct Paths {
  std::vector<std::string> list;

  Paths() = default;
  Paths(std::string path) : list{std::move(path)} {}
  Paths(const char* path) : list{path} {}
  Paths(std::vector<std::string> paths) : list(std::move(paths)) {}

  // None, or one that is "".
  CANDOR_API bool empty() const;
  // As messages name them: "a.csv", "a.csv and 3 more".
  CANDOR_API std::string text() const;
  friend bool operator==(const Paths&, const Paths&) = default;
};

struct FilesConfig {
  Paths train;                      // files, or folders of class folders for images; required
  std::optional<Paths> validation;  // own rows for validation; excludes split.validation
  std::optional<Paths> test;        // own rows for the test; excludes split.test
};

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
enum class ColumnType { automatic, number, category, date };
enum class Impute { mean, median, zero, constant };
enum class Scale { standard, robust, min_max, quantile, none };
enum class Transform { none, log, power };
enum class NumberEncoding { none, piecewise_linear, periodic };

struct ColumnConfig {
  ColumnUse use =
      ColumnUse::automatic;  // automatic: the target is the target, the others are features
  ColumnType type = ColumnType::automatic;  // automatic: number if every training cell is one
  std::map<std::string, std::string>
      values;                    // replaces a cell's text, after trimming, before anything else
  std::optional<Impute> impute;  // numbers; empty: data.numeric.impute
  std::optional<Scale> scale;    // numbers; empty: data.numeric.scale
  std::optional<Transform> transform;  // numbers; empty: data.numeric.transform
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

struct SplitConfig {
  std::optional<double> validation;  // fraction of the training rows
  std::optional<double> test;        // fraction of the training rows
  bool stratify = true;              // classification: the same class shares in every part
  std::optional<std::string> group;  // tables: column; rows of one group stay in one part
  std::optional<std::string> time;   // tables: column; the oldest rows train, the newest test
  std::uint64_t seed = 0;            // own seed, so that other training seeds see the same rows
};

// drop: bad rows are left out; quarantine: also listed in quarantine.jsonl of the run, by file,
// line and reason, never content.
enum class BadRows { drop, quarantine };

// What is done about rows that are no good.
struct CleanConfig {
  BadRows bad_rows = BadRows::drop;
  // Rows that cannot be read or have no target, at most; more ends the run (exit 3).
  double max_bad_fraction = 0.001;
};

enum class UnicodeForm { none, nfc, nfd, nfkc, nfkd };

// Cleaning of text before anything else reads it, in this order: markup, addresses, control
// characters, normal form with case and accents, white space.
struct TextCleanConfig {
  UnicodeForm unicode = UnicodeForm::none;  // normal form (Unicode Standard Annex 15)
  bool case_fold = false;                   // full case folding
  bool strip_accents = false;               // combining diacritical marks, from letters too
  bool strip_control = false;               // control and invisible format characters
  bool strip_markup = false;                // HTML and XML; entities become characters
  bool strip_urls = false;                  // each becomes a space
  bool collapse_whitespace = false;         // runs become a space, or a line feed if they hold one
};

enum class WordUnit { words, characters, characters_in_words };
enum class Weighting { count, binary, tfidf };

struct VocabularyConfig {
  std::int64_t size = 50000;   // terms, those in most training rows first
  std::int64_t min_count = 2;  // training rows; rarer terms are never stored
};

// Text to weighted terms.
struct WordsConfig {
  WordUnit unit = WordUnit::words;
  std::vector<std::int64_t> ngrams = {1, 2};  // shortest and longest run of units that is a term
  std::optional<std::string> stop_words;      // "english", "chinese" or a file of one word per line
  Weighting weighting = Weighting::tfidf;
  VocabularyConfig vocabulary;
  std::optional<std::int64_t> hashing;  // bits: terms to 2^bits numbers instead of a vocabulary
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
  SplitConfig split;
  CleanConfig clean;
  std::optional<std::string> cache;  // folder of parsed tables, to read them faster the next time
  std::vector<std::string> groups;   // columns by whose values the report is broken down
};

enum class TokenizerType { characters, bytes, bpe, unigram, file };
enum class Pretokenizer { gpt2, llama3, metaspace };

struct TokenizerConfig {
  TokenizerType type = TokenizerType::characters;
  std::int64_t size = 8192;  // tokens of a learned vocabulary (bpe, unigram), special ones included
  // How text is cut into words before a vocabulary is learned: by the pattern of GPT-2 or Llama 3,
  // over bytes, or (unigram) at blanks, over characters. Empty: gpt2.
  std::optional<Pretokenizer> pretokenizer;
  std::optional<std::string> file;          // type file: a Hugging Face tokenizer.json
  std::vector<std::string> special_tokens;  // bpe, unigram: the first ids; never found in text
};

enum class DocumentUnit { file, line, blank_line, json_lines };

struct TextData {
  static constexpr const char* kType = "text";
  FilesConfig files;
  // What one document is: a file, a line, what stands between blank lines, or a JSON object on a
  // line, of which `field` is the text.
  DocumentUnit documents = DocumentUnit::file;
  std::string field = "text";
  // Training windows hold tokens of several documents anyway; true lets the model look from one
  // into the next and predict its first token.
  bool cross_documents = false;
  TextCleanConfig clean;  // of every document, and of every text that a model is asked about
  TokenizerConfig tokenizer;
  // By document where there are several; of a single one the parts are contiguous: training, then
  // test, then validation last.
  SplitConfig split;
  std::optional<std::string> cache;  // folder for token files; empty: tokens are kept in memory
};

// How a picture of another shape becomes size x size pixels.
enum class ResizeMode { squash, crop };
enum class Interpolation { bilinear, bicubic };

// Columns of a table of images (data.files naming a .csv or .tsv).
struct ImageColumns {
  std::string path = "path";  // of the file, relative to the table's folder
  std::string label = "label";
};

struct ImageData {
  static constexpr const char* kType = "images";
  FilesConfig files;
  std::int64_t size = 32;  // height and width that the model sees, pixels
  ResizeMode resize =
      ResizeMode::squash;  // squash: all of it; crop: the largest square in its middle
  Interpolation interpolation = Interpolation::bilinear;
  ImageColumns columns;
  std::int64_t memory = 2048;   // MiB of decoded pixels kept; what is beyond is decoded when needed
  bool scaled_decoding = true;  // JPEG decoded at 1/2, 1/4 or 1/8 where that is still above `size`
  SplitConfig split;
  double max_bad_fraction = 0.001;  // images that cannot be read, at most
};

using DataConfig = std::variant<TableData, TextData, ImageData>;

// A part of the picture, resized to the model's size (Szegedy et al. 2015, as torchvision has it).
struct ResizedCropConfig {
  double min_area = 0.08;  // of the picture
  double max_area = 1.0;
  double max_aspect = 4.0 / 3.0;  // width / height is from 1 / max_aspect to max_aspect
};

// Each factor is drawn from [max(0, 1 - x), 1 + x], the turn of the hue from [-hue, hue].
struct JitterConfig {
  double brightness = 0.0;
  double contrast = 0.0;
  double saturation = 0.0;
  double hue = 0.0;  // of a full turn
};

// A rectangle painted black (Zhong et al. 2020).
struct EraseConfig {
  double probability = 0.5;
  double min_area = 0.02;  // of the image
  double max_area = 0.33;
  double max_aspect = 3.3;
};

// Some operations out of 14, each as strong as `magnitude` (Cubuk et al. 2020).
struct RandAugmentConfig {
  std::int64_t operations = 2;
  std::int64_t magnitude = 9;  // 0 to 30
};

// Each image mixed with another of its batch (Zhang et al. 2018): lambda from Beta(alpha, alpha).
struct MixupConfig {
  double alpha = 0.2;
};

// A rectangle of each image taken from another of its batch (Yun et al. 2019).
struct CutmixConfig {
  double alpha = 1.0;
};

// Random changes of training images; each drawn anew for every image and epoch.
struct AugmentConfig {
  std::int64_t crop = 0;       // pixels of zero padding on each side before a random crop; 0: none
  bool flip = false;           // mirrored left to right with probability 1/2
  double rotate = 0.0;         // degrees; uniform in [-rotate, rotate]
  bool vertical_flip = false;  // upside down with probability 1/2
  std::optional<ResizedCropConfig> resized_crop;
  std::optional<JitterConfig> jitter;
  std::optional<EraseConfig> erase;
  std::optional<RandAugmentConfig> rand_augment;
  std::optional<MixupConfig> mixup;  // with cutmix too: one of the two for each batch
  std::optional<CutmixConfig> cutmix;
};

// ---- model ----------------------------------------------------------------------------------

enum class Activation { relu, gelu, silu, tanh };
enum class Norm { none, batch, layer };

struct MlpConfig {
  static constexpr const char* kType = "mlp";
  std::vector<std::int64_t> hidden = {256, 128};
  Activation activation = Activation::relu;
  double dropout = 0.0;
  Norm norm = Norm::none;
};

// Llama family: RMSNorm, rotary embedding, SwiGLU, grouped-query attention.
struct TransformerConfig {
  static constexpr const char* kType = "transformer";
  std::int64_t layers = 4;
  std::int64_t heads = 4;
  std::optional<std::int64_t> kv_heads;  // empty: as many as heads
  std::int64_t width = 128;
  std::optional<std::int64_t> ffn_width;  // empty: 8/3 width, rounded up to a multiple of 32
  std::int64_t context = 64;              // tokens
  double dropout = 0.0;
  double rope_theta = 10000.0;
  double norm_eps = 1e-5;
  bool tie_embeddings = true;
};

enum class Block { automatic, basic, bottleneck };
enum class Stem { small, imagenet };

struct ResNetConfig {
  static constexpr const char* kType = "resnet";
  std::optional<std::int64_t> depth;  // 18, 34 or 50; empty: 18, unless blocks is given
  std::optional<std::vector<std::int64_t>>
      blocks;                      // blocks per stage, 1 to 6 stages; excludes depth
  Block block = Block::automatic;  // automatic: bottleneck at depth 50, else basic
  std::int64_t width = 64;         // channels of the first stage
  Stem stem = Stem::imagenet;      // small: 3x3 stride 1, no pooling
};

using ModelConfig = std::variant<MlpConfig, TransformerConfig, ResNetConfig>;

// ---- training -------------------------------------------------------------------------------

struct SgdConfig {
  static constexpr const char* kType = "sgd";
  double learning_rate = 0.1;
  double momentum = 0.0;
  bool nesterov = false;
  double weight_decay = 0.0;  // decoupled: theta -= lr * weight_decay * theta; no biases, no norms
};

struct AdamConfig {
  static constexpr const char* kType = "adam";
  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
};

struct AdamWConfig {
  static constexpr const char* kType = "adamw";
  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;  // decoupled; no biases, no norms
};

using OptimizerConfig = std::variant<SgdConfig, AdamConfig, AdamWConfig>;

struct ConstantSchedule {
  static constexpr const char* kType = "constant";
  double warmup_ratio = 0.0;  // share of all steps in which the rate rises linearly from 0
};

struct LinearSchedule {
  static constexpr const char* kType = "linear";
  double warmup_ratio = 0.0;
  double final_ratio = 0.0;  // rate at the last step / highest rate
};

struct CosineSchedule {
  static constexpr const char* kType = "cosine";
  double warmup_ratio = 0.0;
  double final_ratio = 0.0;
};

using ScheduleConfig = std::variant<ConstantSchedule, LinearSchedule, CosineSchedule>;

// Terms of the loss: l1 * sum|theta| + l2 / 2 * sum theta^2 over weights (no biases, no norms).
struct RegularizationConfig {
  double l1 = 0.0;
  double l2 = 0.0;
};

struct ValidateConfig {
  std::optional<std::int64_t> every_steps;       // excludes every_epochs
  std::optional<std::int64_t> every_epochs = 1;  // when every_steps is empty
};

struct EarlyStoppingConfig {
  std::int64_t patience = 5;  // validations without a better score before training ends
  double min_delta = 0.0;     // how much better counts as better
};

struct CheckpointConfig {
  std::optional<std::int64_t> every_steps;  // empty: after every validation
  std::int64_t keep = 1;                    // newest ones kept, besides the best
};

enum class Weights { best, last };

enum class SamplingBy { uniform, by_class, weight, group };

struct SamplingConfig {
  // uniform: every row once an epoch. Otherwise as many draws with replacement as there are rows:
  // by_class and group: every class, or value of `column`, equally often; weight: in proportion to
  // the number in `column`.
  SamplingBy by = SamplingBy::uniform;
  std::optional<std::string> column;  // tables; for weight and group
};

struct TrainConfig {
  std::optional<std::int64_t> epochs;  // one of epochs and steps
  std::optional<std::int64_t> steps;   // optimizer updates
  std::int64_t batch_size = 64;  // rows (or windows of text) of one update and accumulation part
  std::int64_t accumulate = 1;   // batches whose gradients make one update
  SamplingConfig sampling;
  std::optional<std::int64_t>
      loader_threads;  // empty: candor chooses; 0: batches are made when due
  OptimizerConfig optimizer = AdamWConfig{};
  ScheduleConfig schedule = CosineSchedule{};
  RegularizationConfig regularization;
  std::optional<double> clip_norm;  // longest allowed global gradient norm
  ValidateConfig validate;
  std::optional<std::string> metric;  // what "best" means; empty: validation loss
  std::optional<EarlyStoppingConfig> early_stopping;
  CheckpointConfig checkpoint;
  Weights weights = Weights::best;  // which weights become the model
  std::int64_t log_every = 50;      // steps between two rows of metrics.jsonl
};

// ---- evaluation -----------------------------------------------------------------------------

struct GateConfig {
  std::optional<double> min;
  std::optional<double> max;
};

// Interpolated n-gram model, fitted on the training text, that a language model is compared with.
struct BaselineConfig {
  std::int64_t order = 8;  // tokens: the predicted one and up to order - 1 before it
};

struct EvaluateConfig {
  double confidence = 0.95;                                   // of every interval
  std::optional<BaselineConfig> baseline = BaselineConfig{};  // language models; empty: none
  std::map<std::string, GateConfig> gates;                    // metric name -> bounds on its value
};

// ---- the whole ------------------------------------------------------------------------------

struct RunConfig {
  std::int64_t version = 1;
  std::string name;  // names the run directory and the model; required
  std::uint64_t seed = 0;
  TaskConfig task;
  DataConfig data;
  AugmentConfig augment;
  ModelConfig model;
  TrainConfig train;
  EvaluateConfig evaluate;
};

// Reads `path` and applies the words of a command line (`train.epochs=3`,
// `+data.columns.age={...}`,
// `~train.clip_norm`). Relative paths in the file resolve against the file's folder, those in words
// against the working directory. Throws Error{config} that names every problem found.
CANDOR_API RunConfig load_config(const std::string& path, const std::vector<std::string>& words);

// Every default filled in, pretty-printed JSON that load_config reads back to the same value.
CANDOR_API std::string write_config(const RunConfig& config);

// JSON Schema 2020-12 of the config file.
CANDOR_API std::string config_schema();

// configs/REFERENCE.md.
CANDOR_API std::string config_reference();

}  // namespace candor
