// SPDX-License-Identifier: Apache-2.0
#include "core/predictions/text_losses.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <candor/error.h>

#include "core/base/byte_source.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace candor {
namespace {

constexpr std::size_t kLongestLine = std::size_t{1} << 16;

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorKind::data, what); }

bool has_loss(const Json& row) {
  return row.is_object() && row.contains("output") && row.at("output").is_object() &&
         row.at("output").contains("nll");
}

std::int64_t count(const Json& row, const char* key, const std::string& place) {
  const auto found = row.find(key);
  const bool fits = found != row.end() && found->is_number_integer() && *found >= 0;
  if (fits) return found->get<std::int64_t>();
  refuse(place + ": " + key + " is not a whole number of 0 or more");
}

// Nats per token.
double loss(const Json& output, const char* key, const std::string& place) {
  const auto& value = output.at(key);
  const bool fits = value.is_number() && value.get<double>() >= 0.0 && value.get<double>() < 1e30;
  if (fits) return value.get<double>();
  refuse(place + ": " + key + " is not a number of 0 or more");
}

TextCell cell_of(const Json& row, const std::string& place) {
  if (!has_loss(row)) refuse(place + ": has no loss of a part of a text, 'output' with 'nll'");
  if (!row.contains("bytes")) {
    refuse(place +
           ": is of a version of candor that kept no bytes of the parts; measure the model again "
           "(candor eval MODEL --out DIR)");
  }
  const auto& output = row.at("output");
  TextCell cell;
  cell.document = count(row, "document", place);
  cell.byte = count(row, "byte", place);
  cell.bytes = count(row, "bytes", place);
  cell.tokens = count(row, "tokens", place);
  if (cell.tokens == 0) refuse(place + ": tokens is 0, but a part without tokens has no loss");
  const auto tokens = static_cast<double>(cell.tokens);
  cell.nll = tokens * loss(output, "nll", place);
  if (output.contains("sliding_nll"))
    cell.sliding_nll = tokens * loss(output, "sliding_nll", place);
  return cell;
}

}  // namespace

bool holds_text_losses(const std::string& path) {
  const auto bytes = open_bytes(path, ErrorKind::data);
  const auto text = first_bytes(*bytes, kLongestLine);
  const auto end =
      text.begin() + static_cast<std::ptrdiff_t>(std::min(text.find('\n'), text.size()));
  return has_loss(Json::parse(text.begin(), end, nullptr, /*allow_exceptions=*/false));
}

std::vector<TextCell> read_text_losses(const std::string& path) {
  const auto bytes = open_bytes(path, ErrorKind::data);
  const auto text = read_rest(*bytes);
  std::vector<TextCell> cells;
  std::set<std::pair<std::int64_t, std::int64_t>> places;
  std::optional<bool> slides;
  std::int64_t line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto place = path + ":" + std::to_string(++line);
    if (end > begin) {
      const auto row = parse_json(text.substr(begin, end - begin), place, ErrorKind::data);
      cells.push_back(cell_of(row, place));
      if (!places.emplace(cells.back().document, cells.back().byte).second) {
        refuse(place + ": the same part of the text stands in an earlier line");
      }
      const bool sliding = row.at("output").contains("sliding_nll");
      if (slides.value_or(sliding) != sliding) {
        refuse(place + ": sliding_nll stands in some lines only");
      }
      slides = sliding;
    }
    begin = end + 1;
  }
  return cells;
}

}  // namespace candor
