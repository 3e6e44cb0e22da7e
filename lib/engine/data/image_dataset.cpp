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

// Interleaved [H, W, 3] to planar [3, H, W].
void write_planar(const Pixels& image, std::uint8_t* out) {
  const auto plane = static_cast<std::size_t>(image.height * image.width);
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) out[c * plane + i] = image.rgb[3 * i + c];
  }
}

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
  log().warn("{} cannot be read and are left out", count);
}

}  // namespace

LoadedImages load_images(const ImageFolder& folder, std::int64_t size, double max_bad_fraction) {
  const auto count = static_cast<std::int64_t>(folder.files.size());
  std::vector<Pixels> decoded(folder.files.size());
  std::vector<std::string> faults(folder.files.size());
  at::parallel_for(0, count, 32, [&](std::int64_t first, std::int64_t last) {
    for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
      const auto& path = folder.files[i].path;
      try {
        decoded[i] = resize(decode_image(read_file(path, ErrorKind::data)), size, size);
      } catch (const Error& error) {
        faults[i] = path + ": " + error.what();
      }
    }
  });
  LoadedImages images;
  images.size = size;
  std::vector<std::string> bad;
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    if (!faults[i].empty()) {
      bad.push_back(faults[i]);
      continue;
    }
    images.images.push_back(std::move(decoded[i]));
    images.labels.push_back(folder.files[i].label);
    images.paths.push_back(folder.files[i].path);
  }
  check_bad_images(bad, folder.files.size(), max_bad_fraction);
  return images;
}

std::shared_ptr<Dataset> make_image_dataset(LoadedImages images, const AugmentConfig& augment) {
  return std::make_shared<ImageDataset>(std::move(images), augment);
}

}  // namespace candor
