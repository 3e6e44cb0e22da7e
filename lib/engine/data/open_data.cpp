// SPDX-License-Identifier: Apache-2.0
#include "engine/data/open_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <utility>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/nearest.h"
#include "engine/data/datasets.h"
#include "engine/data/split.h"

namespace candor {
namespace {

namespace fs = std::filesystem;
using Rows = std::vector<std::int64_t>;
using Fitted = std::shared_ptr<const Preprocessor>;

Rows all_rows(std::int64_t count) {
  Rows rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

Json file_entry(const std::string& part, const std::string& path) {
  Json entry;
  entry["part"] = part;
  entry["path"] = path;
  entry["sha256"] = sha256_file(path, ErrorKind::data);
  entry["bytes"] = static_cast<std::int64_t>(fs::file_size(path));
  return entry;
}

// A folder's digest is over the relative path and digest of each of its images.
Json folder_entry(const std::string& part, const std::string& path, const ImageFolder& folder) {
  std::string listing;
  std::int64_t bytes = 0;
  for (const auto& file : folder.files) {
    listing += fs::relative(file.path, path).string() + " " +
               sha256_file(file.path, ErrorKind::data) + "\n";
    bytes += static_cast<std::int64_t>(fs::file_size(file.path));
  }
  Json entry;
  entry["part"] = part;
  entry["path"] = path;
  entry["sha256"] = sha256(listing);
  entry["bytes"] = bytes;
  entry["images"] = folder.files.size();
  return entry;
}

std::string rows_digest(const SplitRows& rows) {
  std::string text;
  for (const auto* part : {&rows.train, &rows.validation, &rows.test}) {
    for (const auto row : *part) text += std::to_string(row) + " ";
    text += "\n";
  }
  return sha256(text);
}

std::string count_line(const std::string& what, const OpenedData& data) {
  const auto count = [](const auto& part) { return part ? std::to_string(part->size()) : "0"; };
  return what + ": " + count(data.train) + " for training, " + count(data.validation) +
         " for validation, " + count(data.test) + " for the test";
}

// ---- tables ---------------------------------------------------------------------------------

Rows target_strata(const Table& table, const RunConfig& config, const SplitConfig& split) {
  if (!split.stratify || config.task.type != TaskType::classification) return {};
  const auto column = table.find(*config.task.target);
  if (column < 0) return {};
  std::map<std::string_view, std::int64_t> index;
  for (std::int64_t row = 0; row < table.rows(); ++row) index.emplace(table.cell(column, row), 0);
  std::int64_t next = 0;
  for (auto& [text, number] : index) number = next++;
  Rows strata;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    strata.push_back(index.at(table.cell(column, row)));
  }
  return strata;
}

Fitted fit_table_preprocessor(const Table& table, const Rows& rows, const RunConfig& config) {
  const auto& data = std::get<TableData>(config.data);
  auto stage = TableStage::fit(table, rows, config.task, data);
  const auto inputs = stage.apply(table, rows);
  std::vector<double> targets;
  if (config.task.type == TaskType::regression) targets = stage.targets(table, rows);
  InputWidths widths;
  widths.table = true;
  widths.numeric = static_cast<std::int64_t>(stage.numeric_names().size());
  widths.categorical = static_cast<std::int64_t>(stage.category_names().size());
  const auto statistics =
      fit_table(inputs, widths, stage.category_sizes(), stage.weights(table, rows), targets, data);
  return std::make_shared<const Preprocessor>(std::move(stage), make_table_stage(statistics));
}

OpenedData open_table(const RunConfig& config, Fitted fitted) {
  const auto& data = std::get<TableData>(config.data);
  OpenedData opened;
  opened.files = Json::array({file_entry("train", data.files.train)});
  const auto table = read_table(data.files.train, data);
  const auto rows = split_rows(table.rows(), target_strata(table, config, data.split), data.split);
  if (rows.train.empty()) {
    throw Error(ErrorKind::data, data.files.train +
                                     ": no training rows are left after the split; "
                                     "lower data.split.validation or data.split.test");
  }
  opened.split_digest = rows_digest(rows);
  opened.preprocessor = fitted ? fitted : fit_table_preprocessor(table, rows.train, config);
  const auto make = [&](const Table& from, const Rows& which) -> std::shared_ptr<const Dataset> {
    if (which.empty()) return nullptr;
    return make_table_dataset(*opened.preprocessor, from, which, data.groups);
  };
  const auto from_file = [&](const std::optional<std::string>& path, const char* part,
                             const Rows& otherwise) {
    if (!path) return make(table, otherwise);
    opened.files.push_back(file_entry(part, *path));
    const auto own = read_table(*path, data);
    return make(own, all_rows(own.rows()));
  };
  opened.train = make(table, rows.train);
  opened.validation = from_file(data.files.validation, "validation", rows.validation);
  opened.test = from_file(data.files.test, "test", rows.test);
  opened.summary.push_back(count_line("rows", opened));
  const auto& widths = opened.preprocessor->widths();
  opened.summary.push_back("inputs: " + std::to_string(widths.numeric) + " numeric, " +
                           std::to_string(widths.categorical) + " categorical columns");
  return opened;
}

// ---- text -----------------------------------------------------------------------------------

// The next start of a UTF-8 sequence at or after `at`.
std::size_t code_point_start(const std::string& text, std::int64_t at) {
  auto position = static_cast<std::size_t>(at);
  while (position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80) {
    ++position;
  }
  return position;
}

std::string read_text(const std::string& path) {
  auto text = read_file(path, ErrorKind::data);
  if (text.empty()) throw Error(ErrorKind::data, path + ": the file is empty; a text is expected");
  return text;
}

Fitted fit_text_preprocessor(std::string_view training, const RunConfig& config) {
  const auto& data = std::get<TextData>(config.data);
  TextHost host;
  host.tokenizer = train_tokenizer(data.tokenizer, training);
  host.context = std::get<TransformerConfig>(config.model).context;
  return std::make_shared<const Preprocessor>(std::move(host), make_text_stage());
}

OpenedData open_text(const RunConfig& config, Fitted fitted) {
  const auto& data = std::get<TextData>(config.data);
  OpenedData opened;
  opened.files = Json::array({file_entry("train", data.files.train)});
  const auto text = read_text(data.files.train);
  const auto spans = split_text(static_cast<std::int64_t>(text.size()), data.split);
  const auto train_end = code_point_start(text, spans.train_end);
  const auto test_end = code_point_start(text, spans.test_end);
  opened.split_digest = sha256(std::to_string(train_end) + " " + std::to_string(test_end) + " " +
                               std::to_string(text.size()));
  const std::string_view all = text;
  const auto training = all.substr(0, train_end);
  opened.preprocessor = fitted ? fitted : fit_text_preprocessor(training, config);
  const auto make = [&](std::string_view part,
                        const std::string& name) -> std::shared_ptr<const Dataset> {
    if (part.empty()) return nullptr;
    return make_text_dataset(*opened.preprocessor, part, name);
  };
  const auto from_file = [&](const std::optional<std::string>& path, const char* part,
                             std::string_view otherwise) {
    if (!path) return make(otherwise, data.files.train + " (" + part + ")");
    opened.files.push_back(file_entry(part, *path));
    return make(read_text(*path), *path);
  };
  opened.train = make(training, data.files.train + " (train)");
  opened.validation = from_file(data.files.validation, "validation", all.substr(test_end));
  opened.test = from_file(data.files.test, "test", all.substr(train_end, test_end - train_end));
  const auto context = std::get<TextHost>(opened.preprocessor->host()).context;
  if (!fitted && opened.train->batch(std::array<std::int64_t, 1>{0}).target.size(1) < context) {
    throw Error(ErrorKind::data, data.files.train +
                                     ": the training text has fewer tokens than "
                                     "model.context + 1 (" +
                                     std::to_string(context + 1) +
                                     "); lower model.context or give more text");
  }
  opened.summary.push_back(count_line("windows of " + std::to_string(context) + " tokens", opened));
  opened.summary.push_back(
      "vocabulary: " + std::to_string(opened.preprocessor->tokenizer()->size()) + " tokens");
  return opened;
}

// ---- images ---------------------------------------------------------------------------------

// Labels of `folder` renumbered to those of the model; a class that training never saw is refused.
ImageFolder with_labels(ImageFolder folder, const std::vector<std::string>& labels,
                        const std::string& path) {
  std::vector<std::int64_t> renumbered;
  for (const auto& label : folder.labels) {
    const auto found = std::find(labels.begin(), labels.end(), label);
    if (found == labels.end()) {
      throw Error(ErrorKind::data, path + ": class '" + label +
                                       "' was never seen in training; its classes are " +
                                       join(labels) + "; remove the folder or train with it");
    }
    renumbered.push_back(found - labels.begin());
  }
  for (auto& file : folder.files) file.label = renumbered[static_cast<std::size_t>(file.label)];
  folder.labels = labels;
  return folder;
}

LoadedImages select(const LoadedImages& from, const Rows& rows) {
  LoadedImages part;
  part.size = from.size;
  for (const auto row : rows) {
    const auto i = static_cast<std::size_t>(row);
    part.images.push_back(from.images[i]);
    part.labels.push_back(from.labels[i]);
    part.paths.push_back(from.paths[i]);
  }
  return part;
}

ImageStatistics image_statistics(const LoadedImages& images) {
  std::array<double, 3> sum{}, squares{};
  double pixels = 0.0;
  for (const auto& image : images.images) {
    pixels += static_cast<double>(image.height * image.width);
    for (std::size_t i = 0; i < image.rgb.size(); ++i) {
      const double value = image.rgb[i] / 255.0;
      sum[i % 3] += value;
      squares[i % 3] += value * value;
    }
  }
  ImageStatistics statistics;
  for (std::size_t c = 0; c < 3; ++c) {
    statistics.mean[c] = sum[c] / pixels;
    const auto variance = squares[c] / pixels - statistics.mean[c] * statistics.mean[c];
    statistics.std[c] = variance > 1e-12 ? std::sqrt(variance) : 1.0;
  }
  return statistics;
}

Fitted fit_image_preprocessor(const LoadedImages& training, std::vector<std::string> labels) {
  ImageHost host{std::move(labels), training.size};
  return std::make_shared<const Preprocessor>(std::move(host),
                                              make_image_stage(image_statistics(training)));
}

std::shared_ptr<const Dataset> dataset_of(LoadedImages images, const AugmentConfig& augment) {
  if (images.images.empty()) return nullptr;
  return make_image_dataset(std::move(images), augment);
}

OpenedData open_images(const RunConfig& config, Fitted fitted) {
  const auto& data = std::get<ImageData>(config.data);
  OpenedData opened;
  auto folder = list_images(data.files.train);
  opened.files = Json::array({folder_entry("train", data.files.train, folder)});
  if (fitted) folder = with_labels(std::move(folder), fitted->signature().labels, data.files.train);
  const auto labels = folder.labels;
  const auto images = load_images(folder, data.size, data.max_bad_fraction);
  const Rows strata = data.split.stratify ? images.labels : Rows{};
  const auto rows = split_rows(static_cast<std::int64_t>(images.images.size()), strata, data.split);
  opened.split_digest = rows_digest(rows);
  auto training = select(images, rows.train);
  opened.preprocessor = fitted ? fitted : fit_image_preprocessor(training, labels);
  const auto from_folder = [&](const std::optional<std::string>& path, const char* part,
                               const Rows& otherwise) {
    if (!path) return dataset_of(select(images, otherwise), {});
    const auto own = list_images(*path);
    opened.files.push_back(folder_entry(part, *path, own));
    return dataset_of(
        load_images(with_labels(own, labels, *path), data.size, data.max_bad_fraction), {});
  };
  opened.train = dataset_of(std::move(training), config.augment);
  opened.validation = from_folder(data.files.validation, "validation", rows.validation);
  opened.test = from_folder(data.files.test, "test", rows.test);
  opened.summary.push_back(count_line("images", opened));
  opened.summary.push_back("classes: " + std::to_string(labels.size()));
  return opened;
}

}  // namespace

const std::shared_ptr<const Dataset>& OpenedData::part(const std::string& name) const {
  const auto& found = name == "train" ? train : name == "validation" ? validation : test;
  if (name != "train" && name != "validation" && name != "test") {
    throw Error(ErrorKind::config,
                "split '" + name + "' is unknown; allowed: train, validation, test");
  }
  if (!found) {
    throw Error(ErrorKind::config, "the run has no " + name + " rows: neither data.files." + name +
                                       " nor data.split." + name +
                                       " is set; pass --data PATH or another --split");
  }
  return found;
}

OpenedData open_data(const RunConfig& config, Fitted fitted) {
  if (std::holds_alternative<TableData>(config.data)) return open_table(config, std::move(fitted));
  if (std::holds_alternative<TextData>(config.data)) return open_text(config, std::move(fitted));
  return open_images(config, std::move(fitted));
}

OpenedData open_external(const RunConfig& config, Fitted fitted, const std::string& path) {
  OpenedData opened;
  opened.preprocessor = fitted;
  if (const auto* table_data = std::get_if<TableData>(&config.data)) {
    opened.files = Json::array({file_entry("test", path)});
    const auto table = read_table(path, *table_data);
    opened.test = make_table_dataset(*fitted, table, all_rows(table.rows()), table_data->groups);
  } else if (const auto* image_data = std::get_if<ImageData>(&config.data)) {
    const auto folder = list_images(path);
    opened.files = Json::array({folder_entry("test", path, folder)});
    opened.test = dataset_of(load_images(with_labels(folder, fitted->signature().labels, path),
                                         image_data->size, image_data->max_bad_fraction),
                             {});
  } else {
    opened.files = Json::array({file_entry("test", path)});
    opened.test = make_text_dataset(*fitted, read_text(path), path);
  }
  opened.summary.push_back(count_line("rows", opened));
  return opened;
}

}  // namespace candor
