// SPDX-License-Identifier: Apache-2.0
#include "engine/data/open_data.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include <candor/error.h>

#include "core/base/counted.h"
#include "core/base/expand_paths.h"
#include "core/base/files.h"
#include "core/base/trace.h"
#include "core/config/check_evaluate.h"
#include "core/data/duplicates.h"
#include "core/inspect/training_findings.h"
#include "engine/data/open_parts.h"

namespace candor {

Rows all_rows(std::int64_t count) {
  Rows rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

std::vector<std::int64_t> count_classes(const std::vector<std::int64_t>& labels,
                                        std::size_t classes) {
  std::vector<std::int64_t> counts(classes, 0);
  for (const auto label : labels) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

Json file_entry(const std::string& part, const std::string& path, std::string_view content) {
  Json entry;
  entry["part"] = part;
  entry["path"] = path;
  entry["sha256"] = sha256(content);
  entry["bytes"] = static_cast<std::int64_t>(content.size());
  return entry;
}

std::string one_path(const char* part, const Paths& paths) {
  auto found = expand_paths(paths.list);
  if (found.size() == 1) return std::move(found.front());
  throw Error(ErrorKind::config, std::string("data.files.") + part + " names " +
                                     std::to_string(found.size()) +
                                     " files or folders; this kind of data takes one");
}

std::string count_line(const std::string& what, const OpenedData& data) {
  const auto count = [](const auto& part) { return part ? std::to_string(part->size()) : "0"; };
  return what + ": " + count(data.train) + " for training, " + count(data.validation) +
         " for validation, " +
         (data.calibration ? count(data.calibration) + " for calibration, " : "") +
         count(data.test) + " for the test";
}

void require_split(const std::string& path, const SplitSizes& sizes, const SplitConfig& split) {
  if (sizes.train == 0) {
    const auto calibration = split.calibration ? ", or data.split.calibration" : "";
    throw Error(ErrorKind::data,
                path +
                    ": nothing is left to train on after the split; give more data, or lower "
                    "data.split.validation or data.split.test" +
                    calibration);
  }
  const auto check = [&](const std::string& key, std::optional<double> share, std::size_t size) {
    if (share.value_or(0.0) == 0.0 || size > 0) return;
    throw Error(ErrorKind::data, path + ": " + key +
                                     " asks for a part, but its share of so little data is empty; "
                                     "give more data, raise the share, or leave it out (~" +
                                     key + ")");
  };
  check("data.split.validation", split.validation, sizes.validation);
  check("data.split.test", split.test, sizes.test);
  check("data.split.calibration", split.calibration, sizes.calibration);
}

void record_split(const SplitKeys& keys, const SplitConfig& split, const SplitRows& rows,
                  OpenedData& opened) {
  opened.split_digest = digest_of(rows);
  opened.part_digests = {{"train", digest_of(rows.train)},
                         {"validation", digest_of(rows.validation)},
                         {"test", digest_of(rows.test)}};
  opened.split["kind"] =
      split.validation || split.test || split.calibration ? split_kind(keys) : "none";
  if (split.group) opened.split["group"] = *split.group;
  if (split.time) opened.split["time"] = *split.time;
  opened.split["seed"] = split.seed;
  const auto repeats = count_repeats(keys.duplicates);
  if (repeats == 0) return;
  opened.split["repeated_rows"] = repeats;
  opened.summary.push_back("split: " + std::to_string(repeats) +
                           (repeats == 1 ? " row is equal to an earlier one and stays"
                                         : " rows are equal to an earlier one and stay") +
                           " in one part with it");
}

std::string OpenedData::reported_part() const {
  return test ? "test" : validation ? "validation" : "train";
}

std::string OpenedData::rows_digest(const std::string& name) const {
  const auto files_of = [&](const std::string& part) {
    std::string digests;
    for (const auto& entry : files) {
      if (entry.value("part", "") == part) digests += entry.value("sha256", "") + " ";
    }
    return digests;
  };
  const auto own = files_of(name);
  if (name != "train" && !own.empty()) {
    // Of a table or images, also how many of their rows were kept.
    const auto& rows = name == "test" ? test : validation;
    const auto kept = reading.empty() && rows ? std::to_string(rows->size()) : reading;
    return sha256(own + kept);
  }
  const auto rows = part_digests.find(name);
  return rows == part_digests.end() ? "" : sha256(files_of("train") + reading + rows->second);
}

const std::shared_ptr<const Dataset>& OpenedData::part(const std::string& name) const {
  check_part(name);
  const auto& found = name == "train" ? train : name == "validation" ? validation : test;
  if (!found) {
    throw Error(ErrorKind::config, "the run has no " + name + " rows: neither data.files." + name +
                                       " nor data.split." + name +
                                       " is set; pass --data PATH or another --split");
  }
  return found;
}

void check_part(const std::string& name) {
  if (name == "train" || name == "validation" || name == "test") return;
  throw Error(ErrorKind::config,
              "split '" + name + "' is unknown; allowed: train, validation, test");
}

std::vector<std::string> changed_files(const Json& before, const Json& now) {
  std::vector<std::string> changed;
  for (const auto& entry : now) {
    const auto same_place = [&](const Json& old) {
      return old.value("part", "") == entry.value("part", "") &&
             old.value("path", "") == entry.value("path", "");
    };
    const auto found = std::find_if(before.begin(), before.end(), same_place);
    if (found != before.end() && found->value("sha256", "") != entry.value("sha256", "")) {
      changed.push_back(entry.value("path", ""));
    }
  }
  return changed;
}

SplitConfig keyed_split(const RunConfig& config, const SplitConfig& split) {
  auto keyed = split;
  if (config.cross_validation && !keyed.validation && !keyed.test) keyed.test = 0.5;
  return keyed;
}

void arrange_folds(const OpenRequest& request, const SplitKeys& keys, const SplitConfig& split,
                   SplitRows& rows, OpenedData& opened) {
  const auto& cross = request.config.cross_validation;
  if (!cross || (!request.only.empty() && !request.fold)) return;
  auto candidates = rows.train;
  for (const auto* part : {&rows.validation, &rows.calibration}) {
    candidates.insert(candidates.end(), part->begin(), part->end());
  }
  std::sort(candidates.begin(), candidates.end());
  opened.folds = deal_folds(keys, std::move(candidates), *cross, split.seed);
  opened.fold_kind = split_kind(keys);
  if (!request.fold) return;
  rows = fold_rows(keys, *opened.folds, *request.fold, split);
  opened.split["fold"] = request.fold->fold + 1;
  if (cross->repeats > 1) opened.split["repeat"] = request.fold->repeat + 1;
}

void add_counted_findings(OpenedData& opened) {
  for (const auto& entry : opened.files) {
    const auto rows = entry.value("rows_left_out", std::int64_t{0});
    const auto equal = entry.value("equal_rows_left_out", std::int64_t{0});
    const auto images = entry.value("images_left_out", std::int64_t{0});
    if (rows + images == 0) continue;
    opened.findings.push_back(
        display_name(entry.value("path", "")) + " (" + entry.value("part", "") +
        "): " + counted(rows + images, images > 0 ? "image" : "row") + " left out" +
        (equal > 0 ? ", " + std::to_string(equal) + " of them equal to others" : ""));
  }
  const auto finding = rare_class_finding(opened.class_counts);
  if (finding) opened.findings.push_back(*finding);
}

std::vector<FittingParts> fitting_parts(const OpenRequest& request, const SplitKeys& keys,
                                        const SplitConfig& split, const SplitRows& rows,
                                        const OpenedData& opened) {
  if (request.fitted) return {};
  if (sets_from_folds(request.config) && opened.folds) {
    Rows held_out;
    for (std::int64_t fold = 0; fold < opened.folds->folds; ++fold) {
      const auto own = opened.folds->held_out(0, fold);
      held_out.insert(held_out.end(), own.begin(), own.end());
    }
    return {{std::move(held_out), {}}};
  }
  if (!asks_for_calibration_rows(request.config)) return {};
  std::vector<FittingParts> parts = {{rows.calibration, {}}};
  if (!opened.folds || request.fold) return parts;
  for (std::int64_t number = 0; number < opened.folds->folds * opened.folds->repeats(); ++number) {
    const FoldChoice fold{number % opened.folds->folds, number / opened.folds->folds};
    auto own = fold_rows(keys, *opened.folds, fold, split);
    parts.push_back({std::move(own.calibration), std::move(own.test)});
  }
  return parts;
}

OpenedData open_data(const RunConfig& config, Fitted fitted, const std::string& only,
                     std::optional<FoldChoice> fold) {
  const TraceSpan span("data");
  if (!only.empty()) {
    check_part(only);
    TORCH_CHECK(fitted, "one part alone needs a fitted preprocessor");
  }
  TORCH_CHECK(!fold || config.cross_validation, "a fold needs cross_validation");
  const OpenRequest request{config, std::move(fitted), only, fold};
  auto opened = std::holds_alternative<TableData>(config.data)  ? open_table(request)
                : std::holds_alternative<TextData>(config.data) ? open_text(request)
                                                                : open_images(request);
  if (!request.fitted && !request.fold) add_counted_findings(opened);
  return opened;
}

OpenedData open_external(const RunConfig& config, Fitted fitted, const std::string& path) {
  auto opened = std::holds_alternative<TableData>(config.data)
                    ? open_external_table(config, std::move(fitted), path)
                : std::holds_alternative<TextData>(config.data)
                    ? open_external_text(config, std::move(fitted), path)
                    : open_external_images(config, std::move(fitted), path);
  opened.summary.push_back(count_line("rows", opened));
  return opened;
}

}  // namespace candor
