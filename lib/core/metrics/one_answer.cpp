// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/one_answer.h"

#include <algorithm>
#include <functional>

#include "core/metrics/report_format.h"

namespace candor {

std::optional<std::string> one_answer(const Scored& scored, const std::string& part) {
  const auto& target = scored.target;
  const auto several = std::adjacent_find(target.begin(), target.end(), std::not_equal_to<>());
  if (scored.kind != OutputKind::classification || several == target.end()) return std::nullopt;
  const auto classes = scored.labels.size();
  std::optional<std::size_t> answer;
  for (std::size_t row = 0; row < target.size(); ++row) {
    const auto* begin = scored.probabilities.data() + row * classes;
    const auto likeliest =
        static_cast<std::size_t>(std::max_element(begin, begin + classes) - begin);
    if (answer && *answer != likeliest) return std::nullopt;
    answer = likeliest;
  }
  constexpr std::size_t kLabelWidth = 60;
  return "the model answers \"" + shown(scored.labels[*answer], kLabelWidth) + "\" for all " +
         with_thousands(static_cast<std::int64_t>(target.size())) + " " + part +
         " rows, which are of several classes: it tells none apart; train longer, try another "
         "train.optimizer.learning_rate, or set train.loss.class_weighting where one class is most "
         "of the rows";
}

}  // namespace candor
