// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/init_from.h"

#include <torch/torch.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/artifact/model_directory.h"
#include "core/artifact/run_directory.h"
#include "core/base/files.h"
#include "core/base/name_pattern.h"
#include "core/metrics/report_format.h"
#include "engine/checkpoint/weight_meaning.h"
#include "engine/checkpoint/weights.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameWidth = 200;  // of a tensor in a message

const std::string kField = "/train/init_from/path: ";

// One line for each tensor that is not the same in both; those that fit `skipped` are nobody's
// business.
std::vector<std::string> differences(const TensorMap& own, const TensorMap& given,
                                     const std::vector<std::string>& skipped) {
  std::vector<std::string> lines;
  for (const auto& [name, tensor] : own) {
    if (fits_any(skipped, name)) continue;
    const auto found = given.find(name);
    if (found == given.end()) {
      lines.push_back(shown(name, kNameWidth) + ": is not in the file");
    } else if (found->second.sizes() != tensor.sizes() ||
               found->second.scalar_type() != tensor.scalar_type()) {
      lines.push_back(shown(name, kNameWidth) + ": is " + describe(found->second) +
                      ", the model has " + describe(tensor));
    }
  }
  for (const auto& [name, tensor] : given) {
    if (!own.contains(name) && !fits_any(skipped, name)) {
      lines.push_back(shown(name, kNameWidth) + ": is not in the model");
    }
  }
  return lines;
}

void require_patterns(const std::vector<std::string>& patterns, const TensorMap& own) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : own) names.push_back(name);
  for (const auto& pattern : patterns) require_fitting("train.init_from.new", pattern, names);
}

void require_none(const std::vector<std::string>& lines, const fs::path& file,
                  const std::string& what) {
  if (lines.empty()) return;
  auto text = kField + file.string() + ": " + what +
              "; begin with others, or name what may begin at random in train.init_from.new:";
  constexpr std::size_t kMost = 20;
  for (std::size_t i = 0; i < std::min(lines.size(), kMost); ++i) text += "\n  " + lines[i];
  if (lines.size() > kMost) text += fmt::format("\n  and {} more", lines.size() - kMost);
  throw Error(ErrorKind::model, text);
}

bool is_weights_file(const fs::path& path) {
  std::error_code error;
  return path.extension() == ".safetensors" && fs::is_regular_file(path, error);
}

// What `path` is instead of weights to begin with.
std::string refusal(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  std::string what = "is neither a run directory with a model, nor a model directory";
  if (!fs::exists(status)) {
    what = "there is no such file or folder";
  } else if (fs::is_directory(status) && is_run_directory(path)) {
    what = "is a run directory without a model, because training has not ended there";
  } else if (!fs::is_directory(status)) {
    what = "is a file, but not of the kind .safetensors";
  }
  return kField + path.string() + ": " + what +
         "; expected a run directory, a model directory or a .safetensors file";
}

// Errors of `read` name the field that led to the file.
template <class F>
auto damage_of_field(const F& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(error.kind(), kField + error.what());
  }
}

// The model directory that `file` lies in.
std::optional<fs::path> model_of(const fs::path& file) {
  const auto directory = file.parent_path();
  if (file.filename() != "model.safetensors" || !has_manifest(directory)) return std::nullopt;
  return directory;
}

std::shared_ptr<const Preprocessor> read_preprocessor(const fs::path& model) {
  return damage_of_field([&] {
    verify_manifest(model, {"preprocess.json"});
    const auto read = [&](const char* name) {
      return parse_json_file((model / name).string(), ErrorKind::model, tokenizer_json_limits());
    };
    const bool tokens = fs::exists(model / "tokenizer.json");
    return Preprocessor::from_json(read("preprocess.json"),
                                   tokens ? read("tokenizer.json") : Json());
  });
}

// Whether all parameters of the module that fit one of `tensors` begin anew.
bool all_new(const std::vector<std::string>& tensors, const std::vector<std::string>& new_ones,
             const TensorMap& own) {
  return std::all_of(own.begin(), own.end(), [&](const auto& entry) {
    return !fits_any(tensors, entry.first) || fits_any(new_ones, entry.first);
  });
}

// SHA-256 of the files of `part`, each with its path; those of a part without files of its own are
// cut from the training files.
std::map<std::string, std::string> files_of(const Json& files, const std::string& part) {
  std::map<std::string, std::string> found;
  for (const auto& entry : files) {
    if (entry.value("part", "") != part) continue;
    found[entry.value("sha256", "")] = entry.value("path", "");
  }
  return found.empty() && part != "train" ? files_of(files, "train") : found;
}

// The files that a model was trained on, and the digest of their split.
std::pair<std::map<std::string, std::string>, std::string> read_training(const fs::path& model) {
  const auto path = (model / "metrics.json").string();
  const auto json = parse_json_file(path, ErrorKind::model);
  try {
    return {files_of(json.value("data", Json::array()), "train"), json.value("split_sha256", "")};
  } catch (const Json::exception&) {
    throw Error(ErrorKind::model, path + ": data or split_sha256 is of another type");
  }
}

}  // namespace

fs::path find_weights(const fs::path& path) {
  if (is_weights_file(path)) return path;
  fs::path directory;
  try {
    directory = find_model_directory(path);
  } catch (const Error&) {
    throw Error(ErrorKind::config, refusal(path));
  }
  return damage_of_field([&] {
    verify_manifest(directory, {"model.safetensors"});
    return directory / "model.safetensors";
  });
}

Json begin_from(const fs::path& file, const std::vector<std::string>& new_ones,
                torch::nn::Module& module) {
  const auto own = module_state(module);
  require_patterns(new_ones, own);
  const auto given = damage_of_field([&] { return load_tensors(file); });
  require_none(differences(own, given, new_ones), file, "its weights are not those of the model");
  const torch::NoGradGuard no_gradients;
  for (auto [name, tensor] : own) {
    if (!fits_any(new_ones, name)) tensor.copy_(given.at(name));
  }
  Json entry;
  entry["path"] = file.string();
  entry["sha256"] = sha256_file(file, ErrorKind::model);
  entry["bytes"] = static_cast<std::int64_t>(fs::file_size(file));
  return entry;
}

std::vector<std::string> check_meaning(const fs::path& file,
                                       const std::vector<std::string>& new_ones,
                                       const torch::nn::Module& module,
                                       const Preprocessor& preprocessor, const ModelConfig& model) {
  const auto directory = model_of(file);
  if (!directory) {
    return {"train.init_from: " + file.string() +
            " lies in no model directory, so that nothing tells which columns, classes or tokens "
            "its weights are of"};
  }
  const auto given = read_preprocessor(*directory);
  const auto own = module_state(module);
  std::vector<std::string> refused, begun;
  for (const auto& difference :
       meaning_differences(weight_meanings(preprocessor, model), weight_meanings(*given, model))) {
    const bool fresh = all_new(difference.tensors, new_ones, own);
    (fresh ? begun : refused)
        .push_back(fresh ? "train.init_from: begins at random: " + difference.text
                         : difference.text);
  }
  require_none(refused, file, "its weights are of other columns, categories, classes or tokens");
  return begun;
}

std::optional<std::string> seen_rows(const fs::path& file, const OpenedData& data) {
  const auto directory = model_of(file);
  const auto part = data.reported_part();
  if (!directory || part == "train") return std::nullopt;
  const auto [trained, split] = damage_of_field([&] { return read_training(*directory); });
  const auto reported = files_of(data.files, part);
  // One split of the same files: the same rows are held back.
  if (split == data.split_digest && reported == files_of(data.files, "train")) return std::nullopt;
  const auto same = std::find_if(reported.begin(), reported.end(),
                                 [&](const auto& entry) { return trained.contains(entry.first); });
  if (same == reported.end()) return std::nullopt;
  return fmt::format(
      "train.init_from: the {} rows come from {}, which the weights of {} were trained on, by "
      "another split: rows that they have seen make the report look better than it is; take the "
      "data.split of that run, or {} rows of their own",
      part, display_name(same->second), directory->string(), part);
}

}  // namespace candor
