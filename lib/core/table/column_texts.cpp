// SPDX-License-Identifier: Apache-2.0
#include "core/table/column_texts.h"

#include <algorithm>

namespace candor {

void ColumnTexts::close() {
  const auto end = bytes_.size();
  const auto low = static_cast<std::uint32_t>(end);
  if ((end >> 32) != carries_.size()) carries_.push_back(ends_.size());
  ends_.push_back(low);
}

void ColumnTexts::add_all(const char* bytes, const std::uint32_t* ends, std::size_t count) {
  if (count == 0) return;
  const auto base = bytes_.size();
  bytes_.append(bytes, ends[count - 1]);
  const auto first = ends_.size();
  auto* const to = ends_.extend(count);
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<std::uint32_t>(base + ends[i]);
  if ((bytes_.size() >> 32) == carries_.size()) return;
  for (std::size_t i = 0; i < count; ++i) {
    if (((base + ends[i]) >> 32) != carries_.size()) carries_.push_back(first + i);
  }
}

std::size_t ColumnTexts::long_end_of(std::size_t index) const {
  const auto carries = carries_.span();
  const auto after = std::upper_bound(carries.begin(), carries.end(), index);
  return (static_cast<std::size_t>(after - carries.begin()) << 32) | ends_[index];
}

}  // namespace candor
