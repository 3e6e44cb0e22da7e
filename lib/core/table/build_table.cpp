// SPDX-License-Identifier: Apache-2.0
#include "core/table/build_table.h"
#include "core/base/counted.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include <candor/error.h>

namespace candor {
namespace {

constexpr const char* kWhitespace = "whitespace";

std::size_t thread_count(const ReadOptions& options) {
  if (options.threads > 0) return options.threads;
  return std::max(1u, std::thread::hardware_concurrency());
}

// Threads take chunks in order, work on them at the same time and hand in the results in order. Of
// several failures the one in the first chunk counts, as if there were one thread.
class ChunkLine {
 public:
  // The number of the chunk that `take` has got, or nothing when there is none.
  template <class Take>
  std::optional<std::size_t> take(const Take& take) {
    const std::lock_guard lock(taking_);
    if (has_failed()) return std::nullopt;
    try {
      if (!take()) return std::nullopt;
    } catch (...) {
      fail(taken_, std::current_exception());
      return std::nullopt;
    }
    return taken_++;
  }

  // Runs `work`, then `hand_in` when all chunks before have been handed in.
  template <class Work, class HandIn>
  void process(std::size_t number, const Work& work, const HandIn& hand_in) {
    try {
      work();
    } catch (...) {
      fail(number, std::current_exception());
    }
    std::unique_lock lock(handing_in_);
    turn_.wait(lock, [&] { return done_ == number; });
    try {
      if (!has_failed()) hand_in();
    } catch (...) {
      fail(number, std::current_exception());
    }
    ++done_;
    turn_.notify_all();
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  bool has_failed() {
    const std::lock_guard lock(failing_);
    return failure_ != nullptr;
  }
  void fail(std::size_t number, std::exception_ptr failure) {
    const std::lock_guard lock(failing_);
    if (failure_ && number >= failed_) return;
    failed_ = number;
    failure_ = std::move(failure);
  }

  std::mutex taking_, handing_in_, failing_;
  std::condition_variable turn_;
  std::size_t taken_ = 0, done_ = 0, failed_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

CsvDialect dialect_of(const TableFormat& format) {
  const bool whitespace = format.delimiter == kWhitespace;
  const bool comment = !format.comment || format.comment->size() == 1;
  if ((format.delimiter.size() != 1 && !whitespace) || format.quote.size() > 1 || !comment) {
    throw Error(ErrorKind::config,
                "data.format: delimiter must be one byte or \"whitespace\", quote one byte or "
                "empty, and comment one byte or null");
  }
  CsvDialect dialect;
  dialect.whitespace = whitespace;
  dialect.delimiter = whitespace ? ' ' : format.delimiter.front();
  if (format.comment) dialect.comment = format.comment->front();
  dialect.quotes = !format.quote.empty();
  if (dialect.quotes) dialect.quote = format.quote.front();
  dialect.trim = format.trim;
  return dialect;
}

bool is_json_lines(std::string_view name, const TableFormat& format) {
  if (format.type != TableFileType::automatic) return format.type == TableFileType::json_lines;
  if (name.ends_with(".gz") || name.ends_with(".xz")) name.remove_suffix(3);
  return name.ends_with(".jsonl") || name.ends_with(".ndjson") || name.ends_with(".json");
}

TableBuilder::TableBuilder(const TableData& config, const ReadOptions& options)
    : config_(config), options_(options), markers_(config.format.missing) {
  plan_.dialect = dialect_of(config.format);
  plan_.header = config.format.header;
  distinct_.resize(thread_count(options));
}

void TableBuilder::fail(const std::string& what) { throw Error(ErrorKind::data, what); }

void TableBuilder::add(ByteSource& bytes, const std::string& name) {
  is_json_lines(name, config_.format) ? add_json_lines(bytes, name) : add_csv(bytes, name);
}

void TableBuilder::add_csv(ByteSource& bytes, const std::string& name) {
  table_.sources_.push_back({name, table_.rows_, {}, 0});
  plan_.name = name;
  CsvSource source(bytes, name, plan_.dialect, options_.kernel, options_.chunk_bytes);
  const auto first = source.peek(2);
  if (first.empty()) refuse_empty(source, name);
  name_columns(first, name);
  if (plan_.header) source.skip_row();
  const auto before = rows_seen();
  read_chunks(source);
  if (before == rows_seen()) fail(name + ": the file has a header line and no rows");
  close_source(bytes);
}

void TableBuilder::close_source(ByteSource& bytes) {
  auto& source = table_.sources_.back();
  source.sha256 = bytes.digest();
  source.bytes = static_cast<std::int64_t>(bytes.bytes_read());
}

std::size_t TableBuilder::rows_seen() const {
  return static_cast<std::size_t>(table_.rows_) + table_.bad_rows_.size();
}

void TableBuilder::refuse_empty(CsvSource& source, const std::string& name) const {
  CsvChunk chunk;
  while (source.next(chunk)) {  // throws where a quote is never closed
  }
  fail(name + ": the file is empty; a table needs rows" +
       (plan_.header ? " and a header line with the columns' names" : ""));
}

void TableBuilder::name_columns(const std::vector<CsvRow>& rows, const std::string& name) {
  const auto& first = rows.front();
  const auto place = name + ":" + std::to_string(first.line) + ": ";
  if (plan_.header && !first.defect.empty()) fail(place + "the header has " + first.defect);
  if (table_.sources_.size() > 1) {
    compare_header(first, name);
  } else {
    for (std::size_t i = 0; i < first.cells.size(); ++i) {
      add_column(column_name(first.cells[i], i), place);
      named_.push_back(plan_.header && !first.cells[i].empty());
    }
    plan_.columns = first.cells.size();
  }
  // A delimiter that ends every line but the header.
  plan_.trailing_delimiter = rows.size() > 1 && rows[1].defect.empty() &&
                             rows[1].cells.size() == plan_.columns + 1 &&
                             rows[1].cells.back().empty() && plan_.header;
}

std::string TableBuilder::column_name(std::string_view cell, std::size_t index) const {
  const bool named = plan_.header && !cell.empty();
  return named ? std::string(cell) : std::string("c").append(std::to_string(index));
}

// Every file has the columns of the first.
void TableBuilder::compare_header(const CsvRow& row, const std::string& name) const {
  constexpr const char* kRule = "; the files of one table have the same columns in the same order";
  const auto start = name + ":" + std::to_string(row.line) + ": ";
  const auto& first = table_.sources_.front().path;
  if (row.cells.size() != table_.names_.size()) {
    fail(start + counted(static_cast<std::int64_t>(row.cells.size()), "column") + ", but " + first +
         " has " + std::to_string(table_.names_.size()) + kRule);
  }
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const auto found = column_name(row.cells[i], i);
    if (found == table_.names_[i]) continue;
    fail(start + "column " + std::to_string(i + 1) + " is '" + found + "', but '" +
         table_.names_[i] + "' in " + first + kRule);
  }
}

void TableBuilder::add_column(const std::string& column, const std::string& place) {
  constexpr std::size_t kMostColumns = 100000;
  const auto index = static_cast<std::int64_t>(table_.names_.size());
  const auto [earlier, added] = table_.index_.emplace(column, index);
  if (!added) {
    fail(place + "two columns are called '" + column + "' (number " +
         std::to_string(earlier->second + 1) + " and " + std::to_string(index + 1) +
         "); rename one");
  }
  if (table_.names_.size() == kMostColumns) {
    fail(place + "more than " + std::to_string(kMostColumns) +
         " columns; is data.format.delimiter the right one?");
  }
  table_.names_.push_back(column);
  building_.emplace_back(plan_of(column));
}

ColumnPlan TableBuilder::plan_of(const std::string& column) const {
  ColumnPlan plan;
  plan.markers = &markers_;
  const auto found = config_.columns.find(column);
  if (found != config_.columns.end()) {
    plan.rules.values.insert(found->second.values.begin(), found->second.values.end());
    plan.declared = declared_type(found->second.type);
    plan.date_order = found->second.date_order;
  }
  return plan;
}

// Runs `work(i)` in as many threads as there are, or in this one when the source is short.
template <class Work>
void TableBuilder::run_threads(const CsvSource& source, const Work& work) {
  const auto helpers = source.at_end() ? 0 : distinct_.size() - 1;
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i <= helpers; ++i) threads.emplace_back(work, i);
  work(0);
  for (auto& thread : threads) thread.join();
}

void TableBuilder::read_chunks(CsvSource& source) {
  ChunkLine line;
  run_threads(source, [&](std::size_t thread) {
    auto& distinct = distinct_[thread];
    distinct.resize(plan_.columns);
    CsvChunk chunk;
    TablePart part;
    while (const auto number = line.take([&] { return source.next(chunk); })) {
      line.process(
          *number, [&] { part.read(chunk, plan_, building_, distinct); }, [&] { commit(part); });
    }
  });
  line.rethrow();
}

void TableBuilder::add_json_lines(ByteSource& bytes, const std::string& name) {
  table_.sources_.push_back({name, table_.rows_, {}, 0});
  CsvDialect lines;
  lines.delimiter = '\n';
  lines.quotes = false;
  CsvSource source(bytes, name, lines, options_.kernel, options_.chunk_bytes);
  if (source.peek(1).empty()) {
    fail(name + ": the file is empty; JSON lines have one JSON object per line");
  }
  const auto before = rows_seen();
  const auto first_part = json_parts_.size();
  json_parts_.resize(first_part + distinct_.size());
  ChunkLine line;
  run_threads(source, [&](std::size_t thread) {
    auto& part = json_parts_[first_part + thread];
    const auto plan = [this](const std::string& column) { return plan_of(column); };
    CsvChunk chunk;
    while (const auto number = line.take([&] { return source.next(chunk); })) {
      line.process(
          *number, [&] { part.read(chunk, name, plan); },
          [&] {
            bytes_ += chunk.bytes.size();
            commit(part);
          });
    }
  });
  line.rethrow();
  if (before == rows_seen() || (building_.empty() && table_.bad_rows_.empty())) {
    fail(name + ": no line has a key; JSON lines have one JSON object per line");
  }
  close_source(bytes);
}

void TableBuilder::commit(const TablePart& part) {
  for (std::size_t i = 0; i < building_.size(); ++i) building_[i].append(part.columns()[i]);
  commit_rows(part);
}

void TableBuilder::commit(const JsonPart& part) {
  std::vector<bool> filled(building_.size());
  const auto before = static_cast<std::size_t>(table_.rows_);
  for (const auto* column : part.columns()) {
    auto index = table_.find(column->name);
    if (index < 0) {
      index = static_cast<std::int64_t>(building_.size());
      add_column(column->name, table_.sources_.back().path + ": ");
      named_.push_back(true);
      building_.back().append_missing(before);
      filled.push_back(false);
    }
    building_[static_cast<std::size_t>(index)].append(column->part);
    filled[static_cast<std::size_t>(index)] = true;
  }
  for (std::size_t i = 0; i < building_.size(); ++i) {
    if (!filled[i]) building_[i].append_missing(part.rows());
  }
  commit_rows(part);
  check_key_count(table_.sources_.back().path, static_cast<std::size_t>(table_.rows_),
                  building_.size(), bytes_);
}

// Where the rows of a part lie.
template <class Part>
void TableBuilder::commit_rows(const Part& part) {
  for (const auto& lines : part.lines()) {
    const auto row = table_.rows_ + lines.row;
    const bool new_file = row == table_.sources_.back().first_row;
    if (!new_file) {
      const auto& run = table_.lines_.back();
      if (run.line_of_first + (row - run.first_row) == lines.line) continue;
    }
    table_.lines_.push_back({row, lines.line});
  }
  const auto source = table_.sources_.size() - 1;
  for (const auto& bad : part.bad_rows()) {
    table_.bad_rows_.push_back({bad.line, bad.reason, source});
  }
  table_.rows_ += static_cast<std::int64_t>(part.rows());
}

DistinctSketch TableBuilder::all_distinct(std::size_t column) const {
  DistinctSketch distinct;
  for (const auto& part : distinct_) {
    if (column < part.size()) distinct.merge(part[column]);
  }
  for (const auto& part : json_parts_) {
    const auto* key = part.find(table_.names_[column]);
    if (key != nullptr) distinct.merge(key->distinct);
  }
  return distinct;
}

void TableBuilder::check_bad_rows() const {
  const auto bad = table_.bad_rows_.size();
  const auto all = bad + static_cast<std::size_t>(table_.rows_);
  if (static_cast<double>(bad) > config_.clean.max_bad_fraction * static_cast<double>(all)) {
    const auto& first = table_.bad_rows_.front();
    fail(table_.place(first) + ": " + first.reason +
         "; fix the row, or set data.clean.max_bad_fraction to skip such rows (" +
         std::to_string(bad) + " of " + counted(static_cast<std::int64_t>(all), "row") +
         (bad == 1 ? " is bad)" : " are bad)"));
  }
  if (table_.rows_ == 0) {
    const auto& first = table_.bad_rows_;
    fail(table_.path_ + ": no row can be used (" +
         counted(static_cast<std::int64_t>(bad), "bad row") +
         (first.empty()
              ? ""
              : "; the first: " + table_.place(first.front()) + ": " + first.front().reason) +
         ")");
  }
}

// A column without a name and without a value, behind a delimiter that ends every line.
void TableBuilder::drop_empty_last_column() {
  const auto last = table_.names_.size() - 1;
  if (table_.names_.size() < 2 || named_[last] || table_.columns_[last]->summary().present() > 0)
    return;
  table_.index_.erase(table_.index_.find(table_.names_[last]));
  table_.names_.pop_back();
  table_.columns_.pop_back();
}

Table TableBuilder::finish() && {
  table_.path_ = table_path(table_.sources_);
  check_bad_rows();
  for (std::size_t i = 0; i < building_.size(); ++i) {
    const auto distinct = all_distinct(i);
    table_.columns_.push_back(std::move(building_[i]).finish(distinct));
  }
  drop_empty_last_column();
  return std::move(table_);
}

}  // namespace candor
