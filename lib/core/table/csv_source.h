// SPDX-License-Identifier: Apache-2.0
// Cuts the bytes of a CSV file into chunks of whole rows, each of which can be read by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_source.h"
#include "core/table/csv_index.h"
#include "core/table/csv_scanner.h"

namespace candor {

// Text with bytes around it that may be read, though they mean nothing.
class PaddedText {
 public:
  static constexpr std::size_t kPadding = 64;
  std::string_view text() const { return {bytes_.data() + kPadding, size_}; }
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  void append(std::string_view text);
  // Reads up to `wanted` bytes in all; false at the end of the source.
  bool fill(ByteSource& source, std::size_t wanted);
  void truncate(std::size_t size) { size_ = size; }
  // Up to `size` bytes will not move.
  void reserve(std::size_t size);

 private:
  std::vector<char> bytes_ = std::vector<char>(2 * kPadding);
  std::size_t size_ = 0;
};

struct CsvChunk {
  PaddedText bytes;  // whole rows
  CsvIndex index;
  bool indexed = false;  // else CsvScanner must read the rows
  std::int64_t first_line = 1;
  std::size_t first_byte = 0;  // in the file, decompressed

  std::string_view text() const { return bytes.text(); }
};

// A row as text, for the first ones of a file.
struct CsvRow {
  std::vector<std::string> cells;
  std::string defect;
  std::int64_t line = 0;
};

class CsvSource {
 public:
  // `name` stands for the file in messages.
  CsvSource(ByteSource& bytes, std::string name, const CsvDialect& dialect, CsvKernel kernel,
            std::size_t chunk_bytes);

  // Up to `count` rows from here on, which stay where they are.
  std::vector<CsvRow> peek(std::size_t count);
  // Passes over the first row.
  void skip_row();
  // The next chunk; false at the end. Throws Error{data} for a quote that is never closed and for a
  // row of more than kLongestRow bytes.
  bool next(CsvChunk& chunk);
  // Everything has been read, though perhaps not given away.
  bool at_end() const { return at_end_; }

  static constexpr std::size_t kLongestRow = std::size_t{64} << 20;

 private:
  void fill(PaddedText& text, std::size_t wanted);
  std::size_t complete_bytes(CsvChunk& chunk, std::int64_t& line_after);
  bool index(CsvChunk& chunk) const;
  bool has_comment(const CsvChunk& chunk) const;
  [[noreturn]] void fail_unfinished(std::string_view text) const;

  ByteSource& bytes_;
  std::string name_;
  CsvDialect dialect_;
  CsvKernel kernel_;
  std::size_t chunk_bytes_;
  PaddedText left_;  // read, and not yet given away
  bool at_end_ = false;
  std::int64_t line_ = 1;
  std::size_t byte_ = 0;
};

// Throws Error{data} when `text` has a NUL byte or is not UTF-8; `line` and `byte` are the place of
// its start in the file called `name`.
void check_table_text(std::string_view text, const std::string& name, std::int64_t line,
                      std::size_t byte);

}  // namespace candor
