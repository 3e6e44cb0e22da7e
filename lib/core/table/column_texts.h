// SPDX-License-Identifier: Apache-2.0
// Texts back to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/table/column_array.h"

namespace candor {

// Four bytes per text besides its own bytes, however long all of them are together.
class ColumnTexts {
 public:
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t index) const {
    const auto begin = index == 0 ? 0 : end_of(index - 1);
    return {bytes_.data() + begin, end_of(index) - begin};
  }
  // Each text shorter than 4 GiB.
  void add(std::string_view text) {
    bytes_.append(text.data(), text.size());
    close();
  }
  // `count` texts, of which text i ends at ends[i] in `bytes`.
  void add_all(const char* bytes, const std::uint32_t* ends, std::size_t count);
  void shrink() {
    bytes_.shrink();
    ends_.shrink();
  }

 private:
  friend struct ColumnLayout;
  std::size_t end_of(std::size_t index) const {
    return carries_.empty() ? ends_[index] : long_end_of(index);
  }
  std::size_t long_end_of(std::size_t index) const;
  // Ends a text where the bytes end now.
  void close();

  ColumnArray<char> bytes_;
  ColumnArray<std::uint32_t> ends_;     // the lower 32 bits of the end of each text
  ColumnArray<std::uint64_t> carries_;  // texts with whose end a bit is carried over from those
};

}  // namespace candor
