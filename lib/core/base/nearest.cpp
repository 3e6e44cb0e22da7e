// SPDX-License-Identifier: Apache-2.0
#include "core/base/nearest.h"

#include <algorithm>
#include <utility>

#include "core/base/ascii.h"

namespace candor {
namespace {

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// Whoever leaves a part out or adds one: "f1" for "f1_macro", "auc" for "roc_auc", "output" for
// "out". The shortest candidate of which `name` is a part, or the longest that begins `name`.
std::optional<std::string> related_name(std::string_view name,
                                        const std::vector<std::string>& candidates) {
  constexpr std::size_t kShortest = 2;
  std::optional<std::string> longer, shorter;
  if (name.size() < kShortest) return std::nullopt;
  const auto ends_in = [&](std::string_view candidate) {
    return candidate.size() > name.size() && candidate.ends_with(name) &&
           candidate[candidate.size() - name.size() - 1] == '_';
  };
  for (const auto& candidate : candidates) {
    const auto lower = ascii_lower(candidate);
    if (lower.starts_with(name) || ends_in(lower)) {
      if (!longer || candidate.size() < longer->size()) longer = candidate;
    } else if (candidate.size() > kShortest && name.starts_with(lower)) {
      if (!shorter || candidate.size() > shorter->size()) shorter = candidate;
    }
  }
  return longer ? longer : shorter;
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name,
                                        const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 128;  // a name beyond that is no slip of the keyboard
  if (name.size() > kLongest) return std::nullopt;
  const auto wanted = ascii_lower(name);
  std::optional<std::string> best;
  std::size_t best_distance = 0;
  for (const auto& candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    const auto found = distance(wanted, ascii_lower(candidate));
    const auto allowed = (std::max(name.size(), candidate.size()) + 2) / 3;
    if (found <= allowed && (!best || found < best_distance)) {
      best = candidate;
      best_distance = found;
    }
  }
  return best ? best : related_name(wanted, candidates);
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += separator;
    text += words[i];
  }
  return text;
}

std::vector<std::string> nearest_names(const std::string& name, std::vector<std::string> candidates,
                                       std::size_t most) {
  std::vector<std::pair<std::size_t, std::string>> measured;
  for (auto& candidate : candidates) {
    const auto far = distance(name, candidate);
    measured.emplace_back(far, std::move(candidate));
  }
  std::stable_sort(measured.begin(), measured.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < std::min(most, measured.size()); ++i) {
    nearest.push_back(std::move(measured[i].second));
  }
  return nearest;
}

}  // namespace candor
