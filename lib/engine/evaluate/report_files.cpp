// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/report_files.h"

#include "core/base/files.h"

namespace candor {

namespace fs = std::filesystem;

void write_report(const fs::path& folder, const Report& report, const Scored& scored) {
  fs::create_directories(folder / "predictions");
  write_file_atomic(folder / "report.json", report_json(report).dump(2) + "\n");
  write_file_atomic(folder / "report.html", report_html(report, scored));
  write_file_atomic(folder / "predictions" / (report.split + ".jsonl"), predictions_jsonl(scored));
}

Json public_files(const Json& files) {
  auto result = files;
  for (auto& entry : result) {
    entry["name"] = fs::path(entry.value("path", "")).filename().string();
    entry.erase("path");
  }
  return result;
}

}  // namespace candor
