// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <vector>

#include <candor/error.h>

#include "core/base/expand_paths.h"
#include "core/base/json.h"
#include "core/image/image_archive.h"
#include "core/image/list_images.h"
#include "core/init/init_parts.h"
#include "core/inspect/data_kind.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

struct ImageFacts {
  ImageList folder;
  std::int64_t side = 0;  // median of the shorter sides
  bool same_size = true;  // of all images looked at
  std::size_t looked_at = 0;
  std::size_t unreadable = 0;

  bool all() const { return looked_at == folder.files.size(); }
  // A share of images that cannot be read which these pass in training: their own where all were
  // looked at, otherwise twice that of those that were.
  double bad_limit() const {
    const auto share = static_cast<double>(unreadable) / static_cast<double>(looked_at);
    return std::min(1.0, std::ceil((all() ? share : 2.0 * share) * 1000.0) / 1000.0);
  }
};

// Looks at some images only: a folder may hold millions.
ImageFacts look_at(const std::vector<std::string>& paths, const ImageColumns& columns) {
  constexpr std::size_t kMostImages = 64;
  ImageFacts facts;
  facts.folder = list_images(paths, columns);
  const auto& files = facts.folder.files;
  const auto step = std::max<std::size_t>(1, files.size() / kMostImages);
  std::vector<std::int64_t> sides;
  std::optional<std::pair<std::int64_t, std::int64_t>> size;
  for (std::size_t i = 0; i < files.size(); i += step) {
    ++facts.looked_at;
    try {
      const auto image = decode_image(read_image(files[i]), kFileLimits);
      const std::pair found{image.height, image.width};
      facts.same_size = facts.same_size && (!size || *size == found);
      size = found;
      sides.push_back(std::min(image.height, image.width));
    } catch (const Error&) {
      ++facts.unreadable;
    }
  }
  if (sides.empty()) {
    throw Error(ErrorKind::data, paths.front() +
                                     ": none of the images looked at can be decoded; "
                                     "JPEG, PNG and WebP files are allowed");
  }
  std::nth_element(sides.begin(), sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2),
                   sides.end());
  facts.side = sides[sides.size() / 2];
  return facts;
}

// What the model sees: small images as they are, others scaled down to a common size.
std::int64_t model_size(std::int64_t side) {
  if (side <= 64) return std::max<std::int64_t>(side, 8);
  for (const std::int64_t size : {224, 128, 96}) {
    if (side >= size) return size;
  }
  return 64;
}

bool has_class_folders(const fs::path& path) {
  if (!fs::is_directory(path)) return false;
  const auto entries = fs::directory_iterator(path);
  return std::any_of(begin(entries), end(entries),
                     [](const fs::directory_entry& entry) { return entry.is_directory(); });
}

// Where the parts lie in a data set that comes in parts already: below a folder, or behind the '#'
// of an archive. All "": the data itself is what to train on.
struct Parts {
  std::string train, validation, test;
};

constexpr const char* kValidationNames[] = {"validation", "valid", "val"};

Parts find_parts_in_folder(const fs::path& path) {
  Parts parts;
  if (!has_class_folders(path / "train")) return parts;
  parts.train = "/train";
  for (const std::string name : kValidationNames) {
    if (parts.validation.empty() && has_class_folders(path / name)) parts.validation = "/" + name;
  }
  if (has_class_folders(path / "test")) parts.test = "/test";
  return parts;
}

Parts find_parts_in_archive(const fs::path& archive) {
  const auto roots = class_roots(archive);
  Parts parts;
  for (const auto& root : roots) {
    if (root != "train" && !root.ends_with("/train")) continue;
    parts.train = "#" + root;
    const auto beside = [&](const std::string& name) {
      const auto other = root.substr(0, root.size() - std::string("train").size()) + name;
      return std::binary_search(roots.begin(), roots.end(), other) ? "#" + other : std::string();
    };
    for (const auto* name : kValidationNames) {
      if (parts.validation.empty()) parts.validation = beside(name);
    }
    parts.test = beside("test");
    return parts;
  }
  if (roots.size() == 1 && !roots.front().empty()) parts.train = "#" + roots.front();
  return parts;
}

Parts find_parts(const fs::path& path) {
  if (fs::is_directory(path)) return find_parts_in_folder(path);
  const bool whole = fs::exists(path);  // no '#' behind it
  return whole && is_archive(path) ? find_parts_in_archive(path) : Parts();
}

std::string below(const InitSource& source, const std::string& part) {
  auto written = source.written;
  if (part.starts_with('/') && written.ends_with('/')) written.pop_back();
  return json_text(written + part);
}

std::string files_lines(const InitSource& source, const Parts& parts) {
  auto text = "    \"files\": {\"train\": " + below(source, parts.train);
  if (!parts.validation.empty()) text += ", \"validation\": " + below(source, parts.validation);
  if (!parts.test.empty()) text += ", \"test\": " + below(source, parts.test);
  return text + "},\n";
}

std::string columns_line(const std::optional<ImageColumns>& columns) {
  if (!columns) return "";
  return "    \"columns\": {\"path\": " + json_text(columns->path) +
         ", \"label\": " + json_text(columns->label) + "},\n";
}

std::string split_line(const Parts& parts) {
  std::string inner;
  if (parts.validation.empty()) inner = "\"validation\": 0.1";
  if (parts.test.empty()) inner += std::string(inner.empty() ? "" : ", ") + "\"test\": 0.2";
  return inner.empty() ? "\"split\": {}\n"
                       : "\"split\": {" + inner + "}  // shares of the training images\n";
}

std::string model_line(const ImageFacts& facts) {
  const bool small = model_size(facts.side) <= 64;
  if (small && facts.folder.files.size() < 20'000) {
    return "{\"type\": \"resnet\", \"blocks\": [1, 1, 1], \"width\": 32, \"stem\": \"small\"}";
  }
  return small ? "{\"type\": \"resnet\", \"depth\": 18, \"width\": 64, \"stem\": \"small\"}"
               : "{\"type\": \"resnet\", \"depth\": 18, \"width\": 64, \"stem\": \"imagenet\"}";
}

// Training holds each part to the limit, so that it follows the worst one.
std::string bad_line(const std::vector<ImageFacts>& parts) {
  const auto& worst = *std::max_element(
      parts.begin(), parts.end(),
      [](const ImageFacts& a, const ImageFacts& b) { return a.bad_limit() < b.bad_limit(); });
  if (worst.unreadable == 0) return "";
  return "    \"max_bad_fraction\": " + Json(worst.bad_limit()).dump() + ",  // " +
         grouped(static_cast<std::int64_t>(worst.unreadable)) + " of " +
         grouped(static_cast<std::int64_t>(worst.looked_at)) + " images " +
         (worst.all() ? "" : "looked at ") + "cannot be read\n";
}

std::string summary(const InitSource& source, const ImageFacts& facts) {
  return "// Classes of images in " + for_comment(source.path) + ": " +
         grouped(static_cast<std::int64_t>(facts.folder.files.size())) + " images of " +
         std::to_string(facts.folder.labels.size()) + " classes; shorter side " +
         std::to_string(facts.side) + (facts.same_size ? " pixels" : " pixels in the median") +
         ".\n// Every key and its default: configs/REFERENCE.md, or candor train --reference\n";
}

}  // namespace

std::string init_images(const InitSource& source) {
  const auto parts = find_parts(source.path);
  const auto paths = expand_paths({source.path});
  const auto columns = image_table_columns(paths.front());
  std::vector<ImageFacts> looks;
  for (const auto& part : {parts.train, parts.validation, parts.test}) {
    if (!looks.empty() && part.empty()) continue;
    auto of_part = paths;
    of_part.front() += part;  // of one folder or archive
    looks.push_back(look_at(of_part, columns.value_or(ImageColumns{})));
  }
  const auto& facts = looks.front();
  const auto size = model_size(facts.side);
  const auto count = facts.folder.files.size();
  const std::string epochs = count < 5'000 ? "40" : count < 20'000 ? "20" : "10";
  return summary(source, facts) +
         "{\n"
         "  \"version\": 1,\n"
         "  \"name\": " +
         json_text(source.name) +
         ",\n"
         "  \"task\": {\"type\": \"classification\"},\n"
         "  \"data\": {\n"
         "    \"type\": \"images\",\n" +
         files_lines(source, parts) + columns_line(columns) +
         "    \"size\": " + std::to_string(size) + ",  // height and width that the model sees\n" +
         bad_line(looks) + "    " + split_line(parts) +
         "  },\n"
         "  // flip: only where an image and its mirror image mean the same (not for letters or "
         "digits)\n"
         "  \"augment\": {\"crop\": " +
         std::to_string(std::max<std::int64_t>(1, size / 8)) +
         ", \"flip\": false, \"rotate\": 5},\n"
         "  \"model\": " +
         model_line(facts) +
         ",\n"
         "  \"train\": {\n"
         "    \"epochs\": " +
         epochs +
         ",\n"
         "    \"batch_size\": " +
         (count < 600     ? "16"
          : count < 5'000 ? "64"
                          : "128") +
         ",\n"
         "    \"optimizer\": {\"type\": \"adamw\", \"learning_rate\": 0.002, \"weight_decay\": "
         "0.05},\n"
         "    \"schedule\": {\"type\": \"cosine\", \"warmup_ratio\": 0.1}\n"
         "  }\n"
         "}\n";
}

}  // namespace candor
