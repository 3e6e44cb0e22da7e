// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/model_directory.h"

#include <system_error>

#include "core/artifact/run_directory.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFile = "model.json";
constexpr const char* kModelFolder = "model";  // in a run directory
constexpr const char* kWanted = "MODEL is a model directory or a run directory";

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// What a path that is not a model is instead, and the way out.
std::string other_folder(const fs::path& path) {
  const auto search = path.parent_path().parent_path();
  if (path.parent_path().filename() == "trials" && is_there(search / "trials.jsonl")) {
    return "is a trial of the search " + search.string() +
           ", and no model was made of it; the model of the best trial is " +
           (search / "final").string();
  }
  if (is_there(path / "checkpoints")) {
    return "is a run directory without a model, because training has not ended; continue it with "
           "candor train CONFIG --run " +
           path.string() + " --resume";
  }
  if (is_there(path / "cross_validation.json")) {
    return "is a cross-validation without a model (--folds-only); train it with candor train " +
           (path / "config.json").string() + " --run " + path.string() +
           " --resume, or take the model of one fold: " + (path / "folds" / "fold-01").string();
  }
  if (is_there(path / "trials.jsonl")) {
    const auto final = path / "final";
    return is_there(final) ? "is a search of candor tune; its model is " + final.string()
                           : std::string(
                                 "is a search of candor tune that has not ended; continue "
                                 "it with candor tune CONFIG --run ") +
                                 path.string() + " --resume";
  }
  if (has_manifest(path)) {
    return "is a checkpoint, not a model; pass the run directory that it lies in, once training "
           "has ended";
  }
  if (is_there(path / kModelFile)) {
    return "is a model directory without MANIFEST.json; its copy is not complete, copy the whole "
           "folder again";
  }
  if (is_there(path / "model.pt")) {
    return "is an export; pass the model directory or run directory that it was made from";
  }
  return std::string("is a folder without a model; ") + kWanted;
}

}  // namespace

fs::path find_model_directory(const fs::path& given) {
  const auto path = without_slash(given);
  std::error_code error;
  const auto status = fs::status(path, error);
  std::string what;
  if (!fs::exists(status)) {
    what = std::string("no such folder; ") + kWanted;
  } else if (!fs::is_directory(status)) {
    what = std::string("is a file; ") + kWanted;
  } else if (has_manifest(path) && is_there(path / kModelFile)) {
    return path;
  } else if (has_manifest(path / kModelFolder) && is_there(path / kModelFolder / kModelFile)) {
    return path / kModelFolder;
  } else {
    what = other_folder(path);
  }
  throw Error(ErrorKind::model, path.string() + ": " + what);
}

std::optional<fs::path> run_of_model(const fs::path& directory) {
  const auto model = without_slash(fs::absolute(directory).lexically_normal());
  if (model.filename() != kModelFolder || !is_run_directory(model.parent_path())) {
    return std::nullopt;
  }
  return model.parent_path();
}

}  // namespace candor
