// SPDX-License-Identifier: Apache-2.0
// What happens to the text of a cell before anything looks at it: trim, replace by the column's
// value map, turn markers into "missing". Files and requests go through the same rules.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

class MissingMarkers {
 public:
  MissingMarkers() = default;
  explicit MissingMarkers(std::vector<std::string> markers);

  // True for an empty cell, whether or not "" is among the markers.
  bool matches(std::string_view text) const;
  // The same, without a look at what values the markers stand for.
  bool matches_text(std::string_view text) const;
  // The same for a number, by its value.
  bool matches_value(double value) const {
    return std::find(numbers_.begin(), numbers_.end(), value) != numbers_.end();
  }
  const std::vector<std::string>& list() const { return markers_; }
  // Whether some marker reads as a number, so that numbers must be looked at too. Such a marker
  // stands for its value, however that is spelled: -999 is also -999.0.
  bool has_number() const { return !numbers_.empty(); }

 private:
  std::vector<std::string> markers_;
  std::array<bool, 256> first_{};  // bytes that start a marker: rules out nearly all cells at once
  std::vector<double> numbers_;    // values of the markers that read as numbers
};

// The rules of one column. `markers` is shared by all columns and must outlive the call.
struct CellRules {
  bool trim = false;
  std::map<std::string, std::string, std::less<>> values;

  // The cell after the rules; empty means missing. A view into `text` or into `values`.
  std::string_view apply(std::string_view text, const MissingMarkers& markers) const;
  // Without the trimming, which a quoted cell of a file is spared.
  std::string_view replace(std::string_view text, const MissingMarkers& markers) const;
};

}  // namespace candor
