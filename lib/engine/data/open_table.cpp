// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <candor/error.h>

#include "core/base/expand_paths.h"
#include "core/base/log.h"
#include "core/data/table_keys.h"
#include "core/table/clean_rows.h"
#include "engine/data/datasets.h"
#include "engine/data/open_parts.h"

namespace candor {
namespace {

// Rows are left out by data.clean, but never in silence.
void tell(const std::string& part, const Table& table, const std::vector<LeftOut>& rows,
          const char* what, const TableData& data, OpenedData& opened) {
  constexpr std::size_t kMostNamed = 20;
  if (rows.empty()) return;
  for (std::size_t i = 0; i < std::min(rows.size(), kMostNamed); ++i) {
    log().warn("row left out: {}:{}: {}", rows[i].file, rows[i].line, rows[i].reason);
  }
  const auto all = table.bad_rows().size() + static_cast<std::size_t>(table.rows());
  log().warn("{}: {} of {} rows {} and are left out", table.path(), rows.size(), all, what);
  auto& count = opened.files.back()["rows_left_out"];
  count = (count.is_null() ? 0 : count.get<std::size_t>()) + rows.size();
  if (data.clean.bad_rows == BadRows::quarantine) opened.ledger += ledger_lines(part, rows);
}

Rows usable_rows(const std::string& part, const Table& table, const RunConfig& config,
                 OpenedData& opened) {
  const auto& data = std::get<TableData>(config.data);
  auto usable =
      rows_with_target(table, config.task.target.value_or(""), data.clean.max_bad_fraction);
  tell(part, table, usable.left_out, "have no target", data, opened);
  return std::move(usable.rows);
}

Table read_part(const std::string& part, const Paths& paths, const TableData& data,
                OpenedData& opened) {
  ReadOptions options;
  options.digest = true;
  options.cache = data.cache.value_or("");
  auto table = read_table(expand_paths(paths.list), data, options);
  for (const auto& source : table.sources()) {
    Json entry;
    entry["part"] = part;
    entry["path"] = source.path;
    entry["sha256"] = source.sha256;
    entry["bytes"] = source.bytes;
    opened.files.push_back(std::move(entry));
  }
  if (!table.cache_file().empty()) opened.caches.push_back(table.cache_file());
  tell(part, table, unreadable_rows(table), "cannot be read", data, opened);
  return table;
}

Fitted fit_preprocessor(const Table& table, const Rows& rows, const RunConfig& config) {
  const auto& data = std::get<TableData>(config.data);
  auto stage = TableStage::fit(table, rows, config.task, data);
  const auto inputs = stage.apply_training(table, rows, data);
  std::vector<double> targets;
  if (config.task.type == TaskType::regression) targets = stage.targets(table, rows);
  const auto statistics =
      fit_table(stage.columns(), inputs, stage.weights(table, rows), targets, config.task, data);
  return std::make_shared<const Preprocessor>(std::move(stage), make_table_stage(statistics));
}

class TableOpener {
 public:
  explicit TableOpener(const OpenRequest& request)
      : request_(request), data_(std::get<TableData>(request.config.data)) {
    opened_.files = Json::array();
    opened_.preprocessor = request.fitted;
  }

  OpenedData open() {
    open_parts(
        request_, data_.files, opened_, [&] { open_training_file(); },
        [&](const char* part, const Paths& paths, std::shared_ptr<const Dataset>& into) {
          own_file(part, paths, into);
        });
    opened_.summary.push_back(count_line("rows", opened_));
    const auto& widths = opened_.preprocessor->widths();
    opened_.summary.push_back("inputs: " + std::to_string(widths.numeric) + " numeric, " +
                              std::to_string(widths.categorical) + " categorical columns");
    return std::move(opened_);
  }

 private:
  void open_training_file() {
    const auto table = read_part("train", data_.files.train, data_, opened_);
    const auto keys = split_keys(table, request_.config.task, data_.split);
    auto rows = split_rows(keys, data_.split);
    clean(table, rows);
    require_split(table.path(), {rows.train.size(), rows.validation.size(), rows.test.size()},
                  data_.split);
    record_split(keys, data_.split, rows, opened_);
    if (!opened_.preprocessor) {
      opened_.preprocessor = fit_preprocessor(table, rows.train, request_.config);
    }
    if (request_.wants("train")) {
      opened_.sampling_weights =
          sampling_weights(table, rows.train, request_.config.task, request_.config.train.sampling);
    }
    take("train", table, rows.train, opened_.train);
    take("validation", table, rows.validation, opened_.validation);
    take("test", table, rows.test, opened_.test);
  }

  void own_file(const char* part, const Paths& paths, std::shared_ptr<const Dataset>& into) {
    const auto table = read_part(part, paths, data_, opened_);
    take(part, table, usable_rows(part, table, request_.config, opened_), into);
  }

  // Rows that are left out leave the part that they fell into, so that all others stay where they
  // would be without it.
  void clean(const Table& table, SplitRows& rows) {
    const auto usable = usable_rows("train", table, request_.config, opened_);
    if (static_cast<std::int64_t>(usable.size()) == table.rows()) return;
    for (auto* part : {&rows.train, &rows.validation, &rows.test}) keep_only(*part, usable);
  }

  void take(const char* part, const Table& table, const Rows& rows,
            std::shared_ptr<const Dataset>& into) {
    if (rows.empty() || !request_.wants(part)) return;
    const bool training = part == std::string_view("train");
    into = make_table_dataset(*opened_.preprocessor, table, rows, data_, training);
  }

  const OpenRequest& request_;
  const TableData& data_;
  OpenedData opened_;
};

}  // namespace

OpenedData open_table(const OpenRequest& request) { return TableOpener(request).open(); }

OpenedData open_external_table(const RunConfig& config, Fitted fitted, const std::string& path) {
  const auto& data = std::get<TableData>(config.data);
  OpenedData opened;
  opened.files = Json::array();
  const auto table = read_part("test", path, data, opened);
  const auto rows = usable_rows("test", table, config, opened);
  opened.test = make_table_dataset(*fitted, table, rows, data);
  opened.preprocessor = std::move(fitted);
  return opened;
}

}  // namespace candor
