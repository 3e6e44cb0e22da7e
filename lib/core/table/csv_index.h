// SPDX-License-Identifier: Apache-2.0
// Where the cells and rows of CSV text end, found 64 bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/table/csv_scanner.h"

namespace candor {

// Which instructions do the work; the result is the same.
enum class CsvKernel : std::uint8_t { portable, avx2, avx512 };

// The best one that this processor has.
CsvKernel best_csv_kernel();
bool has_csv_kernel(CsvKernel kernel);

struct CsvIndex {
  // Element 0 is -1 (all bits), then the offset of every byte that ends a cell: delimiter, LF, or a
  // CR without LF. Cell i lies between cell_ends[i] + 1 and cell_ends[i + 1] (less a CR before LF).
  std::unique_ptr<std::uint32_t[]> cell_ends;
  std::size_t cell_count = 0;  // without element 0
  std::size_t capacity = 0;
  // Per row, the position in cell_ends of the end of its last cell.
  std::vector<std::uint32_t> row_ends;
  // Per row, line ends up to and with its own, those inside of quotes included.
  std::vector<std::uint32_t> row_lines;
  bool ascii = true;
  bool quotes = false;  // some byte is a quote
  bool zero = false;    // some byte is 0
  // A quote stands where RFC 4180 has none, so that pairs of quotes do not tell what is quoted; the
  // index is of no use, and CsvScanner must read the text.
  bool irregular = false;

  // Bytes up to the end of the last complete row.
  std::size_t complete() const {
    return row_ends.empty() ? 0 : std::size_t{cell_ends[row_ends.back()]} + 1;
  }
};

// Indexes `text`, which begins at the start of a row and is shorter than 4 GiB. A row without a
// line end at the end of the text is left out, as is one that ends in a CR as the last byte of all
// (an LF may follow). Only for dialects with a delimiter; a comment byte is not looked at.
void index_csv(std::string_view text, const CsvDialect& dialect, CsvKernel kernel, CsvIndex& index);

}  // namespace candor
