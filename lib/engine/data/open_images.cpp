// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include <candor/error.h>

#include "core/base/log.h"
#include "core/base/missing_group.h"
#include "core/base/nearest.h"
#include "core/data/duplicates.h"
#include "core/data/row_sampler.h"
#include "engine/data/image_set.h"
#include "engine/data/open_parts.h"

namespace candor {
namespace {

// The labels of `list` renumbered to those of the model.
void use_labels(ImageList& list, const std::vector<std::string>& labels, const std::string& path) {
  std::vector<std::int64_t> renumbered;
  for (const auto& label : list.labels) {
    const auto found = std::find(labels.begin(), labels.end(), label);
    if (found == labels.end()) {
      throw Error(ErrorKind::data, path + ": class '" + label +
                                       "' was never seen in training; the classes here are " +
                                       join(list.labels) + ", those of training are " +
                                       join(labels) + "; remove the class or train with it");
    }
    renumbered.push_back(found - labels.begin());
  }
  if (list.labels.size() < labels.size()) {
    log().warn("{}: not all classes of training are here: here {}, in training {}", path,
               join(list.labels), join(labels));
  }
  for (auto& file : list.files) file.label = renumbered[static_cast<std::size_t>(file.label)];
  list.labels = labels;
}

ImageStatistics image_statistics(const ImageSet& images) {
  ChannelSums all;
  for (const auto& row : images.rows) {
    for (std::size_t c = 0; c < 3; ++c) {
      all.sum[c] += row.sums.sum[c];
      all.squares[c] += row.sums.squares[c];
    }
  }
  const auto side = static_cast<double>(images.preparation.size);
  const double count = static_cast<double>(images.rows.size()) * side * side;
  ImageStatistics statistics;
  for (std::size_t c = 0; c < 3; ++c) {
    const double mean = static_cast<double>(all.sum[c]) / count;
    const double variance = static_cast<double>(all.squares[c]) / count - mean * mean;
    statistics.mean[c] = mean / 255.0;
    statistics.std[c] = variance > 1e-7 ? std::sqrt(variance) / 255.0 : 1.0;
  }
  return statistics;
}

// Equal files stay in one part, whatever their folders say.
SplitKeys image_keys(const ImageSet& images, const SplitConfig& split) {
  SplitKeys keys;
  keys.rows = static_cast<std::int64_t>(images.rows.size());
  std::vector<std::string_view> digests;
  for (const auto& row : images.rows) {
    if (split.stratify) keys.strata.push_back(row.file.label);
    digests.push_back(row.sha256);
  }
  keys.duplicates = first_equal_texts(digests);
  if (count_repeats(keys.duplicates) == 0) keys.duplicates.clear();
  return keys;
}

std::vector<std::int64_t> labels_of(const ImageSet& images) {
  std::vector<std::int64_t> labels;
  for (const auto& row : images.rows) labels.push_back(row.file.label);
  return labels;
}

std::int64_t label_of(const ImageSet& images, std::int64_t row) {
  return images.rows[static_cast<std::size_t>(row)].file.label;
}

// The values of a group column, "(missing)" for images of no table.
std::vector<std::string> values_of(const ImageSet& images, const std::string& column,
                                   const Rows& rows) {
  const auto place = static_cast<std::size_t>(
      std::find(images.groups.begin(), images.groups.end(), column) - images.groups.begin());
  std::vector<std::string> values;
  for (const auto row : rows) {
    const auto& groups = images.rows[static_cast<std::size_t>(row)].file.groups;
    values.push_back(place < groups.size() ? groups[place] : std::string(kMissingGroup));
  }
  return values;
}

Fitted fit_preprocessor(const ImageSet& training, std::vector<std::string> labels) {
  ImageHost host{std::move(labels), training.preparation};
  return std::make_shared<const Preprocessor>(std::move(host),
                                              make_image_stage(image_statistics(training)));
}

ImagePreparation preparation_of(const ImageData& data) {
  ImagePreparation preparation;
  preparation.size = data.size;
  preparation.resize = data.resize;
  preparation.interpolation = data.interpolation;
  preparation.scaled_decoding = preparation.planes = data.scaled_decoding;
  preparation.upright = true;
  return preparation;
}

const ImagePreparation& preparation_of(const Preprocessor& fitted) {
  return std::get<ImageHost>(fitted.host()).preparation;
}

std::int64_t bytes_of(std::int64_t mebibytes) { return mebibytes << 20; }

// One entry per source. Its digest is over the name and digest of each of its images.
void add_entries(const std::string& part, const ImageSet& images, Json& files) {
  for (const auto& source : images.sources) {
    Json entry;
    entry["part"] = part;
    entry["path"] = source.path;
    entry["sha256"] = source.digest;
    entry["bytes"] = source.bytes;
    entry["images"] = source.files;
    if (source.left_out > 0) entry["images_left_out"] = source.left_out;
    files.push_back(std::move(entry));
  }
}

class ImageOpener {
 public:
  explicit ImageOpener(const OpenRequest& request)
      : request_(request),
        data_(std::get<ImageData>(request.config.data)),
        preparation_(request.fitted ? preparation_of(*request.fitted) : preparation_of(data_)),
        memory_(bytes_of(data_.memory)) {
    opened_.files = Json::array();
    opened_.preprocessor = request.fitted;
  }

  OpenedData open() {
    open_parts(
        request_, data_.files, opened_, [&] { open_training(); },
        [&](const char* part, const Paths& paths, std::shared_ptr<const Dataset>& into) {
          auto list = list_of(paths);
          use_labels(list, labels(), paths.text());
          take(part, load(part, list), {}, into);
        });
    opened_.summary.push_back(count_line("images", opened_));
    opened_.summary.push_back("classes: " + std::to_string(labels().size()));
    return std::move(opened_);
  }

 private:
  const std::vector<std::string>& labels() const {
    return opened_.preprocessor->signature().labels;
  }

  ImageList list_of(const Paths& paths) const {
    return list_images(paths.list, data_.columns, bytes_of(data_.memory), data_.groups);
  }

  ImageSet load(const char* part, const ImageList& list) {
    auto images = load_images(list, preparation_, data_.max_bad_fraction, memory_);
    add_entries(part, images, opened_.files);
    return images;
  }

  void open_training() {
    const auto path = data_.files.train.text();
    auto list = list_of(data_.files.train);
    if (request_.fitted) use_labels(list, labels(), path);
    auto images = load("train", list);
    const auto keys = image_keys(images, data_.split);
    auto rows = split_rows(keys, data_.split);
    arrange_folds(request_, keys, data_.split, rows, opened_);
    require_split(
        path,
        {rows.train.size(), rows.validation.size(), rows.test.size(), rows.calibration.size()},
        data_.split);
    record_split(keys, data_.split, rows, opened_);
    for (const auto& part : fitting_parts(request_, keys, data_.split, rows, opened_)) {
      opened_.fitting_rows.push_back(fitting_rows(images, part));
    }
    auto training = take_rows(images, rows.train);
    if (!opened_.preprocessor) opened_.preprocessor = fit_preprocessor(training, list.labels);
    if (request_.config.train.sampling.by == SamplingBy::by_class) {
      opened_.sampling_weights = balanced_weights(labels_of(training));
    }
    opened_.class_counts = count_classes(labels_of(training), labels().size());
    take("train", std::move(training), request_.config.augment, opened_.train);
    take("validation", take_rows(images, rows.validation), {}, opened_.validation);
    take("test", take_rows(images, rows.test), {}, opened_.test);
    take("calibration", take_rows(images, rows.calibration), {}, opened_.calibration);
  }

  FittingRows fitting_rows(const ImageSet& images, const FittingParts& part) const {
    FittingRows rows;
    rows.count = part.fitted.size();
    for (const auto row : part.fitted) rows.labels.push_back(label_of(images, row));
    for (const auto& column : decision_columns(request_.config)) {
      rows.groups[column] = values_of(images, column, part.fitted);
      if (!part.decided.empty()) rows.decided[column] = values_of(images, column, part.decided);
    }
    return rows;
  }

  void take(const char* part, ImageSet images, const AugmentConfig& augment,
            std::shared_ptr<const Dataset>& into) {
    if (images.rows.empty() || !request_.wants(part)) return;
    if (augment.resized_crop) keep_encoded(images, memory_);
    into = make_image_dataset(std::move(images), augment);
  }

  const OpenRequest& request_;
  const ImageData& data_;
  ImagePreparation preparation_;
  std::int64_t memory_;  // bytes that may still be kept
  OpenedData opened_;
};

}  // namespace

OpenedData open_images(const OpenRequest& request) { return ImageOpener(request).open(); }

OpenedData open_external_images(const RunConfig& config, Fitted fitted, const std::string& path) {
  const auto& data = std::get<ImageData>(config.data);
  auto memory = bytes_of(data.memory);
  auto list = list_images({path}, data.columns, memory, data.groups);
  use_labels(list, fitted->signature().labels, path);
  auto images = load_images(list, preparation_of(*fitted), data.max_bad_fraction, memory);
  OpenedData opened;
  opened.files = Json::array();
  add_entries("test", images, opened.files);
  opened.test = make_image_dataset(std::move(images), {});
  opened.preprocessor = std::move(fitted);
  return opened;
}

}  // namespace candor
