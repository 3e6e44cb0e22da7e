// SPDX-License-Identifier: Apache-2.0
#include "core/table/csv_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace candor {
namespace {

// One bit per byte of 64.
struct Masks {
  std::uint64_t delimiter = 0, quote = 0, lf = 0, cr = 0, zero = 0, high = 0;
};

struct Bytes {
  char delimiter = ',', quote = '"';
};

// ---- 64 bytes to masks --------------------------------------------------------------------------

// The high bit of each byte of `word` that is `byte`, exactly ("haszero" of Sean Anderson's Bit
// Twiddling Hacks, in the form without false positives).
std::uint64_t equal_bytes(std::uint64_t word, char byte) {
  constexpr std::uint64_t kLow7 = 0x7F7F7F7F7F7F7F7Full;
  const auto other = word ^ (0x0101010101010101ull * static_cast<unsigned char>(byte));
  return ~(((other & kLow7) + kLow7) | other | kLow7);
}

// High bits of eight bytes to eight bits.
std::uint64_t gather(std::uint64_t high_bits) {
  return ((high_bits >> 7) * 0x0102040810204080ull) >> 56;
}

// Masks of `count` blocks of 64 bytes. Only these functions differ between processors.
using MakeMasks = void (*)(const char* text, std::size_t count, const Bytes& bytes, Masks* masks);

void masks_portable(const char* text, std::size_t count, const Bytes& bytes, Masks* masks) {
  for (std::size_t block = 0; block < count; ++block, text += 64) {
    Masks found;
    for (unsigned i = 0; i < 8; ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, text + 8 * i, sizeof(word));
      const auto put = [&](std::uint64_t& mask, std::uint64_t high) {
        mask |= gather(high) << (8 * i);
      };
      put(found.delimiter, equal_bytes(word, bytes.delimiter));
      put(found.quote, equal_bytes(word, bytes.quote));
      put(found.lf, equal_bytes(word, '\n'));
      put(found.cr, equal_bytes(word, '\r'));
      put(found.zero, equal_bytes(word, '\0'));
      put(found.high, word & 0x8080808080808080ull);
    }
    masks[block] = found;
  }
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) void masks_avx2(const char* text, std::size_t count,
                                                const Bytes& bytes, Masks* masks) {
  const __m256i wanted[] = {_mm256_set1_epi8(bytes.delimiter), _mm256_set1_epi8(bytes.quote),
                            _mm256_set1_epi8('\n'), _mm256_set1_epi8('\r'), _mm256_setzero_si256()};
  for (std::size_t block = 0; block < count; ++block, text += 64) {
    const auto low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const auto high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
    std::uint64_t found[6];
    for (int i = 0; i < 6; ++i) {
      const auto a = i == 5 ? low : _mm256_cmpeq_epi8(low, wanted[i]);
      const auto b = i == 5 ? high : _mm256_cmpeq_epi8(high, wanted[i]);
      found[i] =
          static_cast<std::uint32_t>(_mm256_movemask_epi8(a)) |
          (static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(b))) << 32);
    }
    masks[block] = {found[0], found[1], found[2], found[3], found[4], found[5]};
  }
}

__attribute__((target("avx512f,avx512bw"))) void masks_avx512(const char* text, std::size_t count,
                                                              const Bytes& bytes, Masks* masks) {
  const auto delimiter = _mm512_set1_epi8(bytes.delimiter);
  const auto quote = _mm512_set1_epi8(bytes.quote);
  const auto lf = _mm512_set1_epi8('\n');
  const auto cr = _mm512_set1_epi8('\r');
  for (std::size_t block = 0; block < count; ++block, text += 64) {
    const auto bytes64 = _mm512_loadu_si512(text);
    masks[block] = {
        _mm512_cmpeq_epi8_mask(bytes64, delimiter), _mm512_cmpeq_epi8_mask(bytes64, quote),
        _mm512_cmpeq_epi8_mask(bytes64, lf),        _mm512_cmpeq_epi8_mask(bytes64, cr),
        _mm512_testn_epi8_mask(bytes64, bytes64),   _mm512_movepi8_mask(bytes64)};
  }
}

#endif

// ---- masks to an index --------------------------------------------------------------------------

// From an odd bit to the next one, that one not included: which bytes lie inside of quotes.
inline std::uint64_t between_pairs(std::uint64_t quotes) {
  for (int shift = 1; shift < 64; shift *= 2) quotes ^= quotes << shift;
  return quotes;
}

// What goes from one block of 64 bytes to the next.
struct Carry {
  std::uint64_t inside = 0;         // all bits: the block begins inside of quotes
  std::uint64_t after_end = 1;      // its first byte begins a cell
  std::uint64_t after_closing = 0;  // the byte before is a closing quote
  std::uint32_t lines = 0;
};

// Quotes open only at the start of a cell or after a closing one (a doubled quote), and a cell ends
// after a closing one.
bool misplaced(const Masks& masks, std::uint64_t inside, std::uint64_t ends, std::uint64_t valid,
               Carry& carry) {
  const auto opening = masks.quote & inside;
  const auto closing = masks.quote & ~inside;
  const auto after_end = (ends << 1) | carry.after_end;
  const auto after_closing = (closing << 1) | carry.after_closing;
  carry.after_end = ends >> 63;
  carry.after_closing = closing >> 63;
  const auto closers = masks.delimiter | masks.lf | masks.cr | masks.quote;
  return ((opening & ~(after_end | after_closing)) | (after_closing & ~closers & valid)) != 0;
}

// Turns the masks of block after block into an index.
class Indexer {
 public:
  Indexer(bool quotes, CsvIndex& index)
      : quotes_(quotes), index_(index), ends_(index.cell_ends.get() + 1) {}

  // `next_is_lf`: the byte after the block. `valid`: bits of bytes that belong to the text.
  void add(const Masks& masks, std::uint32_t offset, bool next_is_lf, std::uint64_t valid = ~0ull) {
    high_ |= masks.high;
    zero_ |= masks.zero;
    auto inside = carry_.inside;
    if (quotes_ && masks.quote != 0) {
      inside ^= between_pairs(masks.quote);
      index_.quotes = true;
    }
    auto breaks = masks.lf;
    if (masks.cr != 0) {
      const auto before_lf = (masks.lf >> 1) | (static_cast<std::uint64_t>(next_is_lf) << 63);
      breaks |= masks.cr & ~before_lf;
    }
    const auto rows = breaks & ~inside;
    const auto cells = (masks.delimiter & ~inside) | rows;
    if (quotes_ && (masks.quote | carry_.inside | carry_.after_closing) != 0) {
      index_.irregular |= misplaced(masks, inside, cells, valid, carry_);
      // Whether the next block begins inside: the last byte of this one, in all bits.
      carry_.inside = static_cast<std::uint64_t>(static_cast<std::int64_t>(inside) >> 63);
    } else {
      carry_.after_end = cells >> 63;
    }
    add_rows(rows, cells, breaks);
    add_cells(cells, offset);
  }

  void finish() {
    index_.cell_count = static_cast<std::size_t>(ends_ - index_.cell_ends.get()) - 1;
    index_.ascii = high_ == 0;
    index_.zero = zero_ != 0;
  }

 private:
  void add_rows(std::uint64_t rows, std::uint64_t cells, std::uint64_t breaks) {
    if (breaks == 0) return;
    const auto base = static_cast<std::uint32_t>(ends_ - index_.cell_ends.get());
    for (; rows != 0; rows &= rows - 1) {
      const auto before = (rows & (~rows + 1)) - 1;
      index_.row_ends.push_back(base + static_cast<std::uint32_t>(std::popcount(cells & before)));
      index_.row_lines.push_back(carry_.lines + 1 +
                                 static_cast<std::uint32_t>(std::popcount(breaks & before)));
    }
    carry_.lines += static_cast<std::uint32_t>(std::popcount(breaks));
  }

  // Eight at a time without looking whether there are as many: what is written too much is
  // overwritten by the next block.
  void add_cells(std::uint64_t cells, std::uint32_t offset) {
    const auto count = std::popcount(cells);
    auto* to = ends_;
    ends_ += count;
    while (to < ends_) {
      for (int i = 0; i < 8; ++i) {
        to[i] = offset + static_cast<std::uint32_t>(std::countr_zero(cells));
        cells &= cells - 1;
      }
      to += 8;
    }
  }

  bool quotes_;
  CsvIndex& index_;
  std::uint32_t* ends_;
  Carry carry_;
  std::uint64_t high_ = 0, zero_ = 0;
};

void index_all(std::string_view text, const Bytes& bytes, bool quotes, MakeMasks make,
               CsvIndex& index) {
  constexpr std::size_t kBlock = 64, kBlocks = 64;
  std::array<Masks, kBlocks> masks;
  Indexer indexer(quotes, index);
  // The last block may need what follows a CR in it, which is beyond the text.
  const auto whole = text.empty() ? 0 : (text.size() - 1) / kBlock;
  for (std::size_t first = 0; first < whole; first += kBlocks) {
    const auto count = std::min(kBlocks, whole - first);
    make(text.data() + first * kBlock, count, bytes, masks.data());
    for (std::size_t i = 0; i < count; ++i) {
      const auto offset = (first + i) * kBlock;
      indexer.add(masks[i], static_cast<std::uint32_t>(offset), text[offset + kBlock] == '\n');
    }
  }
  std::array<char, kBlock> last;
  last.fill('a');
  const auto offset = whole * kBlock;
  const auto left = text.size() - offset;
  std::memcpy(last.data(), text.data() + offset, left);
  make(last.data(), 1, bytes, masks.data());
  const auto valid = left == kBlock ? ~0ull : (1ull << left) - 1;
  masks[0].delimiter &= valid;
  masks[0].quote &= valid;
  if (left > 0 && text.back() == '\r') masks[0].cr &= ~(1ull << (left - 1));
  indexer.add(masks[0], static_cast<std::uint32_t>(offset), false, valid);
  indexer.finish();
}

MakeMasks masks_of(CsvKernel kernel) {
#if defined(__x86_64__)
  if (kernel == CsvKernel::avx512) return &masks_avx512;
  if (kernel == CsvKernel::avx2) return &masks_avx2;
#endif
  static_cast<void>(kernel);
  return &masks_portable;
}

}  // namespace

bool has_csv_kernel(CsvKernel kernel) {
#if defined(__x86_64__)
  if (kernel == CsvKernel::avx2) return __builtin_cpu_supports("avx2") != 0;
  if (kernel == CsvKernel::avx512) {
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  }
#endif
  return kernel == CsvKernel::portable;
}

CsvKernel best_csv_kernel() {
  static const auto best = has_csv_kernel(CsvKernel::avx512) ? CsvKernel::avx512
                           : has_csv_kernel(CsvKernel::avx2) ? CsvKernel::avx2
                                                             : CsvKernel::portable;
  return best;
}

void index_csv(std::string_view text, const CsvDialect& dialect, CsvKernel kernel,
               CsvIndex& index) {
  index.row_ends.clear();
  index.row_lines.clear();
  index.quotes = index.irregular = false;
  // At most one end per byte, and what add_cells() writes too much.
  constexpr std::size_t kTooMuch = 72;
  if (index.capacity < text.size() + kTooMuch) {
    index.capacity = text.size() + kTooMuch;
    index.cell_ends = std::make_unique_for_overwrite<std::uint32_t[]>(index.capacity);
  }
  index.cell_ends[0] = ~std::uint32_t{0};
  const Bytes bytes{dialect.delimiter, dialect.quote};
  index_all(text, bytes, dialect.quotes, masks_of(kernel), index);
}

}  // namespace candor
