// SPDX-License-Identifier: Apache-2.0
#include "engine/data/image_set.h"

#include <algorithm>
#include <utility>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/sha256.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

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

ChannelSums sums_of(const Pixels& pixels) {
  ChannelSums sums;
  for (std::size_t i = 0; i < pixels.rgb.size(); i += 3) {
    for (std::size_t c = 0; c < 3; ++c) {
      const std::uint64_t value = pixels.rgb[i + c];
      sums.sum[c] += value;
      sums.squares[c] += value * value;
    }
  }
  return sums;
}

// What is known of one file after reading it.
struct ReadImage {
  Pixels pixels;
  ChannelSums sums;
  std::string fault;  // empty: it is good
  std::string sha256;
  std::int64_t bytes = 0;
};

ReadImage read_one(const ImageFile& file, const ImagePreparation& preparation, bool keep) {
  ReadImage image;
  try {
    const auto content = read_image(file);
    image.bytes = static_cast<std::int64_t>(content.size());
    image.sha256 = sha256(content);
    prepare_image(content, preparation, kFileLimits, image.pixels);
    image.sums = sums_of(image.pixels);
    if (!keep) image.pixels = {};
  } catch (const Error& error) {
    image.fault = at_path(file.path, error.what());
  }
  return image;
}

}  // namespace

ImageSet load_images(const ImageList& list, const ImagePreparation& preparation,
                     double max_bad_fraction, std::int64_t& memory) {
  const auto& files = list.files;
  const auto count = static_cast<std::int64_t>(files.size());
  const auto each = preparation.size * preparation.size * 3;
  const auto keep = std::min(count, std::max<std::int64_t>(0, memory) / each);
  std::vector<ReadImage> read(files.size());
  parallel_for(0, count, 32, [&](std::int64_t first, std::int64_t last) {
    for (auto i = first; i < last; ++i) {
      const auto at = static_cast<std::size_t>(i);
      read[at] = read_one(files[at], preparation, i < keep);
    }
  });
  ImageSet set;
  set.preparation = preparation;
  set.groups = list.groups;
  for (const auto& path : list.sources) set.sources.push_back({path, 0, 0, 0, ""});
  std::vector<std::string> listings(list.sources.size()), bad;
  for (std::size_t i = 0; i < read.size(); ++i) {
    auto& source = set.sources[files[i].source];
    listings[files[i].source] += files[i].name + " " + read[i].sha256 + "\n";
    ++source.files;
    source.bytes += read[i].bytes;
    if (!read[i].fault.empty()) {
      ++source.left_out;
      bad.push_back(read[i].fault);
      continue;
    }
    if (!read[i].pixels.rgb.empty()) memory -= each;
    set.rows.push_back(
        {files[i], std::move(read[i].sha256), read[i].sums, std::move(read[i].pixels), {}});
  }
  for (std::size_t i = 0; i < listings.size(); ++i) set.sources[i].digest = sha256(listings[i]);
  check_bad_images(bad, files.size(), max_bad_fraction);
  return set;
}

void keep_encoded(ImageSet& images, std::int64_t& memory) {
  for (auto& row : images.rows) {
    memory += static_cast<std::int64_t>(row.kept.rgb.size());
    row.kept = {};
  }
  for (auto& row : images.rows) {
    if (row.file.archive != nullptr) continue;  // in memory, or in a file that is open
    auto bytes = read_image(row.file);
    memory -= static_cast<std::int64_t>(bytes.size());
    if (memory < 0) {
      memory += static_cast<std::int64_t>(bytes.size());
      return;
    }
    row.encoded = std::move(bytes);
  }
}

ImageSet take_rows(ImageSet& from, std::span<const std::int64_t> numbers) {
  ImageSet part;
  part.preparation = from.preparation;
  part.groups = from.groups;
  part.rows.reserve(numbers.size());
  for (const auto number : numbers) {
    part.rows.push_back(std::move(from.rows[static_cast<std::size_t>(number)]));
  }
  return part;
}

}  // namespace candor
