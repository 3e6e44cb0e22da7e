// SPDX-License-Identifier: Apache-2.0
#include "engine/predict/row_source.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <span>
#include <sstream>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/base/byte_source.h"
#include "core/base/content_name.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/nearest.h"
#include "core/base/utf8.h"
#include "core/image/list_images.h"
#include "core/table/json_row.h"
#include "core/table/number.h"
#include "core/table/table.h"
#include "core/text/documents.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

std::string read_all(const std::string& input, std::istream& in) {
  if (input != "-") return read_rest(*open_bytes(input, ErrorKind::data));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string input_name(const std::string& input) {
  return input == "-" ? "standard input" : display_name(input);
}

bool is_named_json_lines(const std::string& input) {
  const auto extension = content_extension(input);
  return extension == ".jsonl" || extension == ".ndjson" || extension == ".json";
}

// What a kind of model takes; what it takes an input for that nobody says more of comes first.
std::vector<std::string> formats_of(const Signature& signature, const RunConfig& config,
                                    const std::string& input) {
  if (signature.output == OutputKind::language_model) {
    const auto* data = std::get_if<TextData>(&config.data);
    const bool trained = data != nullptr && data->documents == DocumentUnit::json_lines;
    if (is_named_json_lines(input) || (input == "-" && trained)) return {"jsonl", "text"};
    return {"text", "jsonl"};
  }
  if (signature.inputs.front().kind == InputKind::image) return {"images"};
  if (input == "-" || is_named_json_lines(input)) return {"jsonl", "csv"};
  return {"csv", "jsonl"};
}

RowSource csv_rows(const Preprocessor& preprocessor, const RunConfig& config,
                   const std::string& input, std::istream& in,
                   const std::vector<std::string>& groups) {
  const auto& stage = std::get<TableStage>(preprocessor.host());
  const auto name = input_name(input);
  const auto text = input == "-" ? read_all(input, in) : read_table_text(input);
  auto reading = std::get<TableData>(config.data);
  reading.format.type = TableFileType::csv;
  reading.clean.max_bad_fraction = 0.0;  // every row gets an answer, or none does
  auto table = std::make_shared<Table>(parse_table(text, name, reading));
  auto needed = groups;
  for (const auto& field : preprocessor.signature().inputs) needed.push_back(field.name);
  for (const auto& column : needed) {
    if (table->find(column) < 0) {
      throw Error(ErrorKind::data, name + ": column '" + column +
                                       "' is missing; the model needs it; the file has " +
                                       join(table->columns()));
    }
  }
  return [table, &stage, groups, next = std::int64_t{0}]() mutable -> std::optional<SourceRow> {
    if (next == table->rows()) return std::nullopt;
    SourceRow source{table->place(next), {}, {}, {}, {}};
    source.inputs = stage.apply(*table, std::span(&next, 1));
    for (const auto& column : groups) {
      source.groups[column] = group_values(*table, std::span(&next, 1), column).front();
    }
    ++next;
    return source;
  };
}

// One line as training reads it. A number keeps its spelling where a category has it, else it is
// its value, as over HTTP.
class JsonRows {
 public:
  JsonRows(const Preprocessor& preprocessor, const std::vector<std::string>& groups)
      : fields_(preprocessor.signature().inputs),
        own_(fields_.size()),
        stage_(std::get<TableStage>(preprocessor.host())) {
    for (const auto& column : groups) {
      const auto same = [&](const InputField& field) { return field.name == column; };
      if (std::none_of(fields_.begin(), fields_.end(), same)) {
        fields_.push_back({column, InputKind::category});
      }
    }
    places_.assign(fields_.size(), kNowhere);
  }

  Row read(const std::string& line, const std::string& place, bool may_be_csv) {
    auto problem = reader_.read(line);
    if (problem.empty() && find_invalid_utf8(line)) problem = "not valid UTF-8";
    if (!problem.empty()) refuse(place, problem, may_be_csv);
    Row row;
    for (std::size_t i = 0; i < fields_.size(); ++i) row.push_back(value_of(i));
    ++lines_;
    return row;
  }

  // A column of which no line has anything is more likely one of another name.
  void warn_of_absent(const std::string& name) const {
    for (std::size_t i = 0; i < fields_.size() && lines_ > 0; ++i) {
      if (places_[i] != kNowhere) continue;
      log().warn("{}: '{}' is in none of the {} lines, and was taken as missing in all of them",
                 name, fields_[i].name, lines_);
    }
  }

 private:
  // Standard input has no name that tells a CSV.
  [[noreturn]] static void refuse(const std::string& place, const std::string& problem,
                                  bool may_be_csv) {
    throw Error(ErrorKind::data, place + ": " + problem +
                                     (may_be_csv ? "; standard input is JSON lines, for a CSV pass "
                                                   "--input-format csv"
                                                 : ""));
  }

  Value value_of(std::size_t input) {
    const auto* found = find(input);
    if (found == nullptr) return std::monostate{};  // as null
    if (found->value.empty()) return std::monostate{};
    const auto parsed = parse_number(found->value);
    const bool by_value = input < own_ && fields_[input].kind == InputKind::category &&
                          found->number && parsed.kind == NumberKind::number &&
                          !stage_.has_category(input, found->value);
    if (by_value) return parsed.value;
    return std::string(found->value);
  }

  // Keys mostly stand where they stood in the line before.
  const JsonCell* find(std::size_t input) {
    const auto& name = fields_[input].name;
    const auto& cells = reader_.cells();
    auto& place = places_[input];
    if (place < cells.size() && cells[place].key == name) return &cells[place];
    const auto found = std::find_if(cells.begin(), cells.end(),
                                    [&](const JsonCell& cell) { return cell.key == name; });
    if (found == cells.end()) return nullptr;
    place = static_cast<std::size_t>(found - cells.begin());
    return &*found;
  }

  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  std::vector<InputField> fields_;
  std::size_t own_;  // of the model; groups follow
  const TableStage& stage_;
  JsonRowReader reader_;
  std::vector<std::size_t> places_;  // per field: of its key in the last line that had it
  std::int64_t lines_ = 0;
};

// Lines with their numbers; `blank` ones too, or without them.
class Lines {
 public:
  explicit Lines(std::string text, bool blank = false) : text_(std::move(text)), blank_(blank) {}
  std::optional<std::pair<std::int64_t, std::string>> next() {
    std::string line;
    while (std::getline(text_, line)) {
      ++number_;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (blank_ || !line.empty()) return std::pair(number_, line);
    }
    return std::nullopt;
  }

 private:
  std::istringstream text_;
  bool blank_;
  std::int64_t number_ = 0;
};

RowSource json_rows(const Preprocessor& preprocessor, const std::string& input, std::istream& in,
                    const std::vector<std::string>& groups) {
  auto lines = std::make_shared<Lines>(read_all(input, in));
  auto rows = std::make_shared<JsonRows>(preprocessor, groups);
  return [lines, rows, csv = input == "-", name = input_name(input)]() -> std::optional<SourceRow> {
    const auto line = lines->next();
    if (!line) {
      rows->warn_of_absent(name);
      return std::nullopt;
    }
    const auto place = name + ":" + std::to_string(line->first);
    return SourceRow{place, rows->read(line->second, place, csv), {}, {}, {}};
  };
}

RowSource text_rows(const std::string& input, std::istream& in) {
  auto lines = std::make_shared<Lines>(read_all(input, in), /*blank=*/true);
  return [lines, name = input_name(input)]() -> std::optional<SourceRow> {
    auto line = lines->next();
    if (!line) return std::nullopt;
    return SourceRow{
        name + ":" + std::to_string(line->first), {std::move(line->second)}, {}, {}, {}};
  };
}

// The texts under the field that training reads, or would read.
RowSource text_json_rows(const RunConfig& config, const std::string& input, std::istream& in) {
  auto lines = std::make_shared<Lines>(read_all(input, in));
  return [lines, field = std::get<TextData>(config.data).field,
          name = input_name(input)]() -> std::optional<SourceRow> {
    const auto line = lines->next();
    if (!line) return std::nullopt;
    const auto place = name + ":" + std::to_string(line->first);
    auto text = text_in_line(line->second, field, place,
                             "the model was trained to find a text there; rename the field, or "
                             "pass --input-format text to score lines as they stand");
    return SourceRow{place, {std::move(text)}, {}, {}, {}};
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
    throw Error(ErrorKind::data, input + ": no image (.jpg, .jpeg, .png, .webp) in this folder");
  }
  return paths;
}

// Files of the user's own may be larger than what a client may send, so they are prepared here.
SourceRow image_row(const Preprocessor& preprocessor, const std::string& path) {
  SourceRow source{path, {}, {}, {}, {}};
  try {
    source.inputs = preprocessor.prepare({read_image_file(path)}, kFileLimits);
  } catch (const Error& error) {
    source.fault = at_path(path, error.what());
  }
  return source;
}

RowSource image_rows(const Preprocessor& preprocessor, const std::string& input, std::istream& in) {
  auto paths = std::make_shared<std::vector<std::string>>(image_paths(input, in));
  return [paths, &preprocessor, next = std::size_t{0}]() mutable -> std::optional<SourceRow> {
    if (next == paths->size()) return std::nullopt;
    return image_row(preprocessor, (*paths)[next++]);
  };
}

}  // namespace

RowSource open_rows(const Preprocessor& preprocessor, const RunConfig& config,
                    const std::string& input, const std::string& format, std::istream& in,
                    const std::vector<std::string>& groups) {
  const auto& signature = preprocessor.signature();
  auto formats = formats_of(signature, config, input);
  const auto chosen = format.empty() ? formats.front() : format;
  if (format.empty() && chosen == "text" && is_named_table(input)) {
    throw Error(ErrorKind::data,
                input_name(input) +
                    ": a language model reads texts, one a line, or JSON lines; pass "
                    "--input-format text to score this table's lines as they stand");
  }
  if (std::find(formats.begin(), formats.end(), chosen) == formats.end()) {
    std::sort(formats.begin(), formats.end());
    throw Error(ErrorKind::config,
                "--input-format " + chosen + " does not fit this model; allowed: " + join(formats));
  }
  if (chosen == "csv") return csv_rows(preprocessor, config, input, in, groups);
  if (chosen == "text") return text_rows(input, in);
  if (chosen == "jsonl" && signature.output == OutputKind::language_model) {
    return text_json_rows(config, input, in);
  }
  if (chosen == "jsonl") return json_rows(preprocessor, input, in, groups);
  return image_rows(preprocessor, input, in);
}

}  // namespace candor
