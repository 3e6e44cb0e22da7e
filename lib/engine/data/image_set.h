// SPDX-License-Identifier: Apache-2.0
// Images of one part of the data, on their way to a Dataset.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/image/list_images.h"
#include "core/image/prepare.h"
#include "engine/data/dataset.h"

namespace candor {

// Sums over an image's pixels, 0 to 255: exact, so that their order does not matter.
struct ChannelSums {
  std::array<std::uint64_t, 3> sum{}, squares{};
};

struct ImageRow {
  ImageFile file;
  std::string sha256;  // of the file
  ChannelSums sums;
  Pixels kept;  // prepared pixels; empty: they are made of the file whenever they are wanted
  std::string encoded;  // the file, when it is kept; empty: it is read
};

// What was read of one path of the config.
struct ImageSource {
  std::string path;
  std::int64_t files = 0;     // also those that cannot be decoded
  std::int64_t left_out = 0;  // of them
  std::int64_t bytes = 0;
  std::string digest;  // sha256 over "NAME SHA256" lines
};

struct ImageSet {
  ImagePreparation preparation;
  std::vector<std::string> groups;  // columns whose values are in ImageFile::groups
  std::vector<ImageRow> rows;
  std::vector<ImageSource> sources;
};

// Reads, hashes and decodes the files of `list` on all threads, so that what is broken is known
// before training begins. Prepared pixels are kept, the first files first, as long as `memory`
// (bytes, which they take from it) allows. Unreadable images are left out, named in the log and
// counted; above `max_bad_fraction`, or when none is left, Error{data}.
ImageSet load_images(const ImageList& list, const ImagePreparation& preparation,
                     double max_bad_fraction, std::int64_t& memory);

// The rows with these numbers, moved out of `from`.
ImageSet take_rows(ImageSet& from, std::span<const std::int64_t> numbers);

// Drops the prepared pixels and keeps the files instead, as far as `memory` allows: for training on
// random parts, which are decoded anew every time.
void keep_encoded(ImageSet& images, std::int64_t& memory);

// `augment` is for training_batch(). Rows that were not kept are read, decoded and resized by the
// thread that makes their batch.
std::shared_ptr<Dataset> make_image_dataset(ImageSet images, const AugmentConfig& augment);

}  // namespace candor
