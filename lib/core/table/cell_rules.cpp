// SPDX-License-Identifier: Apache-2.0
#include "core/table/cell_rules.h"

#include <algorithm>
#include <utility>

#include "core/table/number.h"

namespace candor {

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

MissingMarkers::MissingMarkers(std::vector<std::string> markers) : markers_(std::move(markers)) {
  for (const auto& marker : markers_) {
    if (!marker.empty()) first_[static_cast<unsigned char>(marker.front())] = true;
    has_number_ = has_number_ || parse_number(marker).kind == NumberKind::number;
  }
}

bool MissingMarkers::matches(std::string_view text) const {
  if (text.empty()) return true;
  if (!first_[static_cast<unsigned char>(text.front())]) return false;
  return std::find(markers_.begin(), markers_.end(), text) != markers_.end();
}

std::string_view CellRules::apply(std::string_view text, const MissingMarkers& markers) const {
  return replace(trim ? trim_blanks(text) : text, markers);
}

std::string_view CellRules::replace(std::string_view text, const MissingMarkers& markers) const {
  if (!values.empty()) {
    const auto found = values.find(text);
    if (found != values.end()) text = found->second;
  }
  return markers.matches(text) ? std::string_view{} : text;
}

}  // namespace candor
