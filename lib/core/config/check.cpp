// SPDX-License-Identifier: Apache-2.0
// The rules between fields. Each message names both fields and the way out.
#include <algorithm>
#include <cctype>
#include <initializer_list>

#include "core/base/nearest.h"
#include "core/config/check_evaluate.h"
#include "core/config/check_model.h"
#include "core/config/check_train.h"
#include "core/config/data_parts.h"
#include "core/config/gate_names.h"
#include "core/config/metric_list.h"
#include "core/config/read.h"
#include "core/config/tokenizer_faults.h"

namespace candor {
namespace {

bool valid_name(const std::string& name) {
  if (name.empty() || name.size() > 64 || !std::isalnum(static_cast<unsigned char>(name[0]))) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '_' || c == '-';
  });
}

class Checker {
 public:
  Checker(const RunConfig& config, Problems& problems)
      : config_(config), problems_(problems), readable_(problems) {}

  void run() {
    if (clean({"/name"})) check_name();
    if (clean({"/task", "/data"})) check_task();
    if (clean({"/data", "/augment"})) check_data();
    if (clean({"/data", "/model"})) check_model();
    if (clean({"/task", "/model"})) check_pooling();
    if (clean({"/data", "/train"})) check_train();
    if (clean({"/model", "/train"})) check_batch_size();
    if (clean({"/task", "/data", "/model", "/train"})) check_training(config_, problems_);
    if (clean({"/task", "/data", "/train", "/evaluate"})) check_metrics();
    if (clean({"/task", "/model", "/train", "/evaluate"})) check_sliding(config_, problems_);
    if (clean({"/task", "/data", "/train"})) check_sampling();
    if (clean({"/task", "/data", "/train", "/calibration", "/evaluate", "/cross_validation",
               "/search", "/tune"})) {
      check_evaluation(config_, problems_);
    }
  }

 private:
  // A field that could not be read has its default, which may break rules that the real value
  // keeps.
  bool clean(std::initializer_list<const char*> sections) const {
    return std::all_of(sections.begin(), sections.end(),
                       [&](const char* section) { return readable_.clean(section); });
  }

  bool table() const { return std::holds_alternative<TableData>(config_.data); }
  bool text() const { return std::holds_alternative<TextData>(config_.data); }
  bool images() const { return std::holds_alternative<ImageData>(config_.data); }

  void check_name() {
    if (config_.name.empty() || valid_name(config_.name))
      return;  // a missing name is reported already
    problems_.add("/name",
                  "must be 1 to 64 letters, digits, '.', '_' or '-', and start with a "
                  "letter or digit");
  }

  void check_task() {
    const auto& task = config_.task;
    const bool language = task.type == TaskType::language_model;
    if (text() != language) {
      problems_.add("/task/type", text() ? "data.type is text, so task.type must be language_model"
                                         : "task.type language_model needs data.type text");
    }
    if (images() && task.type == TaskType::regression) {
      problems_.add("/task/type",
                    "task.type regression needs data.type table; images have classification");
    }
    if (table() && !language && !task.target) {
      problems_.add("/task/target",
                    "missing; data.type table needs task.target, the column to predict");
    }
    if (task.target_transform != TargetTransform::standard && task.type != TaskType::regression) {
      problems_.add("/task/target_transform",
                    "task.target_transform belongs to task.type regression; remove it");
    }
    if (!table() && task.target) {
      problems_.add("/task/target", "task.target belongs to data.type table; remove it");
    }
    if (task.positive && (!table() || task.type != TaskType::classification)) {
      problems_.add("/task/positive",
                    "task.positive belongs to data.type table with task.type "
                    "classification; remove it");
    }
  }

  void check_data() {
    std::visit(
        [&](const auto& data) {
          check_files(data.files);
          check_split(data.files, data.split);
        },
        config_.data);
    if (const auto* data = std::get_if<TableData>(&config_.data)) {
      check_format(data->format);
      check_columns(*data);
      check_text(data->text);
    }
    if (const auto* data = std::get_if<TextData>(&config_.data)) check_documents(*data);
    if (const auto* data = std::get_if<TextData>(&config_.data)) {
      check_tokenizer("/data/tokenizer/", data->tokenizer);
    }
    const auto& augment = config_.augment;
    if (!images() && changes_images(augment)) {
      problems_.add("/augment", "augment changes images, but data.type is not images; remove it");
    }
    if (const auto* data = std::get_if<ImageData>(&config_.data)) {
      if (augment.crop >= data->size) {
        problems_.add("/augment/crop", "augment.crop must be smaller than data.size");
      }
      if (augment.progressive_resize && augment.progressive_resize->size >= data->size) {
        problems_.add("/augment/progressive_resize/size",
                      "augment.progressive_resize.size must be smaller than data.size");
      }
    }
    if (const auto& crop = augment.resized_crop) {
      check_areas("resized_crop", crop->min_area, crop->max_area);
    }
    if (const auto& erase = augment.erase) check_areas("erase", erase->min_area, erase->max_area);
  }

  static bool changes_images(const AugmentConfig& augment) {
    return augment.crop > 0 || augment.flip || augment.rotate > 0.0 || augment.vertical_flip ||
           augment.resized_crop || augment.jitter || augment.erase || augment.rand_augment ||
           augment.mixup || augment.cutmix || augment.progressive_resize;
  }

  void check_areas(const char* key, double low, double high) {
    if (low <= high) return;
    const auto name = std::string("augment.") + key;
    problems_.add(std::string("/augment/") + key + "/min_area",
                  name + ".min_area must not be above " + name + ".max_area");
  }

  void check_tokenizer(const std::string& section, const TokenizerConfig& tokenizer) {
    for (const auto& fault : tokenizer_faults(tokenizer)) {
      problems_.add(section + fault.key, fault.what);
    }
  }

  void check_text(const TextColumnsConfig& text) {
    const auto& ngrams = text.words.ngrams;
    if (ngrams.size() != 2 || ngrams[0] > ngrams[1]) {
      problems_.add("/data/text/words/ngrams",
                    "must be two numbers, of which the second is not below the first");
    }
    if (text.words.sublinear && text.words.weighting == Weighting::binary) {
      problems_.add("/data/text/words/sublinear",
                    "data.text.words.sublinear changes counts, but data.text.words.weighting is "
                    "binary; set one of them otherwise");
    }
    check_tokenizer("/data/text/tokenizer/", text.tokenizer);
  }

  void check_files(const FilesConfig& files) {
    const auto check = [&](const char* part, const Paths& paths, const char* way_out) {
      if (!paths.empty()) return;
      const std::string found = paths.list.empty() ? "an empty list" : "\"\"";
      problems_.add(std::string("/data/files/") + part,
                    "found " + found + ", expected a file or folder" + way_out);
    };
    check("train", files.train, "");
    check("validation", files.validation.value_or("-"), ", or null for none");
    check("test", files.test.value_or("-"), ", or null for none");
  }

  void check_documents(const TextData& data) {
    if (data.documents != DocumentUnit::json_lines && data.field != TextData{}.field) {
      problems_.add("/data/field",
                    "data.field belongs to data.documents \"json_lines\"; set that, or remove it");
    }
    if (data.cache && data.cache->empty()) {
      problems_.add("/data/cache", "found \"\", expected a folder, or null for none");
    }
  }

  void check_format(const TableFormat& format) {
    if (format.delimiter.size() != 1 && format.delimiter != "whitespace") {
      problems_.add("/data/format/delimiter", "must be one byte, or \"whitespace\"");
    }
    if (format.comment && format.comment->size() != 1) {
      problems_.add("/data/format/comment", "must be one byte, or null for none");
    }
    if (format.comment &&
        (*format.comment == format.delimiter || *format.comment == format.quote)) {
      problems_.add("/data/format/comment",
                    "data.format.comment must differ from delimiter and quote");
    }
    if (format.quote.size() > 1) {
      problems_.add("/data/format/quote", "must be one byte, or empty for none");
    }
    for (const auto& [key, value] :
         {std::pair{"delimiter", format.delimiter}, std::pair{"quote", format.quote}}) {
      if (value != "\n" && value != "\r") continue;
      problems_.add(std::string("/data/format/") + key,
                    "is a line break, which ends a row; choose another byte");
    }
    if (format.delimiter == format.quote) {
      problems_.add("/data/format/quote",
                    "data.format.quote and data.format.delimiter must differ");
    }
  }

  void check_columns(const TableData& data) {
    if (data.cache && data.cache->empty()) {
      problems_.add("/data/cache", "found \"\", expected a folder, or null for none");
    }
    if (data.categorical.embedding_width && data.categorical.encoding != Encoding::embedding) {
      problems_.add(
          "/data/categorical/embedding_width",
          "data.categorical.embedding_width needs data.categorical.encoding embedding; set "
          "that, or embedding_width to null");
    }
    const auto weights =
        std::count_if(data.columns.begin(), data.columns.end(),
                      [](const auto& entry) { return entry.second.use == ColumnUse::weight; });
    if (weights > 1) {
      problems_.add("/data/columns",
                    "several columns have use weight; one row has one weight, so "
                    "keep one of them");
    }
    for (const auto& [name, column] : data.columns) {
      const bool dates = column.type == ColumnType::date || column.type == ColumnType::automatic;
      if (!column.date_order || dates) continue;
      const auto field = "data.columns." + name;
      problems_.add("/data/columns" + pointer_step(name) + "/date_order",
                    field + ".date_order needs " + field + ".type date or auto; remove it");
    }
    if (data.weight) check_weight(data, *data.weight);
    check_numeric(data);
  }

  void check_weight(const TableData& data, const std::string& weight) {
    if (config_.task.target == weight) {
      problems_.add("/data/weight", "data.weight and task.target name the same column");
    }
    for (const auto& [name, column] : data.columns) {
      const bool other = name == weight && column.use != ColumnUse::automatic;
      if (name == weight ? other && column.use != ColumnUse::weight
                         : column.use == ColumnUse::weight) {
        problems_.add("/data/weight", "data.weight and data.columns." + name +
                                          ".use contradict each other; keep one");
      }
    }
  }

  void check_numeric(const TableData& data) {
    const auto& numeric = data.numeric;
    const bool constant = numeric.impute == Impute::constant ||
                          std::any_of(data.columns.begin(), data.columns.end(), [](const auto& c) {
                            return c.second.impute == Impute::constant;
                          });
    if (numeric.constant && !constant) {
      problems_.add("/data/numeric/constant",
                    "data.numeric.constant needs impute constant, of data.numeric or of a column");
    }
    if (constant && !numeric.constant) {
      problems_.add("/data/numeric/constant",
                    "missing; impute constant needs data.numeric.constant, the number to put in");
    }
    if (numeric.encoding_width && numeric.encoding == NumberEncoding::none) {
      problems_.add("/data/numeric/encoding_width",
                    "data.numeric.encoding_width needs data.numeric.encoding; set that, or "
                    "encoding_width to null");
    }
  }

  void check_split(const FilesConfig& files, const SplitConfig& split) {
    const auto both = [&](const char* part) {
      problems_.add(std::string("/data/split/") + part, std::string("both data.files.") + part +
                                                            " and data.split." + part +
                                                            " are set; keep one");
    };
    if (files.validation && split.validation) both("validation");
    if (files.test && split.test) both("test");
    if (split.validation.value_or(0) + split.test.value_or(0) >= 1.0) {
      problems_.add("/data/split",
                    "data.split.validation and data.split.test together must be below "
                    "1, so that training rows are left");
    }
    const auto taken = split.validation.value_or(0) + split.test.value_or(0);
    if (split.calibration && taken < 1.0 && taken + *split.calibration >= 1.0) {
      problems_.add(
          "/data/split/calibration",
          "data.split.validation, data.split.test and data.split.calibration together must "
          "be below 1, so that rows are left to train on");
    }
    if (split.group) check_split_column("group", split);
    if (split.time) check_split_column("time", split);
    if (split.group && split.time) {
      problems_.add("/data/split/group",
                    "data.split.group and data.split.time are both set; a group may last from the "
                    "oldest rows to the newest, so keep one");
    }
  }

  void check_split_column(const std::string& key, const SplitConfig& split) {
    const auto field = "data.split." + key;
    if (!table()) {
      problems_.add("/data/split/" + key,
                    field + " names a column of a table, but data.type is not table; remove it");
    } else if (!split.validation && !split.test && !split.calibration) {
      problems_.add("/data/split/" + key, field +
                                              " splits nothing unless data.split.validation or "
                                              "data.split.test is set; set one, or remove it");
    }
  }

  void check_sampling() {
    const auto& sampling = config_.train.sampling;
    const auto by = sampling.by;
    const bool by_column = by == SamplingBy::weight || by == SamplingBy::group;
    const std::string name = by == SamplingBy::weight ? "weight" : "group";
    if (by == SamplingBy::by_class && config_.task.type != TaskType::classification) {
      problems_.add("/train/sampling/by",
                    "train.sampling.by class needs task.type classification; choose another");
    }
    if (by_column && !table()) {
      problems_.add(
          "/train/sampling/by",
          "train.sampling.by " + name + " needs a column, so data.type table; choose another");
    } else if (by_column && !sampling.column) {
      problems_.add("/train/sampling/column",
                    "missing; train.sampling.by " + name + " needs train.sampling.column");
    }
    if (!by_column && sampling.column) {
      problems_.add("/train/sampling/column",
                    "train.sampling.column belongs to train.sampling.by weight or group; remove "
                    "it, or set one of them");
    }
  }

  void check_model() {
    const bool mlp = std::holds_alternative<MlpConfig>(config_.model);
    const bool transformer = std::holds_alternative<TransformerConfig>(config_.model);
    const bool fits = table() ? mlp || transformer : text() ? transformer : !mlp && !transformer;
    if (!fits) {
      problems_.add("/model/type", std::string("data.type ") +
                                       (table()  ? "table needs model.type mlp or transformer"
                                        : text() ? "text needs model.type transformer"
                                                 : "images needs model.type resnet"));
    }
    check_model_fields(config_, problems_);
  }

  void check_pooling() {
    const auto* model = std::get_if<TransformerConfig>(&config_.model);
    const bool pools = model != nullptr && model->pooling != TransformerConfig{}.pooling;
    const bool language = config_.task.type == TaskType::language_model;
    if (pools && language) {
      problems_.add("/model/pooling",
                    "model.pooling belongs to task.type classification and regression; remove it");
    }
    if (model != nullptr && !model->tie_embeddings && !language) {
      problems_.add("/model/tie_embeddings",
                    "model.tie_embeddings belongs to task.type language_model; remove it");
    }
  }

  bool has_validation() const {
    return std::visit(
        [](const auto& data) { return data.files.validation || data.split.validation; },
        config_.data);
  }

  void check_train() {
    const auto& train = config_.train;
    if (train.epochs && train.steps) {
      problems_.add("/train/steps", "train.epochs and train.steps are both set; keep one");
    }
    if (!train.epochs && !train.steps) {
      problems_.add("/train/epochs", "missing; set train.epochs or train.steps");
    }
    if (train.weights == Weights::best) check_validates("weights", " \"best\"", "\"last\"");
    if (train.early_stopping) check_validates("early_stopping", "", "null");
    if (train.metric) check_validates("metric", "", "null");
    const auto* sgd = std::get_if<SgdConfig>(&train.optimizer);
    if (sgd != nullptr && sgd->nesterov && sgd->momentum == 0.0) {
      problems_.add("/train/optimizer/nesterov",
                    "train.optimizer.nesterov needs train.optimizer.momentum above 0");
    }
  }

  // train.`key` is without effect unless the run validates; `off` is its value without that need.
  void check_validates(const std::string& key, const std::string& value, const std::string& off) {
    const auto field = "train." + key;
    const auto& validate = config_.train.validate;
    if (!has_validation()) {
      problems_.add("/train/" + key, field + value +
                                         " needs validation rows: set data.split.validation or "
                                         "data.files.validation, or " +
                                         field + " to " + off);
    } else if (!validate.every_steps && !validate.every_epochs) {
      problems_.add("/train/validate",
                    "train.validate.every_steps and every_epochs are both null, but " + field +
                        (value.empty() ? " is set" : " is" + value) + "; set one of them, or " +
                        field + " to " + off);
    }
  }

  // Batch normalisation of one row would make it its own mean.
  void check_batch_size() {
    if (config_.train.batch_size > 1) return;
    const auto* mlp = std::get_if<MlpConfig>(&config_.model);
    if (mlp != nullptr && mlp->norm == Norm::batch) {
      problems_.add(
          "/train/batch_size",
          "train.batch_size 1 is too small for model.norm \"batch\", which needs two rows "
          "at least; raise it, or set model.norm to \"layer\" or \"none\"");
    }
    if (std::holds_alternative<ResNetConfig>(config_.model)) {
      problems_.add("/train/batch_size",
                    "train.batch_size 1 is too small for model.type resnet, whose batch "
                    "normalisation needs two images at least; raise it");
    }
  }

  void check_metrics() {
    std::vector<std::string> names;  // of validations
    for (const auto& info : metric_list()) {
      if (info.task == config_.task.type && !info.sliding) names.emplace_back(info.name);
    }
    const auto known = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const auto& fault : gate_faults(config_.task.type, data_groups(config_),
                                         config_.evaluate.gates, config_.evaluate.intersections)) {
      problems_.add("/evaluate/gates" + pointer_step(fault.gate), fault.message);
    }
    const auto& metric = config_.train.metric;
    names.insert(names.begin(), "loss");
    const auto* info = metric ? find_metric_info(*metric) : nullptr;
    const bool sliding = info != nullptr && info->sliding;
    if (sliding && info->task == config_.task.type) return;  // check_sliding() says why not
    if (metric && *metric != "loss" && !known(*metric)) {
      problems_.add("/train/metric", "not a metric of this task" + hint_and_list(*metric, names));
    }
  }

  const RunConfig& config_;
  Problems& problems_;
  const Problems readable_;  // as reading left them
};

}  // namespace

void check_config(const RunConfig& config, Problems& problems) { Checker(config, problems).run(); }

}  // namespace candor
