// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/utf8.h"
#include "core/inspect/distinct_counter.h"
#include "core/inspect/findings.h"
#include "core/inspect/inspect_parts.h"
#include "core/inspect/text_source.h"
#include "core/metrics/report_format.h"
#include "core/table/number.h"

namespace candor {
namespace {

// A line this long does not recur by chance.
constexpr std::size_t kLongLine = 40;
constexpr std::size_t kMostLines = std::size_t{8} << 20;  // whose hashes are kept
constexpr std::size_t kManyCharacters = 512;

struct TextLook {
  std::int64_t bytes = 0, lines = 0, blank_lines = 0, longest_line = 0;
  std::int64_t controls = 0;  // control characters besides tab, line feed, carriage return
  std::int64_t carriage_returns = 0;
  std::int64_t files = 0, documents = 0;
  bool json_lines = false;
  std::string first_invalid;           // place of a byte that is not UTF-8; empty: all is
  std::set<std::uint32_t> characters;  // of the documents that are UTF-8
  std::unordered_set<std::uint64_t> long_lines;
  std::int64_t long_count = 0, repeated = 0;
};

void look_at_line(std::string_view line, TextLook& look) {
  ++look.lines;
  look.longest_line = std::max(look.longest_line, static_cast<std::int64_t>(line.size()));
  const auto trimmed = trim_blanks(line);
  if (trimmed.empty()) ++look.blank_lines;
  if (trimmed.size() < kLongLine || look.long_lines.size() >= kMostLines) return;
  ++look.long_count;
  if (!look.long_lines.insert(hash_of(trimmed)).second) ++look.repeated;
}

void look_at_characters(std::string_view text, TextLook& look) {
  while (!text.empty()) {
    const auto point = read_code_point(text);
    look.characters.insert(point.value);
    text.remove_prefix(point.length);
  }
}

// "byte 17 in line 2", for messages.
std::string place_in(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, byte);
  return fmt::format("byte {} in line {}", byte,
                     1 + std::count(before.begin(), before.end(), '\n'));
}

void look_at_document(std::string_view text, TextLook& look) {
  ++look.documents;
  look.bytes += static_cast<std::int64_t>(text.size());
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    auto line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    look_at_line(line, look);
    begin = end + 1;
  }
  for (const unsigned char c : text) {
    look.carriage_returns += c == '\r' ? 1 : 0;
    look.controls += c < 0x20 && c != '\n' && c != '\r' && c != '\t' ? 1 : 0;
  }
}

TextLook look_at_text(const std::string& data) {
  const TextSource source(data);
  TextLook look;
  look.files = static_cast<std::int64_t>(source.files().size());
  look.json_lines = source.field().has_value();
  source.read([&](const std::string& file, std::string_view text) {
    look_at_document(text, look);
    const auto invalid = find_invalid_utf8(text);
    if (!invalid) return look_at_characters(text, look);
    if (!look.first_invalid.empty()) return;
    look.first_invalid = place_in(text, *invalid) +
                         (look.json_lines ? fmt::format(" of document {}", look.documents) : "") +
                         (look.files > 1 ? " of " + display_name(file) : "");
  });
  return look;
}

const std::vector<std::string> kBytes = {"data.tokenizer.type=bytes"};

void judge_characters(const TextLook& look, std::vector<Finding>& findings) {
  if (!look.first_invalid.empty()) {
    findings.push_back({Severity::warning, "not_utf8", "",
                        "is not UTF-8, first at " + look.first_invalid, kBytes});
  } else if (look.characters.size() > kManyCharacters) {
    findings.push_back({Severity::note, "many_characters", "",
                        with_thousands(static_cast<std::int64_t>(look.characters.size())) +
                            " different characters, most of them too rare to be learned",
                        kBytes});
  }
  if (look.controls > 0) {
    findings.push_back({Severity::note,
                        "control_characters",
                        "",
                        with_thousands(look.controls) +
                            (look.controls == 1 ? " control character" : " control characters") +
                            " besides tabs and line breaks",
                        {"data.clean.strip_control=true"}});
  }
}

void judge_size(const TextLook& look, std::vector<Finding>& findings) {
  if (look.bytes >= 100'000) return;
  findings.push_back({look.bytes < 1000 ? Severity::error : Severity::warning,
                      "little_text",
                      "",
                      with_thousands(look.bytes) +
                          " bytes are little for a language model; it will learn them by heart",
                      {"model.dropout=0.2"},
                      "this only mitigates; more text helps"});
}

void judge_repetition(const TextLook& look, std::vector<Finding>& findings) {
  if (look.repeated == 0 || look.repeated * 100 < look.long_count) return;
  findings.push_back(
      {Severity::warning,
       "repeated_lines",
       "",
       fmt::format("{} of the {} lines of {} bytes and more stand in it earlier, so that training "
                   "and validation share text",
                   with_thousands(look.repeated), with_thousands(look.long_count), kLongLine),
       {"model.dropout=0.1"},
       "this only mitigates: what is repeated is learned by heart sooner, and a score on text that "
       "training has seen is too good; take repeated text out of the files"});
}

void judge_test(const TextLook& look, const TextLook& test, std::vector<Finding>& findings) {
  const auto shared = std::count_if(test.long_lines.begin(), test.long_lines.end(),
                                    [&](auto hash) { return look.long_lines.contains(hash); });
  if (shared > 0) {
    findings.push_back(
        {Severity::warning,
         "test_lines_in_train",
         "",
         fmt::format("{} of the {} different lines of {} bytes and more of the test file stand in "
                     "the training file too",
                     with_thousands(shared),
                     with_thousands(static_cast<std::int64_t>(test.long_lines.size())), kLongLine),
         {"data.files.test=null", "data.split.test=0.1"}});
  }
  const auto unseen =
      std::count_if(test.characters.begin(), test.characters.end(),
                    [&](auto character) { return !look.characters.contains(character); });
  if (unseen == 0 || !look.first_invalid.empty()) return;
  findings.push_back(
      {Severity::warning, "test_new_characters", "",
       with_thousands(unseen) + " characters of the test file do not occur in the training file",
       kBytes});
}

}  // namespace

Inspection inspect_text(const InspectRequest& request) {
  const auto look = look_at_text(request.data);
  if (look.bytes == 0) {
    throw Error(ErrorKind::data, request.data + ": the file is empty");
  }
  Inspection inspection;
  inspection.kind = "text";
  inspection.name = display_name(request.data);
  auto& facts = inspection.facts;
  if (look.files > 1) facts.emplace_back("files", look.files);
  if (look.json_lines) facts.emplace_back("format", "JSON lines");
  if (look.documents > 1) facts.emplace_back("documents", look.documents);
  facts.emplace_back("bytes", look.bytes);
  facts.emplace_back("lines", look.lines);
  facts.emplace_back("blank_lines", look.blank_lines);
  facts.emplace_back("longest_line", look.longest_line);
  facts.emplace_back("utf8", look.first_invalid.empty());
  if (look.first_invalid.empty()) {
    facts.emplace_back("different_characters", look.characters.size());
  }
  facts.emplace_back("control_characters", look.controls);
  facts.emplace_back("carriage_returns", look.carriage_returns);
  judge_size(look, inspection.findings);
  judge_characters(look, inspection.findings);
  judge_repetition(look, inspection.findings);
  if (request.test) {
    const auto test = look_at_text(*request.test);
    facts.emplace_back("test_file", display_name(*request.test));
    facts.emplace_back("test_bytes", test.bytes);
    judge_test(look, test, inspection.findings);
  }
  sort_findings(inspection);
  return inspection;
}

}  // namespace candor
