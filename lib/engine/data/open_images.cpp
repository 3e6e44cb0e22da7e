// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/nearest.h"
#include "core/data/duplicates.h"
#include "core/data/row_sampler.h"
#include "engine/data/datasets.h"
#include "engine/data/open_parts.h"

namespace candor {
namespace {

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

// Moves the images of `rows` out of `from`.
LoadedImages take_images(LoadedImages& from, const Rows& rows) {
  LoadedImages part;
  part.size = from.size;
  for (const auto row : rows) {
    const auto i = static_cast<std::size_t>(row);
    part.images.push_back(std::move(from.images[i]));
    part.labels.push_back(from.labels[i]);
    part.paths.push_back(std::move(from.paths[i]));
    part.digests.push_back(std::move(from.digests[i]));
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

// Equal files stay in one part, whatever their folders say.
SplitKeys image_keys(const LoadedImages& images, const SplitConfig& split) {
  SplitKeys keys;
  keys.rows = static_cast<std::int64_t>(images.images.size());
  if (split.stratify) keys.strata = images.labels;
  const std::vector<std::string_view> digests(images.digests.begin(), images.digests.end());
  keys.duplicates = first_equal_texts(digests);
  if (count_repeats(keys.duplicates) == 0) keys.duplicates.clear();
  return keys;
}

Fitted fit_preprocessor(const LoadedImages& training, std::vector<std::string> labels) {
  ImageHost host{std::move(labels), training.size};
  return std::make_shared<const Preprocessor>(std::move(host),
                                              make_image_stage(image_statistics(training)));
}

// A folder's digest is over the relative path and digest of each of its images.
Json folder_entry(const std::string& part, const std::string& path, const LoadedImages& images) {
  Json entry;
  entry["part"] = part;
  entry["path"] = path;
  entry["sha256"] = images.digest;
  entry["bytes"] = images.bytes;
  entry["images"] = images.files;
  if (images.files > static_cast<std::int64_t>(images.images.size())) {
    entry["images_left_out"] = images.files - static_cast<std::int64_t>(images.images.size());
  }
  return entry;
}

class ImageOpener {
 public:
  explicit ImageOpener(const OpenRequest& request)
      : request_(request),
        data_(std::get<ImageData>(request.config.data)),
        size_(request.fitted ? request.fitted->signature().image_size : data_.size) {
    opened_.files = Json::array();
    opened_.preprocessor = request.fitted;
  }

  OpenedData open() {
    open_parts(
        request_, data_.files, opened_, [&] { open_training_folder(); },
        [&](const char* part, const Paths& paths, std::shared_ptr<const Dataset>& into) {
          own_folder(part, one_path(part, paths), into);
        });
    opened_.summary.push_back(count_line("images", opened_));
    opened_.summary.push_back("classes: " + std::to_string(labels().size()));
    return std::move(opened_);
  }

 private:
  const std::vector<std::string>& labels() const {
    return opened_.preprocessor->signature().labels;
  }

  LoadedImages read_folder(const char* part, const std::string& path, const ImageFolder& folder) {
    auto images = load_images(folder, path, size_, data_.max_bad_fraction);
    opened_.files.push_back(folder_entry(part, path, images));
    return images;
  }

  void open_training_folder() {
    const auto path = one_path("train", data_.files.train);
    auto folder = list_images(path);
    if (request_.fitted) folder = with_labels(std::move(folder), labels(), path);
    auto images = read_folder("train", path, folder);
    const auto keys = image_keys(images, data_.split);
    const auto rows = split_rows(keys, data_.split);
    require_split(path, {rows.train.size(), rows.validation.size(), rows.test.size()}, data_.split);
    record_split(keys, data_.split, rows, opened_);
    auto training = take_images(images, rows.train);
    if (!opened_.preprocessor) opened_.preprocessor = fit_preprocessor(training, folder.labels);
    if (request_.config.train.sampling.by == SamplingBy::by_class) {
      opened_.sampling_weights = balanced_weights(training.labels);
    }
    take("train", std::move(training), request_.config.augment, opened_.train);
    take("validation", take_images(images, rows.validation), {}, opened_.validation);
    take("test", take_images(images, rows.test), {}, opened_.test);
  }

  void own_folder(const char* part, const std::string& path, std::shared_ptr<const Dataset>& into) {
    take(part, read_folder(part, path, with_labels(list_images(path), labels(), path)), {}, into);
  }

  void take(const char* part, LoadedImages images, const AugmentConfig& augment,
            std::shared_ptr<const Dataset>& into) {
    if (images.images.empty() || !request_.wants(part)) return;
    into = make_image_dataset(std::move(images), augment);
  }

  const OpenRequest& request_;
  const ImageData& data_;
  std::int64_t size_;
  OpenedData opened_;
};

}  // namespace

OpenedData open_images(const OpenRequest& request) { return ImageOpener(request).open(); }

OpenedData open_external_images(const RunConfig& config, Fitted fitted, const std::string& path) {
  const auto& signature = fitted->signature();
  const auto folder = with_labels(list_images(path), signature.labels, path);
  const auto allowed = std::get<ImageData>(config.data).max_bad_fraction;
  auto images = load_images(folder, path, signature.image_size, allowed);
  OpenedData opened;
  opened.files = Json::array({folder_entry("test", path, images)});
  opened.test = make_image_dataset(std::move(images), {});
  opened.preprocessor = std::move(fitted);
  return opened;
}

}  // namespace candor
