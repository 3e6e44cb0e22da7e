// SPDX-License-Identifier: Apache-2.0
#include "core/predictions/report_files.h"

#include "core/base/files.h"

namespace candor {

namespace fs = std::filesystem;

std::vector<fs::path> report_paths(const fs::path& folder, const std::string& split) {
  return {folder / "report.json", folder / "report.html", folder / "report.md",
          folder / "predictions" / (split + ".jsonl")};
}

void require_free(const fs::path& path, bool overwrite) {
  if (overwrite || !fs::exists(path)) return;
  throw Error(ErrorKind::config,
              path.string() + ": exists already; pass --overwrite or another --out");
}

void prepare_report_folder(const fs::path& folder, const std::string& split, bool overwrite) {
  for (const auto& path : report_paths(folder, split)) require_free(path, overwrite);
  make_folders(folder);
}

void write_report(const fs::path& folder, const Report& report, const Scored& scored,
                  const History& history) {
  const auto paths = report_paths(folder, report.split);
  make_folders(folder / "predictions");
  write_file_atomic(paths[0], json_document(report_json(report)));
  write_file_atomic(paths[1], report_html(report, scored, history));
  write_file_atomic(paths[2], report_markdown(report));
  write_file_atomic(paths[3], predictions_jsonl(scored), FileAccess::owner);  // a target per row
}

Json public_files(const Json& files) {
  auto result = files;
  for (auto& entry : result) {
    entry["name"] = display_name(entry.value("path", ""));
    entry.erase("path");
  }
  return result;
}

}  // namespace candor
