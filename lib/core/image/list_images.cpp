// SPDX-License-Identifier: Apache-2.0
#include <candor/error.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>
#include <utility>

#include "core/base/files.h"
#include "core/image/image.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

// Names in `folder` that do not start with a dot and for which `wanted` holds, sorted bytewise.
template <class Wanted>
std::vector<std::string> sorted_names(const fs::path& folder, Wanted&& wanted) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    auto name = entries->path().filename().string();
    if (name.front() != '.' && wanted(*entries)) names.push_back(std::move(name));
  }
  if (error)
    throw Error(ErrorKind::data, folder.string() + ": cannot be listed: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}

bool is_image(const fs::directory_entry& entry) {
  std::error_code ignored;
  return is_image_name(entry.path()) && entry.is_regular_file(ignored);
}

void check_folder(const fs::path& folder) {
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) return;
  throw Error(ErrorKind::data,
              folder.string() + (fs::exists(folder, ignored) ? ": is a file" : ": no such folder") +
                  "; images lie in a folder with one sub-folder per class");
}

}  // namespace

bool is_image_name(const fs::path& path) {
  constexpr std::array<std::string_view, 3> kEndings = {".jpg", ".jpeg", ".png"};
  auto ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::string read_image_file(const fs::path& path, const ImageLimits& limits) {
  std::error_code unknown;
  const auto bytes = fs::file_size(path, unknown);
  if (!unknown && bytes > static_cast<std::uintmax_t>(limits.max_bytes)) {
    throw Error(ErrorKind::data, path.string() + ": the image has " + std::to_string(bytes) +
                                     " bytes; " + std::to_string(limits.max_bytes) +
                                     " are allowed");
  }
  return read_file(path, ErrorKind::data);
}

ImageFolder list_images(const fs::path& folder) {
  check_folder(folder);
  ImageFolder found;
  found.labels = sorted_names(folder, is_folder);
  if (found.labels.size() < 2) {
    throw Error(ErrorKind::data, folder.string() + ": " + std::to_string(found.labels.size()) +
                                     " class folders, 2 or more are needed; put the images of each "
                                     "class into a sub-folder named after it");
  }
  for (std::size_t label = 0; label < found.labels.size(); ++label) {
    const auto sub = folder / found.labels[label];
    const auto names = sorted_names(sub, is_image);
    if (names.empty()) {
      throw Error(ErrorKind::data, sub.string() +
                                       ": no .jpg, .jpeg or .png file; add images of the "
                                       "class, or remove the folder");
    }
    for (const auto& name : names) {
      found.files.push_back({(sub / name).string(), static_cast<std::int64_t>(label)});
    }
  }
  return found;
}

}  // namespace candor
