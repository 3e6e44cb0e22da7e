// SPDX-License-Identifier: Apache-2.0
// The rules between fields. Each message names both fields and the way out.
#include <algorithm>
#include <cctype>
#include <initializer_list>

#include "core/base/nearest.h"
#include "core/config/metric_list.h"
#include "core/config/read.h"

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
    if (clean({"/data", "/train"})) check_train();
    if (clean({"/task", "/train", "/evaluate"})) check_metrics();
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
    std::visit([&](const auto& data) { check_split(data.files, data.split); }, config_.data);
    if (const auto* data = std::get_if<TableData>(&config_.data)) {
      if (data->format.delimiter.size() != 1) {
        problems_.add("/data/format/delimiter", "must be one byte");
      }
      if (data->format.quote.size() > 1) {
        problems_.add("/data/format/quote", "must be one byte, or empty for none");
      }
      check_columns(*data);
    }
    const auto& augment = config_.augment;
    if (!images() && (augment.crop > 0 || augment.flip || augment.rotate > 0.0)) {
      problems_.add("/augment", "augment changes images, but data.type is not images; remove it");
    }
    if (const auto* data = std::get_if<ImageData>(&config_.data)) {
      if (augment.crop >= data->size) {
        problems_.add("/augment/crop", "augment.crop must be smaller than data.size");
      }
    }
  }

  void check_columns(const TableData& data) {
    if (data.format.delimiter == data.format.quote) {
      problems_.add("/data/format/quote",
                    "data.format.quote and data.format.delimiter must differ");
    }
    if (data.categorical.embedding_width && data.categorical.encoding == Encoding::one_hot) {
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
  }

  void check_model() {
    const bool mlp = std::holds_alternative<MlpConfig>(config_.model);
    const bool transformer = std::holds_alternative<TransformerConfig>(config_.model);
    const bool fits = table() ? mlp : text() ? transformer : !mlp && !transformer;
    if (!fits) {
      problems_.add("/model/type",
                    std::string("data.type ") + (table()  ? "table needs model.type mlp"
                                                 : text() ? "text needs model.type transformer"
                                                          : "images needs model.type resnet"));
    }
    if (transformer) check_transformer(std::get<TransformerConfig>(config_.model));
    if (const auto* resnet = std::get_if<ResNetConfig>(&config_.model)) check_resnet(*resnet);
  }

  void check_transformer(const TransformerConfig& model) {
    if (model.width % model.heads != 0) {
      problems_.add("/model/width", "model.width must be a multiple of model.heads");
    } else if (model.width / model.heads % 2 != 0) {
      problems_.add("/model/width",
                    "model.width / model.heads must be even, for the rotary embedding");
    }
    if (model.kv_heads && model.heads % *model.kv_heads != 0) {
      problems_.add("/model/kv_heads", "model.heads must be a multiple of model.kv_heads");
    }
  }

  void check_resnet(const ResNetConfig& model) {
    if (model.blocks && (model.blocks->empty() || model.blocks->size() > 6)) {
      problems_.add("/model/blocks", "must name 1 to 6 stages");
    }
    if (model.blocks && model.depth) {
      problems_.add("/model/blocks", "model.blocks and model.depth are both set; keep one");
    }
    if (model.depth && *model.depth != 18 && *model.depth != 34 && *model.depth != 50) {
      problems_.add("/model/depth", "must be 18, 34 or 50; use model.blocks for other depths");
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
    if (train.weights == Weights::best && !has_validation()) {
      problems_.add("/train/weights",
                    "train.weights \"best\" needs validation rows: set "
                    "data.split.validation or data.files.validation, or "
                    "train.weights to \"last\"");
    }
    if (train.weights == Weights::best && has_validation() && !train.validate.every_steps &&
        !train.validate.every_epochs) {
      problems_.add("/train/validate",
                    "train.validate.every_steps and every_epochs are both null, "
                    "but train.weights is \"best\"; set one of them, or "
                    "train.weights to \"last\"");
    }
    if (train.early_stopping && !has_validation()) {
      problems_.add("/train/early_stopping",
                    "train.early_stopping needs validation rows: set "
                    "data.split.validation or data.files.validation, or "
                    "train.early_stopping to null");
    }
    const auto* sgd = std::get_if<SgdConfig>(&train.optimizer);
    if (sgd != nullptr && sgd->nesterov && sgd->momentum == 0.0) {
      problems_.add("/train/optimizer/nesterov",
                    "train.optimizer.nesterov needs train.optimizer.momentum above 0");
    }
  }

  void check_metrics() {
    std::vector<std::string> names;
    for (const auto& info : metric_list()) {
      if (info.task == config_.task.type) names.emplace_back(info.name);
    }
    const auto known = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const auto& [name, gate] : config_.evaluate.gates) {
      const auto at = "/evaluate/gates" + pointer_step(name);
      if (!known(name)) {
        problems_.add(at, "not a metric of this task" + hint_and_list(name, names));
      }
      if (!gate.min && !gate.max) problems_.add(at, "a gate needs min, max or both");
      if (gate.min && gate.max && *gate.min > *gate.max) {
        problems_.add(at, "min is above max, so that no value passes; lower min or raise max");
      }
    }
    const auto& metric = config_.train.metric;
    names.insert(names.begin(), "loss");
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
