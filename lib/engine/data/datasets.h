// SPDX-License-Identifier: Apache-2.0
// The three kinds of Dataset.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <candor/config.h>

#include "core/image/image.h"
#include "core/table/table.h"
#include "engine/data/dataset.h"
#include "engine/preprocess/preprocessor.h"

namespace candor {

// Rows of a table, through the fitted host stage. `data` is the run's. With `training`, `rows` are
// those that the stage was fitted on, and training_batch() gives them as training must see them
// (TableStage::apply_training); batch() gives every row as serving sees it. Throws Error{data}
// (file and line).
std::shared_ptr<Dataset> make_table_dataset(const Preprocessor& preprocessor, const Table& table,
                                            std::span<const std::int64_t> rows,
                                            const TableData& data, bool training = false);

// Tokens cut into windows of `context` tokens and their successors. Throws Error{data} when the
// text has fewer than two tokens; `name` is for the message.
std::shared_ptr<Dataset> make_text_dataset(const Preprocessor& preprocessor, std::string_view text,
                                           const std::string& name);

// Decoded and resized images with their labels and paths.
struct LoadedImages {
  std::int64_t size = 0;  // height and width
  std::vector<Pixels> images;
  std::vector<std::int64_t> labels;
  std::vector<std::string> paths;
  std::vector<std::string> digests;  // sha256 of each file
  // Of every file of the folder, also of those that cannot be decoded.
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  std::string digest;  // sha256 over "PATH SHA256" lines, paths relative to the folder
};
std::shared_ptr<Dataset> make_image_dataset(LoadedImages images, const AugmentConfig& augment);

// Reads and decodes the files of `folder`, which were listed below `root`, on all threads.
// Unreadable images are left out, named in the log and counted; above `max_bad_fraction`, or when
// none is left, Error{data}.
LoadedImages load_images(const ImageFolder& folder, const std::filesystem::path& root,
                         std::int64_t size, double max_bad_fraction);

}  // namespace candor
