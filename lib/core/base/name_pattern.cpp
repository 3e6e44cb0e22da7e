// SPDX-License-Identifier: Apache-2.0
#include "core/base/name_pattern.h"

#include <algorithm>

#include <candor/error.h>

#include "core/base/nearest.h"

namespace candor {

// Each '*' is tried with as few characters as do; only the last one may have to take more.
bool fits_pattern(std::string_view pattern, std::string_view name) {
  std::size_t at = 0, star = std::string_view::npos, taken = 0;
  std::size_t i = 0;
  while (i < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      taken = i;
    } else if (at < pattern.size() && pattern[at] == name[i]) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

bool fits_any(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return fits_pattern(pattern, name); });
}

void require_fitting(const std::string& key, const std::string& pattern,
                     const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 5;
  const auto fits = [&](const std::string& name) { return fits_pattern(pattern, name); };
  if (std::any_of(names.begin(), names.end(), fits)) return;
  auto text = key + ": pattern \"" + pattern + "\" fits no parameter of the model";
  const auto nearest = nearest_names(pattern, names, kMost);
  if (!nearest.empty()) text += "; the nearest are " + join(nearest);
  throw Error(ErrorKind::config, text + "; correct it, or remove it");
}

}  // namespace candor
