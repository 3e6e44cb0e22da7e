// SPDX-License-Identifier: Apache-2.0
#include "core/runs/find_runs.h"

#include <algorithm>
#include <set>
#include <system_error>

#include <candor/error.h>

#include "core/artifact/run_directory.h"
#include "core/base/files.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 4;

// Folders in `path`, in the order of their names; `why` says what kept from reading it.
std::vector<fs::path> folders_in(const fs::path& path, std::string& why) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const auto name = it->path().filename().string();
    if (name.starts_with('.') || !fs::is_directory(it->symlink_status(ignored))) continue;
    folders.push_back(it->path());
  }
  if (error) why = "cannot be read: " + error.message();
  std::sort(folders.begin(), folders.end());
  return folders;
}

class Search {
 public:
  explicit Search(FoundRuns& found) : found_(found) {}

  void below(const fs::path& root) {
    root_ = root;
    if (is_run_directory(root)) {
      add(root, display_name(root));
      return;
    }
    std::string why;
    for (const auto& folder : folders_in(root, why)) {
      std::string reason = "holds no run";
      if (!visit(folder, 1, reason)) found_.foreign.push_back({folder, reason});
    }
    if (!why.empty()) found_.foreign.push_back({root, why});
  }

 private:
  void add(const fs::path& path, std::string name) {
    std::error_code error;
    const auto place = fs::canonical(path, error);
    if (seen_.insert(error ? path : place).second) found_.runs.push_back({path, std::move(name)});
  }

  // False when nothing was found; `why` then says what kept from looking, if anything did.
  bool visit(const fs::path& path, int depth, std::string& why) {
    if (is_run_directory(path)) {
      add(path, path.lexically_relative(root_).generic_string());
      return true;
    }
    bool any = false;
    const auto folders = folders_in(path, why);
    if (depth >= kDeepest) return false;
    for (const auto& folder : folders) any = visit(folder, depth + 1, why) || any;
    return any;
  }

  FoundRuns& found_;
  fs::path root_;
  std::set<fs::path> seen_;
};

}  // namespace

FoundRuns find_runs(const std::vector<std::string>& folders) {
  FoundRuns found;
  Search search(found);
  for (const auto& folder : folders) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
      throw Error(ErrorKind::config,
                  folder +
                      ": no such folder; pass the folder that holds your runs (candor train "
                      "makes them below runs)");
    }
    search.below(without_slash(folder));
  }
  return found;
}

}  // namespace candor
