// SPDX-License-Identifier: Apache-2.0
#include "core/image/list_images.h"

#include <candor/error.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/expand_paths.h"
#include "core/base/files.h"
#include "core/base/missing_group.h"
#include "core/image/image_archive.h"
#include "core/table/table.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEndings = ".jpg, .jpeg, .png or .webp";

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

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_table_name(const fs::path& path) {
  auto name = ascii_lower(path.filename().string());
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return name.ends_with(".csv") || name.ends_with(".tsv");
}

std::vector<ArchivePlace> sources_of(const std::vector<std::string>& paths) {
  std::vector<ArchivePlace> sources;
  for (const auto& path : paths) {
    const auto place = archive_place(path);
    for (auto& found : expand_paths({place.path})) {
      sources.push_back({std::move(found), place.inner});
    }
  }
  return sources;
}

// "" for what lies at the top.
std::string folder_of(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(0, slash);
}

// Images by the text of their label, to be numbered when all labels are known.
class Collector {
 public:
  Collector(const ImageColumns& columns, std::int64_t most_bytes,
            const std::vector<std::string>& groups)
      : columns_(columns), most_bytes_(most_bytes) {
    list_.groups = groups;
  }

  void add(const ArchivePlace& source) {
    list_.sources.push_back(source.text());
    const fs::path path(source.path);
    std::error_code ignored;
    if (fs::is_directory(path, ignored) && source.inner.empty()) return add_folder(path);
    if (!is_file(path)) {
      throw Error(ErrorKind::data,
                  source.path +
                      (fs::exists(path, ignored) ? ": is a folder, which has no inner folder '#" +
                                                       source.inner + "'; name the folder itself"
                                                 : ": no such file or folder") +
                      "; images lie in a folder with one sub-folder per class, in a tar archive of "
                      "such folders, or where a .csv says");
    }
    if (is_table_name(path)) return add_table(path);
    if (is_archive(path)) return add_archive(path, source);
    throw Error(ErrorKind::data,
                source.path +
                    ": is a file, but neither a tar archive (.tar, .tar.gz, .tar.xz) nor a table "
                    "(.csv, .tsv); images lie in a folder with one sub-folder per class");
  }

  ImageList finish() {
    if (!list_.groups.empty() && !list_.table) {
      throw Error(ErrorKind::data,
                  list_.sources.front() +
                      ": data.groups are columns of a table of images, and this is none; list the "
                      "images in a .csv with those columns, or remove data.groups");
    }
    std::set<std::string> labels;
    for (const auto& file : labelled_) labels.insert(file.second);
    if (labels.size() < 2) {
      const auto shown = list_.sources.size() == 1
                             ? list_.sources.front()
                             : list_.sources.front() + " and " +
                                   std::to_string(list_.sources.size() - 1) + " more";
      throw Error(ErrorKind::data,
                  shown + ": " + std::to_string(labels.size()) +
                      (list_.table ? " classes, 2 or more are needed"
                                   : " class folders, 2 or more are needed; put the images of each "
                                     "class into a sub-folder named after it"));
    }
    list_.labels.assign(labels.begin(), labels.end());
    for (auto& [file, label] : labelled_) {
      file.label =
          std::lower_bound(list_.labels.begin(), list_.labels.end(), label) - list_.labels.begin();
      list_.files.push_back(std::move(file));
    }
    return std::move(list_);
  }

 private:
  ImageFile file_of(std::string path, std::string name) const {
    ImageFile file;
    file.path = std::move(path);
    file.name = std::move(name);
    file.source = list_.sources.size() - 1;
    return file;
  }

  void add_folder(const fs::path& folder) {
    for (const auto& label : sorted_names(folder, is_folder)) {
      const auto sub = folder / label;
      const auto names = sorted_names(sub, is_image);
      if (names.empty()) {
        throw Error(ErrorKind::data, sub.string() + ": no " + kEndings +
                                         " file; add images of the class, or remove the folder");
      }
      for (const auto& name : names) {
        labelled_.emplace_back(file_of((sub / name).string(), label + "/" + name), label);
      }
    }
  }

  void add_archive(const fs::path& path, const ArchivePlace& source) {
    const auto archive = std::make_shared<const ImageArchive>(path, most_bytes_);
    most_bytes_ -= archive->kept_bytes();
    const auto root = source.inner.empty() ? std::string() : source.inner + "/";
    std::vector<std::pair<std::pair<std::string, std::string>, std::size_t>> found;
    std::set<std::string> elsewhere;  // folders that hold class folders
    for (std::size_t i = 0; i < archive->members().size(); ++i) {
      const auto& name = archive->members()[i].name;
      const auto folder = folder_of(name);
      const bool below = name.starts_with(root) && folder.size() >= root.size() &&
                         !folder.empty() && folder.find('/', root.size()) == std::string::npos;
      if (below && folder.size() > root.size()) {
        found.push_back({{folder.substr(root.size()), name.substr(folder.size() + 1)}, i});
      } else if (const auto up = folder.rfind('/'); up != std::string::npos) {
        elsewhere.insert(folder.substr(0, up));
      }
    }
    if (found.empty()) refuse_empty(source, elsewhere);
    std::sort(found.begin(), found.end());
    for (const auto& [place, member] : found) {
      auto file = file_of(path.string() + "/" + archive->members()[member].name,
                          place.first + "/" + place.second);
      file.archive = archive;
      file.member = member;
      labelled_.emplace_back(std::move(file), place.first);
    }
  }

  [[noreturn]] static void refuse_empty(const ArchivePlace& source,
                                        const std::set<std::string>& elsewhere) {
    constexpr std::size_t kMostNamed = 5;
    std::string hint = "; put the images of each class into a folder named after it";
    if (!elsewhere.empty()) {
      hint = "; name the folder that holds them, one of:";
      std::size_t named = 0;
      for (const auto& folder : elsewhere) {
        if (++named <= kMostNamed) hint += " " + source.path + "#" + folder;
      }
    }
    throw Error(ErrorKind::data, source.text() + ": no " + kEndings + " file in a class folder" +
                                     (source.inner.empty() ? " of the archive" : " there") + hint);
  }

  void add_table(const fs::path& path) {
    list_.table = true;
    TableData reading;
    if (ascii_lower(path.string()).find(".tsv") != std::string::npos)
      reading.format.delimiter = "\t";
    reading.format.missing = {""};
    reading.clean.max_bad_fraction = 0.0;
    for (const auto* name : {&columns_.path, &columns_.label}) {
      reading.columns[*name].type = ColumnType::category;
    }
    for (const auto& name : list_.groups) reading.columns[name].type = ColumnType::category;
    const auto table = read_table(path, reading);
    const auto paths = column_of(table, columns_.path), labels = column_of(table, columns_.label);
    std::vector<std::int64_t> groups;
    for (const auto& group : list_.groups) {
      groups.push_back(table.find(group));
      if (groups.back() >= 0) continue;
      throw Error(ErrorKind::data, "data.groups: " + table.no_column(group));
    }
    for (std::int64_t row = 0; row < table.rows(); ++row) {
      const std::string name(table.cell(paths, row)), label(table.cell(labels, row));
      if (name.empty() || label.empty()) {
        throw Error(ErrorKind::data, table.place(row) + ": column '" +
                                         (name.empty() ? columns_.path : columns_.label) +
                                         "' is empty; every image needs a path and a label");
      }
      auto file = file_of((path.parent_path() / name).string(), name);
      for (const auto group : groups) {
        const auto value = table.cell(group, row);
        file.groups.emplace_back(value.empty() ? kMissingGroup : value);
      }
      labelled_.emplace_back(std::move(file), label);
    }
  }

  static std::int64_t column_of(const Table& table, const std::string& name) {
    const auto column = table.find(name);
    if (column >= 0) return column;
    throw Error(ErrorKind::data, table.no_column(name) +
                                     "; name the columns in data.columns.path and "
                                     "data.columns.label");
  }

  const ImageColumns& columns_;
  std::int64_t most_bytes_;
  ImageList list_;
  std::vector<std::pair<ImageFile, std::string>> labelled_;
};

}  // namespace

bool is_image_name(const fs::path& path) {
  constexpr std::array<std::string_view, 4> kNames = {".jpg", ".jpeg", ".png", ".webp"};
  return std::find(kNames.begin(), kNames.end(), ascii_lower(path.extension().string())) !=
         kNames.end();
}

void check_image_bytes(const std::string& name, std::uintmax_t bytes, const ImageLimits& limits) {
  if (bytes <= static_cast<std::uintmax_t>(limits.max_bytes)) return;
  throw Error(ErrorKind::data, name + ": the image has " + std::to_string(bytes) + " bytes; " +
                                   std::to_string(limits.max_bytes) + " are allowed");
}

std::string read_image_file(const fs::path& path, const ImageLimits& limits) {
  std::error_code unknown;
  const auto bytes = fs::file_size(path, unknown);
  if (!unknown) check_image_bytes(path.string(), bytes, limits);
  return read_file(path, ErrorKind::data);
}

std::string read_image(const ImageFile& file) {
  return file.archive ? file.archive->read(file.member) : read_image_file(file.path);
}

ArchivePlace archive_place(const std::string& path) {
  std::error_code ignored;
  const auto mark = path.rfind('#');
  if (mark == std::string::npos || fs::exists(path, ignored)) return {path, ""};
  auto inner = path.substr(mark + 1);
  while (inner.ends_with('/')) inner.pop_back();
  return {path.substr(0, mark), inner};
}

std::vector<std::string> class_roots(const fs::path& archive) {
  std::set<std::string> roots;
  const ImageArchive opened(archive, kMostBytes);
  for (const auto& member : opened.members()) {
    const auto folder = folder_of(member.name);
    if (!folder.empty()) roots.insert(folder_of(folder));
  }
  return {roots.begin(), roots.end()};
}

ImageList list_images(const std::vector<std::string>& paths, const ImageColumns& columns,
                      std::int64_t most_bytes, const std::vector<std::string>& groups) {
  Collector collector(columns, most_bytes, groups);
  for (const auto& source : sources_of(paths)) collector.add(source);
  return collector.finish();
}

}  // namespace candor
