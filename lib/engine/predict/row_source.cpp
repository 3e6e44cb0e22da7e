// SPDX-License-Identifier: Apache-2.0
#include "engine/predict/row_source.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/table/table.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

std::string read_all(const std::string& input, std::istream& in) {
  if (input != "-") return read_file(input, ErrorKind::data);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string display_name(const std::string& input) {
  return input == "-" ? "standard input" : fs::path(input).filename().string();
}

bool is_image_name(const fs::path& path) {
  auto extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

std::string format_of(const Signature& signature, const std::string& input) {
  if (signature.output == OutputKind::language_model) return "text";
  if (signature.inputs.front().kind == InputKind::image) return "images";
  const auto extension = fs::path(input).extension().string();
  return input == "-" || extension == ".jsonl" || extension == ".json" ? "jsonl" : "csv";
}

Value cell_value(const Table& table, std::int64_t column, std::int64_t row) {
  if (table.missing(column, row)) return std::monostate{};
  return std::string(table.cell(column, row));
}

RowSource csv_rows(const Signature& signature, const RunConfig& config, const std::string& input,
                   std::istream& in) {
  // The host stage itself maps values and checks types, row by row, as it does for a server.
  TableData reading;
  reading.format = std::get<TableData>(config.data).format;
  auto table =
      std::make_shared<Table>(parse_table(read_all(input, in), display_name(input), reading));
  std::vector<std::int64_t> columns;
  for (const auto& field : signature.inputs) {
    columns.push_back(table->find(field.name));
    if (columns.back() < 0) {
      throw Error(ErrorKind::data, display_name(input) + ": column '" + field.name +
                                       "' is missing; the model needs it; the file has " +
                                       join(table->columns()));
    }
  }
  return [table, columns, next = std::int64_t{0}]() mutable -> std::optional<SourceRow> {
    if (next == table->rows()) return std::nullopt;
    SourceRow source{table->path() + ":" + std::to_string(table->line(next)), {}};
    for (const auto column : columns) source.row.push_back(cell_value(*table, column, next));
    ++next;
    return source;
  };
}

Value json_value(const Json& json, const std::string& place, const std::string& name) {
  if (json.is_null()) return std::monostate{};
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  throw Error(ErrorKind::data, place + ": '" + name + "' must be a number, a string or null");
}

Row json_row(const Signature& signature, const Json& json, const std::string& place) {
  if (!json.is_object()) throw Error(ErrorKind::data, place + ": expected a JSON object");
  Row row;
  for (const auto& field : signature.inputs) {
    const auto found = json.find(field.name);
    if (found == json.end()) {
      throw Error(ErrorKind::data,
                  place + ": '" + field.name + "' is missing; pass null for a missing value");
    }
    row.push_back(json_value(*found, place, field.name));
  }
  return row;
}

// Lines that are not blank, with their numbers.
class Lines {
 public:
  explicit Lines(std::string text) : text_(std::move(text)) {}
  std::optional<std::pair<std::int64_t, std::string>> next() {
    std::string line;
    while (std::getline(text_, line)) {
      ++number_;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) return std::pair(number_, line);
    }
    return std::nullopt;
  }

 private:
  std::istringstream text_;
  std::int64_t number_ = 0;
};

RowSource json_rows(const Signature& signature, const std::string& input, std::istream& in) {
  auto lines = std::make_shared<Lines>(read_all(input, in));
  return [lines, &signature, name = display_name(input)]() -> std::optional<SourceRow> {
    const auto line = lines->next();
    if (!line) return std::nullopt;
    const auto place = name + ":" + std::to_string(line->first);
    return SourceRow{place,
                     json_row(signature, parse_json(line->second, place, ErrorKind::data), place)};
  };
}

RowSource text_rows(const std::string& input, std::istream& in) {
  auto lines = std::make_shared<Lines>(read_all(input, in));
  return [lines, name = display_name(input)]() -> std::optional<SourceRow> {
    auto line = lines->next();
    if (!line) return std::nullopt;
    return SourceRow{name + ":" + std::to_string(line->first), {std::move(line->second)}};
  };
}

std::vector<std::string> image_paths(const std::string& input, std::istream& in) {
  std::vector<std::string> paths;
  if (input == "-") {
    Lines lines(read_all(input, in));
    while (const auto line = lines.next()) paths.push_back(line->second);
    return paths;
  }
  if (!fs::is_directory(input)) return {input};
  for (const auto& entry : fs::recursive_directory_iterator(input)) {
    if (entry.is_regular_file() && is_image_name(entry.path()))
      paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) {
    throw Error(ErrorKind::data, input + ": no image (.jpg, .jpeg, .png) in this folder");
  }
  return paths;
}

RowSource image_rows(const std::string& input, std::istream& in) {
  auto paths = std::make_shared<std::vector<std::string>>(image_paths(input, in));
  return [paths, next = std::size_t{0}]() mutable -> std::optional<SourceRow> {
    if (next == paths->size()) return std::nullopt;
    const auto& path = (*paths)[next++];
    return SourceRow{path, {read_file(path, ErrorKind::data)}};
  };
}

}  // namespace

RowSource open_rows(const Signature& signature, const RunConfig& config, const std::string& input,
                    const std::string& format, std::istream& in) {
  const auto natural = format_of(signature, input);
  const auto chosen = format.empty() ? natural : format;
  const bool table = natural == "csv" || natural == "jsonl";
  const bool fits = table ? chosen == "csv" || chosen == "jsonl" : chosen == natural;
  if (!fits) {
    throw Error(ErrorKind::config, "--input-format " + chosen +
                                       " does not fit this model; allowed: " +
                                       (table ? std::string("csv, jsonl") : natural));
  }
  if (chosen == "csv") return csv_rows(signature, config, input, in);
  if (chosen == "jsonl") return json_rows(signature, input, in);
  if (chosen == "text") return text_rows(input, in);
  return image_rows(input, in);
}

}  // namespace candor
