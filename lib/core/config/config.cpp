// SPDX-License-Identifier: Apache-2.0
#include <candor/config.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/base/files.h"
#include "core/base/nearest.h"
#include "core/base/utf8.h"
#include "core/config/config_json.h"
#include "core/config/former_names.h"
#include "core/config/read.h"
#include "core/config/write.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

JsonLimits file_limits() {
  JsonLimits limits;
  limits.comments = true;
  return limits;
}

bool is_set(const Json& json, const char* pointer) {
  const Json::json_pointer at(pointer);
  return json.contains(at) && !json.at(at).is_null();
}

// every_epochs has a default, so that the struct alone does not tell whether somebody asked for
// both.
void choose_validation(const Json& json, RunConfig& config, Problems& problems) {
  auto& validate = config.train.validate;
  if (!validate.every_steps) return;
  if (is_set(json, "/train/validate/every_epochs")) {
    problems.add("/train/validate/every_steps",
                 "train.validate.every_steps and "
                 "train.validate.every_epochs are both set; keep one, "
                 "and set the other to null");
  }
  validate.every_epochs.reset();
}

struct Checked {
  RunConfig config;
  bool readable;  // every field could be read, so that the rules between fields were all looked at
};

// `words` change `json`; everything that is wrong then is in `problems`.
Checked read_and_check(Json json, const std::vector<std::string>& words, Problems& problems) {
  json = apply_overrides(std::move(json), words, problems);
  json = move_former_names(std::move(json), problems);
  auto config = read_config(json, problems);
  const bool readable = problems.values_read();
  choose_validation(json, config, problems);
  check_config(config, problems);
  return {std::move(config), readable};
}

// What is right in the file alone is wrong because of words: of those without any of which it would
// be right, or of all of them together.
void blame_words(const Json& json, const std::vector<std::string>& words, Problems& problems) {
  const auto blamed = problems.of_the_file();
  if (words.empty() || blamed.empty()) return;
  const auto right_with = [&](const std::vector<std::string>& some, const Problem& problem) {
    Problems others("");
    const bool readable = read_and_check(json, some, others).readable;
    return readable && !others.has(problem);
  };
  for (auto* problem : blamed) {
    if (!right_with({}, *problem)) continue;
    std::vector<std::string> culprits;
    for (std::size_t i = 0; i < words.size(); ++i) {
      auto rest = words;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      if (right_with(rest, *problem)) culprits.push_back(words[i]);
    }
    problem->word = join(culprits.empty() ? words : culprits, " ");
  }
}

// Throws with everything that is wrong.
RunConfig read_whole(const Json& json, const std::vector<std::string>& words, Problems& problems) {
  auto checked = read_and_check(json, words, problems);
  blame_words(json, words, problems);
  problems.raise();
  return std::move(checked.config);
}

// A path against a folder; an empty folder leaves it as it is.
void resolve_path(std::string& path, const fs::path& folder, const std::string& pointer,
                  Problems& problems) {
  if (folder.empty()) return;
  path = without_slash(fs::absolute(folder / path).lexically_normal()).string();
  if (!find_invalid_utf8(path)) return;
  problems.add(pointer,
               "leads through a folder whose name is not valid UTF-8, which no config can "
               "hold; rename that folder, or move the data");
}

// The files of data.text of a table. Stop words may be a list that candor has.
template <class FolderOf>
void resolve_text_paths(TextColumnsConfig& text, Problems& problems, const FolderOf& folder_of) {
  if (text.tokenizer.file) {
    resolve_path(*text.tokenizer.file, folder_of("data.text.tokenizer.file"),
                 "/data/text/tokenizer/file", problems);
  }
  auto& words = text.words.stop_words;
  if (!words || *words == "english" || *words == "chinese") return;
  resolve_path(*words, folder_of("data.text.words.stop_words"), "/data/text/words/stop_words",
               problems);
}

// Each path against the folder that `folder_of` names for its key. Throws with what is
// wrong.
template <class FolderOf>
void resolve_paths(RunConfig& config, Problems& problems, const FolderOf& folder_of) {
  const auto resolve = [&](const std::string& key, Paths& paths) {
    for (auto& path : paths.list) {
      resolve_path(path, folder_of("data.files." + key), "/data/files/" + key, problems);
    }
  };
  auto& files = std::visit([](auto& data) -> FilesConfig& { return data.files; }, config.data);
  resolve("train", files.train);
  if (files.validation) resolve("validation", *files.validation);
  if (files.test) resolve("test", *files.test);
  if (auto* text = std::get_if<TextData>(&config.data); text && text->tokenizer.file) {
    resolve_path(*text->tokenizer.file, folder_of("data.tokenizer.file"), "/data/tokenizer/file",
                 problems);
  }
  if (auto* table = std::get_if<TableData>(&config.data)) {
    resolve_text_paths(table->text, problems, folder_of);
  }
  if (config.train.init_from) {
    resolve_path(config.train.init_from->path, folder_of("train.init_from.path"),
                 "/train/init_from/path", problems);
  }
  std::visit(
      [&](auto& data) {
        if constexpr (requires { data.cache; }) {
          if (data.cache)
            resolve_path(*data.cache, folder_of("data.cache"), "/data/cache", problems);
        }
      },
      config.data);
  problems.raise();
}

void collect_differences(const Json& before, const Json& after, const std::string& path,
                         std::vector<std::string>& lines) {
  if (before == after) return;
  if (!before.is_object() || !after.is_object()) {
    lines.push_back(path + ": " + before.dump() + " -> " + after.dump());
    return;
  }
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  for (const auto& [key, value] : before.items()) {
    collect_differences(value, after.contains(key) ? after[key] : Json(), below(key), lines);
  }
  for (const auto& [key, value] : after.items()) {
    if (!before.contains(key)) collect_differences(Json(), value, below(key), lines);
  }
}

}  // namespace

bool Paths::empty() const {
  return list.empty() || std::find(list.begin(), list.end(), "") != list.end();
}

std::string Paths::text() const {
  if (list.empty()) return "";
  const auto more = list.size() - 1;
  return list.front() + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

RunConfig load_config(const std::string& path, const std::vector<std::string>& words) {
  const auto json = parse_json_file(path, ErrorKind::config, file_limits());
  Problems problems(path);
  auto config = read_whole(json, words, problems);
  const auto folder = fs::absolute(path).parent_path();
  resolve_paths(config, problems, [&](const std::string& key) {
    return word_that_set(words, key) ? fs::current_path() : folder;
  });
  return config;
}

RunConfig config_from_json(const Json& json, const std::string& where, ErrorKind kind) {
  Problems problems(where, kind);
  return read_whole(json, {}, problems);
}

RunConfig apply_words(const RunConfig& config, const std::vector<std::string>& words) {
  if (words.empty()) return config;
  Problems problems("config of the run");
  auto changed = read_whole(config_json(config), words, problems);
  resolve_paths(changed, problems, [&](const std::string& key) {
    return word_that_set(words, key) ? fs::current_path() : fs::path();
  });
  return changed;
}

std::optional<std::string> word_that_set(const std::vector<std::string>& words,
                                         const std::string& key) {
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    const auto end = word->find('=');
    if (end == std::string::npos) continue;
    const auto start = word->starts_with("+") ? 1u : 0u;
    const auto path = word->substr(start, end - start);
    if (key == path || key.starts_with(path + ".")) return *word;
  }
  return std::nullopt;
}

Json config_json(const RunConfig& config) { return section_json(config); }

std::string write_config(const RunConfig& config) { return json_document(config_json(config)); }

std::vector<std::string> config_differences(const RunConfig& before, const RunConfig& after) {
  std::vector<std::string> lines;
  collect_differences(config_json(before), config_json(after), "", lines);
  return lines;
}

}  // namespace candor
