// SPDX-License-Identifier: Apache-2.0
#include "core/table/cell_rules.h"

#include <algorithm>
#include <utility>

#include "core/table/number.h"

namespace candor {

MissingMarkers::MissingMarkers(std::vector<std::string> markers) : markers_(std::move(markers)) {
  for (const auto& marker : markers_) {
    if (!marker.empty()) first_[static_cast<unsigned char>(marker.front())] = true;
    const auto parsed = parse_number(marker);
    if (parsed.kind == NumberKind::number) numbers_.push_back(parsed.value);
  }
}

bool MissingMarkers::matches_text(std::string_view text) const {
  return text.empty() || (first_[static_cast<unsigned char>(text.front())] &&
                          std::find(markers_.begin(), markers_.end(), text) != markers_.end());
}

bool MissingMarkers::matches(std::string_view text) const {
  if (matches_text(text)) return true;
  if (numbers_.empty()) return false;
  const auto parsed = parse_number(text);
  return parsed.kind == NumberKind::number && matches_value(parsed.value);
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
