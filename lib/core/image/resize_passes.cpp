// SPDX-License-Identifier: Apache-2.0
#include "core/image/resize_passes.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define CANDOR_AVX2 __attribute__((target("avx2")))
#define CANDOR_AVX2_INLINE __attribute__((target("avx2"), always_inline)) inline
#endif

namespace candor {
namespace {

constexpr int kDownShift = Taps::kWeightBits - kRowBits;
constexpr int kAcrossShift = Taps::kWeightBits + kRowBits;
constexpr int kPlaneShift = kAcrossShift - kPlaneBits;

// What a colour adds to red, green and blue, in units of 2^-14: 1.402, -0.344136, -0.714136 and
// 1.772.
constexpr int kColorBits = 14;
constexpr std::int16_t kOne = 1 << kColorBits;
constexpr std::int16_t kRedOfCr = 22970, kGreenOfCb = -5638, kGreenOfCr = -11700, kBlueOfCb = 29032;
constexpr int kColorShift = kColorBits + kPlaneBits;
constexpr std::int32_t kColorHalf = 1 << (kColorShift - 1);
constexpr std::int16_t kNoColor = 128 << kPlaneBits;

void down_portable(const std::vector<const std::uint8_t*>& rows, const std::int16_t* weights,
                   std::int64_t values, std::int16_t* out) {
  for (std::int64_t i = 0; i < values; ++i) {
    std::int32_t sum = 1 << (kDownShift - 1);
    for (std::size_t k = 0; k < rows.size(); ++k) sum += weights[k] * rows[k][i];
    out[i] = static_cast<std::int16_t>(sum >> kDownShift);
  }
}

void across_portable(const std::int16_t* row, const Taps& taps, std::uint8_t* out) {
  for (std::int64_t x = 0; x < taps.outputs; ++x, out += 3) {
    const auto* pixel = row + taps.first[static_cast<std::size_t>(x)] * Picture::kChannels;
    const auto* weights = taps.weights.data() + x * taps.count;
    for (int c = 0; c < 3; ++c) {
      std::int32_t sum = 1 << (kAcrossShift - 1);
      for (std::int64_t k = 0; k < taps.count; ++k) {
        sum += weights[k] * pixel[k * Picture::kChannels + c];
      }
      out[c] = static_cast<std::uint8_t>(std::clamp(sum >> kAcrossShift, 0, 255));
    }
  }
}

std::int16_t plane_value(const std::int16_t* row, const Taps& taps, std::int64_t x) {
  const auto* from = row + taps.first[static_cast<std::size_t>(x)];
  const auto* weights = taps.weights.data() + x * taps.count;
  std::int32_t sum = 1 << (kPlaneShift - 1);
  for (std::int64_t k = 0; k < taps.count; ++k) sum += weights[k] * from[k];
  return static_cast<std::int16_t>(sum >> kPlaneShift);
}

void across_plane_portable(const std::int16_t* row, const Taps& taps, std::int16_t* out) {
  for (std::int64_t x = 0; x < taps.outputs; ++x) out[x] = plane_value(row, taps, x);
}

std::uint8_t color_byte(std::int32_t value) {
  return static_cast<std::uint8_t>(std::clamp((value + kColorHalf) >> kColorShift, 0, 255));
}

void to_rgb_portable(const std::int16_t* y, const std::int16_t* cb, const std::int16_t* cr,
                     std::int64_t count, std::uint8_t* out) {
  for (std::int64_t i = 0; i < count; ++i, out += 3) {
    const std::int32_t grey = y[i] * kOne, blue = cb[i] - kNoColor, red = cr[i] - kNoColor;
    out[0] = color_byte(grey + red * kRedOfCr);
    out[1] = color_byte(grey + blue * kGreenOfCb + red * kGreenOfCr);
    out[2] = color_byte(grey + blue * kBlueOfCb);
  }
}

void grey_to_rgb(const std::int16_t* y, std::int64_t count, std::uint8_t* out) {
  for (std::int64_t i = 0; i < count; ++i, out += 3) {
    out[0] = out[1] = out[2] = color_byte(y[i] * kOne);
  }
}

#if defined(__x86_64__)

// Two weights of 16 bits, as the multiply-add of pairs takes them.
std::int32_t pair_at(const std::int16_t* weights) {
  std::int32_t pair = 0;
  std::memcpy(&pair, weights, sizeof(pair));
  return pair;
}

CANDOR_AVX2 __m256i load_bytes(const std::uint8_t* at) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
}

CANDOR_AVX2 void down_avx2(const std::vector<const std::uint8_t*>& rows,
                           const std::int16_t* weights, std::int64_t values, std::int16_t* out) {
  const auto half = _mm256_set1_epi32(1 << (kDownShift - 1));
  for (std::int64_t i = 0; i < values; i += 16) {
    auto low = half, high = half;
    for (std::size_t k = 0; k < rows.size(); k += 2) {
      const auto pair = pair_at(weights + k);
      if (pair == 0) continue;
      const auto a = load_bytes(rows[k] + i), b = load_bytes(rows[k + 1] + i);
      const auto weight = _mm256_set1_epi32(pair);
      low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), weight));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), weight));
    }
    low = _mm256_srai_epi32(low, kDownShift);
    high = _mm256_srai_epi32(high, kDownShift);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), _mm256_packs_epi32(low, high));
  }
}

CANDOR_AVX2 void across_avx2(const std::int16_t* row, const Taps& taps, std::uint8_t* out) {
  // Two pixels side by side in each half: r r g g b b x x.
  const auto pairs = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
  const auto spread = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
  const auto half = _mm_set1_epi32(1 << (kAcrossShift - 1));
  const auto* weights = taps.weights.data();
  for (std::int64_t x = 0; x < taps.outputs; ++x, out += 3) {
    const auto* pixel = row + taps.first[static_cast<std::size_t>(x)] * Picture::kChannels;
    auto sum = _mm256_setzero_si256();
    for (std::int64_t k = 0; k < taps.count; k += 4, weights += 4, pixel += 16) {
      const auto four = _mm256_permutevar8x32_epi32(
          _mm256_castsi128_si256(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(weights))),
          spread);
      const auto pixels =
          _mm256_shuffle_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(pixel)), pairs);
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pixels, four));
    }
    auto total = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    total = _mm_srai_epi32(_mm_add_epi32(total, half), kAcrossShift);
    const auto bytes = _mm_packus_epi16(_mm_packs_epi32(total, total), total);
    const auto rgb = _mm_cvtsi128_si32(bytes);
    std::memcpy(out, &rgb, 3);
  }
}

CANDOR_AVX2_INLINE __m128i load_four(const std::int16_t* at) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at));
}
CANDOR_AVX2_INLINE __m128i load_eight(const std::int16_t* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

CANDOR_AVX2_INLINE __m128i two_fours(const std::int16_t* a, const std::int16_t* b) {
  return _mm_unpacklo_epi64(load_four(a), load_four(b));
}

// Two outputs, a half each, for taps.count a multiple of 8: four parts of the sum.
CANDOR_AVX2_INLINE __m256i pair_sums(const std::int16_t* row, const Taps& taps, std::int64_t x) {
  const auto* a = row + taps.first[static_cast<std::size_t>(x)];
  const auto* b = row + taps.first[static_cast<std::size_t>(x + 1)];
  const auto* weights = taps.weights.data() + x * taps.count;
  auto sums = _mm256_setzero_si256();
  for (std::int64_t k = 0; k < taps.count; k += 8) {
    const auto values = _mm256_set_m128i(load_eight(b + k), load_eight(a + k));
    const auto factors =
        _mm256_set_m128i(load_eight(weights + taps.count + k), load_eight(weights + k));
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(values, factors));
  }
  return sums;
}

// Four outputs, for any taps.count: two parts of the sum of each.
CANDOR_AVX2_INLINE __m256i four_sums(const std::int16_t* row, const Taps& taps, std::int64_t x) {
  const auto* first = taps.first.data() + x;
  const auto step = taps.count;
  const auto* weights = taps.weights.data() + x * taps.count;
  auto sums = _mm256_setzero_si256();
  for (std::int64_t k = 0; k < taps.count; k += 4) {
    const auto values = _mm256_set_m128i(two_fours(row + first[2] + k, row + first[3] + k),
                                         two_fours(row + first[0] + k, row + first[1] + k));
    const auto factors = _mm256_set_m128i(two_fours(weights + 2 * step + k, weights + 3 * step + k),
                                          two_fours(weights + k, weights + step + k));
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(values, factors));
  }
  return sums;
}

// The sums of eight outputs in order.
CANDOR_AVX2_INLINE __m256i eight_sums(const std::int16_t* row, const Taps& taps, std::int64_t x) {
  if (taps.count % 8 != 0) {
    const auto sums = _mm256_hadd_epi32(four_sums(row, taps, x), four_sums(row, taps, x + 4));
    return _mm256_permute4x64_epi64(sums, 0b11011000);
  }
  const auto low = _mm256_hadd_epi32(pair_sums(row, taps, x), pair_sums(row, taps, x + 2));
  const auto high = _mm256_hadd_epi32(pair_sums(row, taps, x + 4), pair_sums(row, taps, x + 6));
  // 0 2 4 6 | 1 3 5 7
  return _mm256_permutevar8x32_epi32(_mm256_hadd_epi32(low, high),
                                     _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

CANDOR_AVX2 void across_plane_avx2(const std::int16_t* row, const Taps& taps, std::int16_t* out) {
  const auto half = _mm256_set1_epi32(1 << (kPlaneShift - 1));
  std::int64_t x = 0;
  for (; x + 8 <= taps.outputs; x += 8) {
    const auto sums =
        _mm256_srai_epi32(_mm256_add_epi32(eight_sums(row, taps, x), half), kPlaneShift);
    const auto words =
        _mm_packs_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + x), words);
  }
  for (; x < taps.outputs; ++x) out[x] = plane_value(row, taps, x);
}

CANDOR_AVX2_INLINE __m128i pair_of(std::int16_t a, std::int16_t b) {
  return _mm_setr_epi16(a, b, a, b, a, b, a, b);
}

// Eight values a * factors[0] + b * factors[1] + more, rounded to bytes.
CANDOR_AVX2_INLINE __m128i mixed_bytes(__m128i a, __m128i b, __m128i factors, __m128i more_low,
                                       __m128i more_high) {
  auto low = _mm_add_epi32(_mm_madd_epi16(_mm_unpacklo_epi16(a, b), factors), more_low);
  auto high = _mm_add_epi32(_mm_madd_epi16(_mm_unpackhi_epi16(a, b), factors), more_high);
  low = _mm_srai_epi32(low, kColorShift);
  high = _mm_srai_epi32(high, kColorShift);
  const auto words = _mm_packs_epi32(low, high);
  return _mm_packus_epi16(words, words);
}

// Eight bytes each of red, green and blue to 24 bytes of pixels.
CANDOR_AVX2_INLINE void store_pixels(__m128i red, __m128i green, __m128i blue, std::uint8_t* out) {
  const auto red_green = _mm_unpacklo_epi8(red, green);
  const auto first = _mm_or_si128(
      _mm_shuffle_epi8(red_green,
                       _mm_setr_epi8(0, 1, -1, 2, 3, -1, 4, 5, -1, 6, 7, -1, 8, 9, -1, 10)),
      _mm_shuffle_epi8(blue,
                       _mm_setr_epi8(-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1)));
  const auto last = _mm_or_si128(
      _mm_shuffle_epi8(
          red_green, _mm_setr_epi8(11, -1, 12, 13, -1, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1)),
      _mm_shuffle_epi8(blue,
                       _mm_setr_epi8(-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, -1, -1, -1, -1, -1, -1)));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), first);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out + 16), last);
}

CANDOR_AVX2 void to_rgb_avx2(const std::int16_t* y, const std::int16_t* cb, const std::int16_t* cr,
                             std::int64_t count, std::uint8_t* out) {
  const auto no_color = _mm_set1_epi16(kNoColor);
  const auto half = _mm_set1_epi32(kColorHalf);
  const auto zero = _mm_setzero_si128();
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto grey = load_eight(y + i);
    const auto blue = _mm_sub_epi16(load_eight(cb + i), no_color);
    const auto red = _mm_sub_epi16(load_eight(cr + i), no_color);
    const auto of_red = pair_of(kGreenOfCr, 0);
    const auto low = _mm_add_epi32(half, _mm_madd_epi16(_mm_unpacklo_epi16(red, zero), of_red));
    const auto high = _mm_add_epi32(half, _mm_madd_epi16(_mm_unpackhi_epi16(red, zero), of_red));
    store_pixels(mixed_bytes(grey, red, pair_of(kOne, kRedOfCr), half, half),
                 mixed_bytes(grey, blue, pair_of(kOne, kGreenOfCb), low, high),
                 mixed_bytes(grey, blue, pair_of(kOne, kBlueOfCb), half, half), out + i * 3);
  }
  to_rgb_portable(y + i, cb + i, cr + i, count - i, out + i * 3);
}

#endif

}  // namespace

bool has_avx2_passes() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

ResizePasses resize_passes(ResizeCode code) {
#if defined(__x86_64__)
  if (code == ResizeCode::avx2)
    return {down_avx2, across_avx2, across_plane_avx2, to_rgb_avx2, grey_to_rgb};
#endif
  (void)code;
  return {down_portable, across_portable, across_plane_portable, to_rgb_portable, grey_to_rgb};
}

}  // namespace candor
