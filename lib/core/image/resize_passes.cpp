// SPDX-License-Identifier: Apache-2.0
#include "core/image/resize_passes.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define CANDOR_AVX2 __attribute__((target("avx2")))
#endif

namespace candor {
namespace {

constexpr int kDownShift = Taps::kWeightBits - kRowBits;
constexpr int kAcrossShift = Taps::kWeightBits + kRowBits;

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
  if (code == ResizeCode::avx2) return {down_avx2, across_avx2};
#endif
  (void)code;
  return {down_portable, across_portable};
}

}  // namespace candor
