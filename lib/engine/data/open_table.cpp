// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <candor/error.h>

#include "core/base/expand_paths.h"
#include "core/base/log.h"
#include "core/data/deduplicate.h"
#include "core/data/table_keys.h"
#include "core/inspect/training_findings.h"
#include "core/metrics/group_columns.h"
#include "core/table/clean_rows.h"
#include "engine/data/datasets.h"
#include "engine/data/open_parts.h"

namespace candor {
namespace {

// What is told of rows that are left out.
struct Told {
  const char* what;             // "have no target"
  const char* count = nullptr;  // key in the file's entry, beside rows_left_out
  spdlog::level::level_enum level = spdlog::level::warn;
};
constexpr Told kUnreadable = {"cannot be read"};
constexpr Told kNoTarget = {"have no target"};
// Left out because the config asks for it.
constexpr Told kRepeated = {"equal an earlier one", "equal_rows_left_out", spdlog::level::info};
constexpr Told kHeldOut = {"equal a row of data.files.validation or data.files.test",
                           "equal_rows_left_out", spdlog::level::info};

// Adds the rows of each file of `part` to its entry.
void count_rows(const std::string& part, const std::vector<LeftOut>& rows, const Told& told,
                Json& files) {
  std::map<std::string, std::size_t> of_file;
  for (const auto& row : rows) ++of_file[row.file];
  for (auto& entry : files) {
    const auto found = of_file.find(entry["path"].get<std::string>());
    if (entry["part"] != part || found == of_file.end()) continue;
    for (const char* key : {"rows_left_out", told.count}) {
      if (key != nullptr) entry[key] = entry.value(key, std::size_t{0}) + found->second;
    }
  }
}

// Rows are left out by data.clean, but never in silence.
void tell(const std::string& part, const Table& table, const std::vector<LeftOut>& rows,
          const Told& told, const TableData& data, OpenedData& opened) {
  if (rows.empty()) return;
  const std::size_t named = told.count == nullptr ? 20 : 3;
  for (std::size_t i = 0; i < std::min(rows.size(), named); ++i) {
    log().log(told.level, "row left out: {}:{}: {}", rows[i].file, rows[i].line, rows[i].reason);
  }
  const auto all = table.bad_rows().size() + static_cast<std::size_t>(table.rows());
  log().log(told.level, "{}: {} of {} rows {} and are left out", table.path(), rows.size(), all,
            told.what);
  count_rows(part, rows, told, opened.files);
  if (data.clean.bad_rows == BadRows::quarantine) opened.ledger += ledger_lines(part, rows);
}

Rows usable_rows(const std::string& part, const Table& table, const RunConfig& config,
                 OpenedData& opened) {
  const auto& data = std::get<TableData>(config.data);
  auto usable =
      rows_with_target(table, config.task.target.value_or(""), data.clean.max_bad_fraction);
  tell(part, table, usable.left_out, kNoTarget, data, opened);
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
  tell(part, table, unreadable_rows(table), kUnreadable, data, opened);
  return table;
}

Fitted fit_preprocessor(const Table& table, const Rows& rows, const RunConfig& config) {
  const auto& data = std::get<TableData>(config.data);
  auto stage = TableStage::fit(table, rows, config.task, data, text_form(config.model));
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
    opened_.summary.push_back(inputs_line());
    return std::move(opened_);
  }

 private:
  std::string inputs_line() const {
    const auto& columns = std::get<TableStage>(opened_.preprocessor->host()).columns();
    if (columns.vocabulary > 0) {
      return "inputs: one text, of a vocabulary of " + std::to_string(columns.vocabulary) +
             " tokens";
    }
    auto line = "inputs: " + std::to_string(columns.numeric.size()) + " numeric, " +
                std::to_string(columns.category_sizes.size()) + " categorical columns";
    if (columns.terms > 0) line += ", " + std::to_string(columns.terms) + " terms of texts";
    return line;
  }

  void open_training_file() {
    const auto table = read_part("train", data_.files.train, data_, opened_);
    auto keys = split_keys(table, request_.config.task, keyed_split(request_.config, data_.split));
    auto rows = split_rows(keys, data_.split);
    clean(table, rows);
    if (data_.clean.deduplicate) keys.duplicates.clear();  // are left out, not kept together
    arrange_folds(request_, keys, data_.split, rows, opened_);
    require_split(
        table.path(),
        {rows.train.size(), rows.validation.size(), rows.test.size(), rows.calibration.size()},
        data_.split);
    record_split(keys, data_.split, rows, opened_);
    if (!opened_.preprocessor) {
      opened_.preprocessor = fit_preprocessor(table, rows.train, request_.config);
    }
    if (request_.wants("train")) {
      opened_.sampling_weights =
          sampling_weights(table, rows.train, request_.config.task, request_.config.train.sampling);
      count_training_classes(table, rows.train);
      find_training_groups(table, rows.train);
    }
    if (!request_.fitted && !request_.fold) find_faults(table);
    for (const auto& part : fitting_parts(request_, keys, data_.split, rows, opened_)) {
      opened_.fitting_rows.push_back(fitting_rows(table, part));
    }
    take("train", table, rows.train, opened_.train);
    take("validation", table, rows.validation, opened_.validation);
    take("test", table, rows.test, opened_.test);
    take("calibration", table, rows.calibration, opened_.calibration);
  }

  void count_training_classes(const Table& table, const Rows& rows) {
    if (request_.config.task.type != TaskType::classification) return;
    const auto& fitted = *opened_.preprocessor;
    opened_.class_counts = count_classes(std::get<TableStage>(fitted.host()).labels(table, rows),
                                         fitted.signature().labels.size());
  }

  // Of the table as a whole: what is wrong with a column is so in every part.
  void find_faults(const Table& table) {
    const auto& files = data_.files;
    const bool compared = files.test && cells_of(table) <= kMostCellsInTraining;
    if (compared && files.validation) own_table("validation", *files.validation);  // files in order
    const auto* test = compared ? &own_table("test", *files.test) : nullptr;
    opened_.findings = training_findings(table, test, request_.config);
  }

  FittingRows fitting_rows(const Table& table, const FittingParts& part) const {
    const auto& stage = std::get<TableStage>(opened_.preprocessor->host());
    FittingRows rows;
    rows.count = part.fitted.size();
    if (stage.signature().output == OutputKind::classification) {
      rows.labels = stage.labels(table, part.fitted);
    }
    rows.weights = stage.weights(table, part.fitted);
    for (const auto& column : decision_columns(request_.config)) {
      rows.groups[column] = group_values(table, part.fitted, column);
      if (!part.decided.empty()) rows.decided[column] = group_values(table, part.decided, column);
    }
    return rows;
  }

  void find_training_groups(const Table& table, const Rows& rows) {
    const auto& fairness = request_.config.train.fairness;
    if (!fairness) return;
    if (table.find(fairness->group) < 0) {
      throw Error(ErrorKind::config, "train.fairness.group: " + table.no_column(fairness->group));
    }
    const auto values = group_values(table, rows, fairness->group);
    auto& groups = opened_.groups;
    groups.names = values;
    std::sort(groups.names.begin(), groups.names.end());
    groups.names.erase(std::unique(groups.names.begin(), groups.names.end()), groups.names.end());
    if (groups.names.size() > kMostGroupValues) {
      throw Error(ErrorKind::config,
                  fmt::format("train.fairness.group: '{}' has {} values, and more than {} are no "
                              "groups; name a column of few values",
                              fairness->group, groups.names.size(), kMostGroupValues));
    }
    for (const auto& value : values) {
      const auto found = std::lower_bound(groups.names.begin(), groups.names.end(), value);
      groups.of_rows.push_back(static_cast<std::int32_t>(found - groups.names.begin()));
    }
    const auto& fitted = *opened_.preprocessor;
    if (fitted.signature().output != OutputKind::classification) return;
    groups.labels = std::get<TableStage>(fitted.host()).labels(table, rows);
    groups.classes = fitted.signature().labels.size();
  }

  void own_file(const char* part, const Paths& paths, std::shared_ptr<const Dataset>& into) {
    const auto& table = own_table(part, paths);
    take(part, table, clean_rows(part, table), into);
    own_tables_.erase(part);
  }

  // Read once, also where the training rows are compared with it.
  const Table& own_table(const std::string& part, const Paths& paths) {
    const auto found = own_tables_.find(part);
    if (found != own_tables_.end()) return found->second;
    return own_tables_.emplace(part, read_part(part, paths, data_, opened_)).first->second;
  }

  // Ascending.
  Rows clean_rows(const std::string& part, const Table& table) {
    auto rows = usable_rows(part, table, request_.config, opened_);
    if (!data_.clean.deduplicate) return rows;
    return left_in(part, table, without_repeats(table, rows), kRepeated);
  }

  Rows left_in(const std::string& part, const Table& table, UsableRows usable, const Told& told) {
    tell(part, table, usable.left_out, told, data_, opened_);
    return std::move(usable.rows);
  }

  [[noreturn]] static void refuse_copies(const Table& table) {
    throw Error(ErrorKind::data,
                table.path() +
                    ": every row equals one of data.files.validation or data.files.test, so that "
                    "data.clean.deduplicate leaves none to train on; give other files");
  }

  // Rows that are left out leave the part that they fell into, so that all others stay where they
  // would be without it.
  void clean(const Table& table, SplitRows& rows) {
    auto usable = clean_rows("train", table);
    const std::pair<const char*, const std::optional<Paths>&> held_out[] = {
        {"validation", data_.files.validation}, {"test", data_.files.test}};
    for (const auto& [part, paths] : held_out) {
      if (!data_.clean.deduplicate || !paths) continue;
      usable = left_in("train", table, without_rows_of(own_table(part, *paths), table, usable),
                       kHeldOut);
    }
    if (usable.empty() && data_.clean.deduplicate) refuse_copies(table);
    if (static_cast<std::int64_t>(usable.size()) == table.rows()) return;
    for (auto* part : {&rows.train, &rows.validation, &rows.test, &rows.calibration})
      keep_only(*part, usable);
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
  std::map<std::string, Table> own_tables_;  // that are read and not yet taken
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
