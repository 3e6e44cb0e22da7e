// SPDX-License-Identifier: Apache-2.0
// Private to open_data.cpp and the files of the three kinds of data.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <candor/config.h>

#include "core/data/split.h"
#include "engine/data/open_data.h"

namespace candor {

using Rows = std::vector<std::int64_t>;
using Fitted = std::shared_ptr<const Preprocessor>;

struct OpenRequest {
  const RunConfig& config;
  Fitted fitted;                        // null: fit on the training rows
  std::string only;                     // the one part that is wanted; empty: all
  std::optional<FoldChoice> fold = {};  // of config.cross_validation; empty: the run itself

  bool wants(std::string_view part) const { return only.empty() || only == part; }
};

OpenedData open_table(const OpenRequest& request);
OpenedData open_text(const OpenRequest& request);
OpenedData open_images(const OpenRequest& request);

// One file or folder of the user's own, as the test part.
OpenedData open_external_table(const RunConfig& config, Fitted fitted, const std::string& path);
OpenedData open_external_text(const RunConfig& config, Fitted fitted, const std::string& path);
OpenedData open_external_images(const RunConfig& config, Fitted fitted, const std::string& path);

// One entry of OpenedData::files, for the bytes that were read.
Json file_entry(const std::string& part, const std::string& path, std::string_view content);

// "rows: 120 for training, 20 for validation, 0 for the test".
std::string count_line(const std::string& what, const OpenedData& data);

// The file or folder that data.files.`part` names. Throws Error{config} when it names several.
std::string one_path(const char* part, const Paths& paths);

// Calls `training()` when a wanted part comes out of the training file, then `own(part, paths,
// into)` for each wanted part that has a file of its own.
template <class Training, class Own>
void open_parts(const OpenRequest& request, const FilesConfig& files, OpenedData& opened,
                const Training& training, const Own& own) {
  const bool validation = request.wants("validation"), test = request.wants("test");
  const bool held_out = test && (!files.test || request.fold);
  if (request.wants("train") || (validation && !files.validation) || held_out) {
    training();
  }
  if (validation && files.validation) own("validation", *files.validation, opened.validation);
  if (test && files.test && !request.fold) own("test", *files.test, opened.test);
}

// Rows (or bytes of text) of the parts of the training file.
struct SplitSizes {
  std::size_t train = 0, validation = 0, test = 0, calibration = 0;
};
// Throws Error{data} when nothing is left to train on, or a part that `split` asks for is empty.
void require_split(const std::string& path, const SplitSizes& sizes, const SplitConfig& split);

// Fills in the split of `opened`, and tells how many rows had to stay together.
void record_split(const SplitKeys& keys, const SplitConfig& split, const SplitRows& rows,
                  OpenedData& opened);

// With config.cross_validation, the folds of the rows that are no test rows; for a fold, `rows`
// become its parts. Call it before record_split().
void arrange_folds(const OpenRequest& request, const SplitKeys& keys, const SplitConfig& split,
                   SplitRows& rows, OpenedData& opened);

// Adds to the findings what opening has counted: what is left out of files, and classes of few
// training rows.
void add_counted_findings(OpenedData& opened);

// Rows of the training file that decisions will be fitted on, and those that a fold reports on.
struct FittingParts {
  Rows fitted, decided;
};
// As OpenedData::fitting_rows has them; call it after arrange_folds().
std::vector<FittingParts> fitting_parts(const OpenRequest& request, const SplitKeys& keys,
                                        const SplitConfig& split, const SplitRows& rows,
                                        const OpenedData& opened);

// data.split as the keys must know it: folds ask for classes, groups and times even where no part
// is taken out.
SplitConfig keyed_split(const RunConfig& config, const SplitConfig& split);

Rows all_rows(std::int64_t count);

// How often each of `classes` numbers stands in `labels`.
std::vector<std::int64_t> count_classes(const std::vector<std::int64_t>& labels,
                                        std::size_t classes);

}  // namespace candor
