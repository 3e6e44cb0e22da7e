// SPDX-License-Identifier: Apache-2.0
// Where images lie: class folders, archives of class folders, tables of paths and labels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/image/decode.h"

namespace candor {

class ImageArchive;

// Of packed archives, where the config does not say otherwise (data.memory).
inline constexpr std::int64_t kMostBytes = std::int64_t{2} << 30;

// True for .jpg, .jpeg, .png and .webp, in any case.
bool is_image_name(const std::filesystem::path& path);

// Throws Error{data} naming the image unless so many bytes are allowed.
void check_image_bytes(const std::string& name, std::uintmax_t bytes, const ImageLimits& limits);

// The bytes of an encoded image. Throws Error{data} naming the path: cannot be read, or larger than
// any image that is allowed (which is found before it is read).
std::string read_image_file(const std::filesystem::path& path,
                            const ImageLimits& limits = kFileLimits);

struct ImageFile {
  std::string path;        // for people; of a member: "photos.tar/train/cat/1.jpg"
  std::string name;        // below its source
  std::int64_t label = 0;  // index in ImageList::labels
  std::size_t source = 0;  // index in ImageList::sources
  std::shared_ptr<const ImageArchive> archive;  // null: `path` is a file
  std::size_t member = 0;                       // in the archive
  std::vector<std::string> groups;  // values of ImageList::groups; empty: not of a table
};

// As read_image_file(). May be called by several threads at once.
std::string read_image(const ImageFile& file);

struct ImageList {
  std::vector<std::string> labels;   // sorted bytewise
  std::vector<ImageFile> files;      // by source; of folders and archives by class, then by name
  std::vector<std::string> sources;  // as the config names them, patterns filled in
  bool table = false;                // one source at least is a table
  std::vector<std::string> groups;   // columns of the tables whose values are kept
};

// Behind the last '#' of a path that does not exist under its very name.
struct ArchivePlace {
  std::string path;
  std::string inner;  // "": the root
  std::string text() const { return inner.empty() ? path : path + "#" + inner; }
};
ArchivePlace archive_place(const std::string& path);

// Folders of an archive that hold class folders with images, sorted; "" is its root. Throws as
// list_images().
std::vector<std::string> class_roots(const std::filesystem::path& archive);

// Images of all of `paths`, each one of:
//   a folder          of class folders, whose names are the labels; only files whose name ends as
//                     is_image_name() has it count, names that start with a dot do not
//   an archive        tar, also .gz or .xz, told by content, with class folders in its root, or in
//                     the folder named behind a '#': "photos.tar.xz#train". Of a packed one, the
//                     images stay in memory, up to `most_bytes` in all
//   a table           .csv or .tsv (also .gz), with the columns `columns`; paths relative to its
//   folder
// Patterns are filled in as expand_paths() does. Throws Error{data}: nothing there, fewer than two
// classes in all, a class folder without images, an archive that is damaged or holds what
// TarReader refuses, a table without such columns or with a row without a path or label, `groups`
// without any table.
ImageList list_images(const std::vector<std::string>& paths, const ImageColumns& columns = {},
                      std::int64_t most_bytes = kMostBytes,
                      const std::vector<std::string>& groups = {});

}  // namespace candor
