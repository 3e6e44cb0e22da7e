// SPDX-License-Identifier: Apache-2.0
#include "core/predictions/positive_class.h"

#include <candor/error.h>

#include "core/base/nearest.h"
#include "core/metrics/report_format.h"
#include "core/table/boolean_word.h"
#include "core/table/number.h"

namespace candor {
namespace {

bool is_number(const std::string& text, double value) {
  const auto parsed = parse_number(text);
  return parsed.kind == NumberKind::number && parsed.value == value;
}

// Whether the first is the usual name of the positive class and the second of the other.
bool are_plain(const std::string& positive, const std::string& negative) {
  const auto yes = boolean_word(positive), no = boolean_word(negative);
  if (yes && no && yes->pair == no->pair) return yes->value && !no->value;
  return is_number(positive, 1.0) && (is_number(negative, 0.0) || is_number(negative, -1.0));
}

// All labels are the same, so that the other class is known by its usual name at most.
std::vector<std::string> with_other(const std::string& only,
                                    const std::optional<std::string>& positive,
                                    const std::string& path) {
  if (positive && only == *positive) return {"not " + only, only};
  if (positive) return {only, *positive};
  if (is_number(only, 0.0)) return {only, "1"};
  if (is_number(only, 1.0)) return {"0", only};
  throw Error(ErrorKind::config, path + ": every label is " + in_quotes(only) +
                                     "; say with --positive which class the score is for");
}

}  // namespace

std::string in_quotes(const std::string& text) { return "'" + shown(text, 60) + "'"; }

std::optional<std::string> plain_positive(const std::vector<std::string>& classes) {
  if (classes.size() != 2) return std::nullopt;
  if (are_plain(classes[1], classes[0])) return classes[1];
  if (are_plain(classes[0], classes[1])) return classes[0];
  return std::nullopt;
}

std::vector<std::string> two_classes(const std::vector<std::string>& found,
                                     const std::optional<std::string>& positive,
                                     const std::string& path) {
  if (found.size() == 1) return with_other(found[0], positive, path);
  const auto wanted = positive ? positive : plain_positive(found);
  if (!wanted) {
    throw Error(ErrorKind::config, path + ": labels are " + in_quotes(found[0]) + " and " +
                                       in_quotes(found[1]) +
                                       "; say with --positive which class the score is for");
  }
  if (*wanted == found[1]) return found;
  if (*wanted == found[0]) return {found[1], found[0]};
  refuse_positive(*wanted, found, path);
}

void refuse_positive(const std::string& positive, const std::vector<std::string>& classes,
                     const std::string& path) {
  const auto nearest = nearest_name(positive, classes);
  throw Error(ErrorKind::config,
              "--positive: " + in_quotes(positive) + " is no class of " + path +
                  (nearest ? "; did you mean " + in_quotes(*nearest) + "?" : "") +
                  " (classes: " + shown(join(classes), 200) + ")");
}

}  // namespace candor
