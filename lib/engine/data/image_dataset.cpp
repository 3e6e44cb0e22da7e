// SPDX-License-Identifier: Apache-2.0
#include <torch/torch.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "engine/data/datasets.h"

namespace candor {
namespace {

class ImageDataset final : public Dataset {
 public:
  ImageDataset(LoadedImages images, const AugmentConfig& augment)
      : images_(std::move(images)), augment_(augment) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(images_.images.size()); }
  std::vector<std::string> ids() const override { return images_.paths; }

  Batch batch(std::span<const std::int64_t> rows) const override {
    return collate(rows, [&](std::int64_t row, std::uint8_t* out) { write_planar(at(row), out); });
  }

  Batch training_batch(std::span<const std::int64_t> rows,
                       const RandomStream& epoch) const override {
    return collate(rows, [&](std::int64_t row, std::uint8_t* out) {
      write_planar(augment(at(row), augment_, epoch.at(static_cast<std::uint64_t>(row))), out);
    });
  }

 private:
  const Pixels& at(std::int64_t row) const { return images_.images[static_cast<std::size_t>(row)]; }

  template <class Fill>
  Batch collate(std::span<const std::int64_t> rows, const Fill& fill) const {
    const auto count = static_cast<std::int64_t>(rows.size());
    Batch batch;
    batch.inputs.image = torch::empty({count, 3, images_.size, images_.size}, torch::kUInt8);
    batch.target = torch::empty({count}, torch::kInt64);
    auto* out = batch.inputs.image.data_ptr<std::uint8_t>();
    auto* target = batch.target.data_ptr<std::int64_t>();
    const auto stride = 3 * images_.size * images_.size;
    at::parallel_for(0, count, 16, [&](std::int64_t first, std::int64_t last) {
      for (auto i = first; i < last; ++i) {
        const auto row = rows[static_cast<std::size_t>(i)];
        fill(row, out + i * stride);
        target[i] = images_.labels[static_cast<std::size_t>(row)];
      }
    });
    return batch;
  }

  LoadedImages images_;
  AugmentConfig augment_;
};

void check_bad_images(const std::vector<std::string>& bad, std::size_t total, double allowed) {
  if (bad.empty()) return;
  for (std::size_t i = 0; i < std::min<std::size_t>(bad.size(), 20); ++i) {
    log().warn("image left out: {}", bad[i]);
  }
  const auto share = static_cast<double>(bad.size()) / static_cast<double>(total);
  const auto count = std::to_string(bad.size()) + " of " + std::to_string(total) + " images";
  if (share > allowed) {
    throw Error(ErrorKind::data,
                count + " cannot be read, above data.max_bad_fraction; the first: " + bad.front() +
                    "; mend or remove them, or raise the limit");
  }
  if (bad.size() == total) {
    throw Error(ErrorKind::data, count + " cannot be read, none is left; the first: " +
                                     bad.front() + "; mend them, or name another folder");
  }
  log().warn("{} cannot be read and are left out", count);
}

// What is known of one file after reading it.
struct ReadImage {
  Pixels pixels;
  std::string fault;  // empty: `pixels` are good
  std::string sha256;
  std::int64_t bytes = 0;
};

ReadImage read_image(const std::string& path, std::int64_t size) {
  ReadImage image;
  try {
    const auto content = read_image_file(path);
    image.bytes = static_cast<std::int64_t>(content.size());
    image.sha256 = sha256(content);
    image.pixels = resize(decode_image(content), size, size);
  } catch (const Error& error) {
    const std::string what = error.what();
    image.fault = what.starts_with(path) ? what : path + ": " + what;
  }
  return image;
}

}  // namespace

LoadedImages load_images(const ImageFolder& folder, const std::filesystem::path& root,
                         std::int64_t size, double max_bad_fraction) {
  const auto count = static_cast<std::int64_t>(folder.files.size());
  std::vector<ReadImage> read(folder.files.size());
  at::parallel_for(0, count, 32, [&](std::int64_t first, std::int64_t last) {
    for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
      read[i] = read_image(folder.files[i].path, size);
    }
  });
  LoadedImages images;
  images.size = size;
  images.files = count;
  std::string listing;
  std::vector<std::string> bad;
  for (std::size_t i = 0; i < read.size(); ++i) {
    const auto& path = folder.files[i].path;
    listing +=
        std::filesystem::path(path).lexically_relative(root).string() + " " + read[i].sha256 + "\n";
    images.bytes += read[i].bytes;
    if (!read[i].fault.empty()) {
      bad.push_back(read[i].fault);
      continue;
    }
    images.images.push_back(std::move(read[i].pixels));
    images.labels.push_back(folder.files[i].label);
    images.paths.push_back(path);
    images.digests.push_back(std::move(read[i].sha256));
  }
  images.digest = sha256(listing);
  check_bad_images(bad, folder.files.size(), max_bad_fraction);
  return images;
}

std::shared_ptr<Dataset> make_image_dataset(LoadedImages images, const AugmentConfig& augment) {
  return std::make_shared<ImageDataset>(std::move(images), augment);
}

}  // namespace candor
