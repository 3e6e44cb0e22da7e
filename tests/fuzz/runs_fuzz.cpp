// SPDX-License-Identifier: Apache-2.0
// A run directory of strangers, beside one of ours: `candor runs` and `candor compare` list,
// compare and draw both whatever is in it, and what comes from it steers no terminal and is no
// markup.
//
// An input is the files of the run one after the other, each behind a line "@NAME".
#include <candor/compare.h>
#include <candor/runs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/base/utf8.h"

namespace {

namespace fs = std::filesystem;

constexpr std::array kNames = {"config.json",     "metrics.jsonl", "timing.jsonl",
                               "report.json",     "ended.json",    "model/MANIFEST.json",
                               "model/model.json"};

constexpr const char* kConfig = R"({"name": "good", "task": {"type": "classification"},
  "data": {"type": "table", "files": {"train": "/a.csv"}}, "train": {"epochs": 2, "metric": null}})";
constexpr const char* kRows =
    "{\"step\": 5, \"epoch\": 1.0, \"train/loss\": 1.5, \"validation/loss\": 1.0}\n"
    "{\"step\": 10, \"epoch\": 2.0, \"train/loss\": 0.5, \"validation/loss\": 0.7}\n";

void write(const fs::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary)
      .write(content.data(), static_cast<std::streamsize>(content.size()));
}

// Two runs, of which the stranger's is empty, until the process ends.
class Folder {
 public:
  Folder() {
    path_ = fs::temp_directory_path() / ("candor-fuzz-runs-" + std::to_string(getpid()));
    for (const auto* run : {"good", "strange"}) {
      fs::create_directories(path_ / run / "model");
      write(path_ / run / ".candor-run", "{\"format_version\": 1}\n");
    }
    write(path_ / "good/config.json", kConfig);
    write(path_ / "good/metrics.jsonl", kRows);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string good() const { return (path_ / "good").string(); }
  std::string strange() const { return (path_ / "strange").string(); }
  std::string all() const { return path_.string(); }

  // The stranger's run has the files of `input` and no others.
  void fill(std::string_view input) const {
    for (const auto* name : kNames) fs::remove(path_ / "strange" / name);
    while (!input.empty()) {
      const auto end = std::min(input.find("\n@"), input.size() - 1) + 1;
      add(input.substr(0, end));
      input.remove_prefix(end);
    }
  }

 private:
  void add(std::string_view part) const {
    const auto line = part.substr(0, part.find('\n'));
    for (const auto* name : kNames) {
      if (line.substr(std::min<std::size_t>(1, line.size())) != name) continue;
      write(path_ / "strange" / name, part.substr(std::min(line.size() + 1, part.size())));
    }
  }

  fs::path path_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

void check_text(const std::string& text) {
  require(!candor::find_invalid_utf8(text));
  for (const unsigned char c : text) require(c >= ' ' ? c != 0x7f : c == '\n');
}

void check_page(const std::string& html) {
  require(html.find("<script") == std::string::npos);
  require(html.find("<img") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  folder.fill({reinterpret_cast<const char*>(data), size});
  candor::RunsOptions list;
  list.folders = {folder.all()};
  for (const bool all : {false, true}) {
    list.all = all;
    check_text(candor::list_runs(list));
  }
  list.json = true;
  check_text(candor::list_runs(list));
  candor::CompareOptions compare;
  compare.html = true;
  const auto both = candor::compare_runs({folder.good(), folder.strange()}, compare);
  check_text(both.text);
  check_page(both.html);
  return 0;
}
