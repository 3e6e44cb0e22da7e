// SPDX-License-Identifier: Apache-2.0
// What must hold for any table: however it is cut into chunks, by whatever instructions, threads or
// detours it is read, it is the same.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "cells_of.h"
#include "core/base/byte_source.h"
#include "core/base/random.h"
#include "core/table/plain_number.h"
#include "core/table/table.h"
#include "core/table/table_cache.h"
#include "same_table.h"
#include "support/catch.h"
#include "support/gzip.h"
#include "support/temp.h"

using namespace candor;
using test::Cells;
using test::cells_of;
using test::difference;
using test::error_of;
using test::gzip;

namespace {

// A cell of one of several kinds; most of a column are of the column's kind.
std::string random_cell(const RandomStream& draw, std::uint64_t kind) {
  switch (draw.below(0, 12) == 0 ? draw.below(1, 8) : kind) {
    case 0: return std::to_string(draw.below(2, 100000));
    case 1: return std::to_string(draw.below(2, 1000)) + "." + std::to_string(draw.below(3, 100));
    case 2: return "";
    case 3: return "word" + std::to_string(draw.below(2, 5));
    case 4: return "several, words \"with\"\nbreaks and \u00E9";
    case 5: return std::to_string(draw.uniform(2));
    case 6: return draw.below(2, 2) == 0 ? "NA" : "-007";
    default: return "2024-0" + std::to_string(1 + draw.below(2, 9)) + "-11";
  }
}

std::string in_quotes(const std::string& cell) {
  std::string text = "\"";
  for (const char c : cell) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

struct Written {
  std::string text;
  Cells cells;
  TableData config;
};

// A table in a dialect of its own.
Written random_table(std::uint64_t seed, std::uint64_t rows) {
  const RandomStream stream(seed, "table");
  const char delimiter = ",;\t|"[stream.below(0, 4)];
  const std::string end = stream.below(1, 2) == 0 ? "\n" : "\r\n";
  const auto columns = 2 + stream.below(2, 6);
  const bool trailing = stream.below(3, 4) == 0;
  Written written;
  written.config.format.delimiter = std::string(1, delimiter);
  written.config.format.missing = {""};
  for (std::uint64_t c = 0; c < columns; ++c) {
    if (c > 0) written.text += delimiter;
    written.text += "n" + std::to_string(c);
  }
  for (std::uint64_t r = 0; r < rows; ++r) {
    written.text += end;
    if (stream.at(r).below(99, 20) == 0) written.text += end;
    auto& row = written.cells.emplace_back();
    for (std::uint64_t c = 0; c < columns; ++c) {
      const auto draw = stream.at(r).at(c);
      row.push_back(random_cell(draw, (seed + c) % 8));
      const bool needs = row.back().find_first_of(",;\t|\"\r\n") != std::string::npos;
      if (c > 0) written.text += delimiter;
      written.text += needs || draw.below(50, 5) == 0 ? in_quotes(row.back()) : row.back();
    }
    if (trailing) written.text += delimiter;
  }
  if (stream.below(4, 2) == 0) written.text += end;
  return written;
}

}  // namespace

TEST_CASE("A table written in any dialect is read back", "[table]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const auto written = random_table(seed, 40);
    REQUIRE(cells_of(parse_table(written.text, "t.csv", written.config)) == written.cells);
  }
}

TEST_CASE("Chunks, threads and instructions make no difference", "[table]") {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    CAPTURE(seed);
    const auto written = random_table(seed, 400);
    ReadOptions whole;
    whole.threads = 1;
    const auto expected = parse_table(written.text, "t.csv", written.config, whole);
    for (const std::size_t bytes : {1, 50, 777, 8000}) {
      for (const auto kernel : {CsvKernel::portable, CsvKernel::avx2, CsvKernel::avx512}) {
        if (!has_csv_kernel(kernel)) continue;
        ReadOptions options;
        options.chunk_bytes = bytes;
        options.kernel = kernel;
        options.threads = 1 + seed % 3;
        CAPTURE(bytes, static_cast<int>(kernel));
        REQUIRE(difference(parse_table(written.text, "t.csv", written.config, options), expected) ==
                "");
      }
    }
  }
}

TEST_CASE("Text that breaks the rules of quotes is the same in any chunks", "[table]") {
  const RandomStream stream(5, "broken");
  static constexpr std::string_view kBytes = "aab112233,,,,,,\n\n\n\n\r \t#\"";
  TableData config;
  config.clean.max_bad_fraction = 1.0;
  int read = 0;
  for (std::uint64_t round = 0; round < 1500; ++round) {
    const auto draw = stream.at(round);
    config.format.trim = round % 3 == 0;
    if (round % 5 == 0)
      config.format.comment = "#";
    else
      config.format.comment.reset();
    config.format.delimiter = round % 7 == 0 ? "whitespace" : ",";
    std::string text = "h,g\n1,2\n";
    for (std::uint64_t i = 0; i < 10 + round % 60; ++i) {
      text += kBytes[draw.below(i, kBytes.size())];
    }
    std::vector<std::string> outcomes;
    std::optional<Table> first;
    for (const std::size_t bytes : {1000, 1, 13, 64}) {
      ReadOptions options;
      options.threads = 1;
      options.chunk_bytes = bytes;
      std::optional<Table> table;
      const auto error = error_of([&] { table = parse_table(text, "t.csv", config, options); });
      outcomes.push_back(error ? error->what() : "read");
      if (!first) first = table;
      CAPTURE(text, bytes);
      REQUIRE(outcomes.back() == outcomes.front());
      if (table) REQUIRE(difference(*table, *first) == "");
    }
    read += outcomes.front() == "read" ? 1 : 0;
  }
  CHECK(read > 300);
}

TEST_CASE("A file, its gzip and its cache are the same table", "[table]") {
  const test::TempDir folder;
  const auto written = random_table(7, 300);
  const auto plain = folder.write("t.csv", written.text);
  const auto packed =
      folder.write("t.csv.gz", gzip(written.text.substr(0, 900)) + gzip(written.text.substr(900)));
  const auto expected = read_table(std::vector{plain}, written.config);
  CHECK(difference(read_table(std::vector{packed}, written.config), expected) == "");
  ReadOptions options;
  options.cache = (folder / "cache").string();
  const auto made = read_table(std::vector{plain}, written.config, options);
  CHECK(difference(made, expected) == "");
  REQUIRE(std::filesystem::exists(made.cache_file()));
  const auto again = read_table(std::vector{plain}, written.config, options);
  CHECK(again.cache_file() == made.cache_file());
  CHECK(difference(again, expected) == "");
  CHECK(again.place(5) == expected.place(5));
  CHECK((std::filesystem::status(made.cache_file()).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("A damaged cache is made anew, and never trusted", "[table]") {
  const test::TempDir folder;
  const auto written = random_table(3, 200);
  const auto plain = folder.write("t.csv", written.text);
  ReadOptions options;
  options.cache = (folder / "cache").string();
  const auto expected = read_table(std::vector{plain}, written.config, options);
  const std::filesystem::path cache = expected.cache_file();
  const auto whole = test::slurp(cache);
  const RandomStream stream(1, "damage");
  for (std::uint64_t round = 0; round < 200; ++round) {
    auto damaged = whole;
    if (round % 4 == 0) {
      damaged.resize(stream.at(round).below(0, damaged.size()));
    } else {
      damaged[stream.at(round).below(0, damaged.size())] ^= static_cast<char>(1u << (round % 8));
    }
    std::ofstream(cache, std::ios::binary) << damaged;
    REQUIRE(difference(read_table(std::vector{plain}, written.config, options), expected) == "");
    REQUIRE(test::slurp(cache).size() == whole.size());
  }
}

TEST_CASE("A cache belongs to the content and the settings", "[table]") {
  const test::TempDir folder;
  const auto path = folder.write("t.csv", "a,b\n1,x\n2,?\n");
  ReadOptions options;
  options.cache = (folder / "cache").string();
  TableData config;
  const auto first = read_table(std::vector{path}, config, options).cache_file();
  config.format.missing = {"?"};
  const auto other = read_table(std::vector{path}, config, options);
  CHECK(other.cache_file() != first);
  CHECK(other.missing(1, 1));
  folder.write("t.csv", "a,b\n1,x\n3,?\n");
  const auto changed = read_table(std::vector{path}, config, options);
  CHECK(changed.cache_file() != other.cache_file());
  CHECK(changed.cell(0, 1) == "3");
}

TEST_CASE("A cache that cannot be written is an error, and leaves nothing", "[table]") {
  const test::TempDir folder;
  const auto path = folder.write("t.csv", "a,b\n1,x\n");
  ReadOptions options;
  options.cache = folder.write("file", "not a folder");
  const auto error = error_of([&] { read_table(std::vector{path}, {}, options); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
}

TEST_CASE("A disk that fills up while the cache is written is an error, and nothing is kept",
          "[table]") {
  const test::TempDir folder;
  const auto written = random_table(3, 200);
  const auto path = folder.write("t.csv", written.text);
  ReadOptions options;
  options.cache = (folder / "cache").string();
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);  // the write fails instead
  rlimit small = before;
  small.rlim_cur = 2000;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto error = error_of([&] { read_table(std::vector{path}, written.config, options); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  CHECK(std::filesystem::is_empty(folder / "cache"));
}

TEST_CASE("gzip data that grows beyond all measure is refused", "[table]") {
  const test::TempDir folder;
  const auto path = folder.write("t.csv.gz", gzip(std::string(200000, 'a')));
  ByteLimits limits;
  limits.ratio = 100;
  limits.small = 1000;
  const auto error =
      error_of([&] { read_rest(*open_bytes(path, ErrorKind::data, false, limits)); });
  REQUIRE(error);
  CHECK(error->what() == path +
                             ": the gzip data grows to more than 100 times its size, as no data "
                             "file does; decompress it yourself if you trust it");
  CHECK(read_rest(*open_bytes(path, ErrorKind::data)).size() == 200000);
}

TEST_CASE("Plain numbers are those of parse_number, and give back their text", "[table]") {
  const RandomStream stream(2, "plain");
  std::string padded(64, ' ');
  std::vector<std::string> texts = {"",
                                    "-",
                                    "0",
                                    "-0",
                                    "00",
                                    "0.0",
                                    ".5",
                                    "5.",
                                    "1e3",
                                    "+1",
                                    "-1.5",
                                    "1.2.3",
                                    " 1",
                                    "1 ",
                                    "-.1",
                                    "999999999999999",
                                    "9999999999999999",
                                    "0.00000000000001",
                                    "123456789012345.6",
                                    "x",
                                    "1,5"};
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const auto draw = stream.at(i);
    std::string text = draw.below(0, 3) == 0 ? "-" : "";
    const auto digits = draw.below(1, 18);
    for (std::uint64_t d = 0; d < digits; ++d) {
      text += "0123456789."[draw.below(10 + d, d % 5 == 4 ? 11 : 10)];
    }
    texts.push_back(text);
  }
  int plain = 0;
  for (const auto& text : texts) {
    CAPTURE(text);
    const auto whole = padded + text;
    const auto cell = std::string_view(whole).substr(padded.size());
    double fast = 0.0, slow = 0.0;
    std::uint8_t fast_spelling = 0, slow_spelling = 0;
    read_plain_numbers(&cell, 1, &fast, &fast_spelling);
    read_plain_numbers_portable(&cell, 1, &slow, &slow_spelling);
    REQUIRE(fast_spelling == slow_spelling);
    if (fast_spelling > 15) continue;
    ++plain;
    REQUIRE(test::same_bits(fast, slow));
    REQUIRE(test::same_bits(fast, parse_number(text).value));
    std::string again;
    append_plain_number(fast, fast_spelling, again);
    REQUIRE(again == text);
  }
  CHECK(plain > 1000);
}
