// SPDX-License-Identifier: Apache-2.0
#include "engine/train/find_learning_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <candor/error.h>
#include <candor/version.h>

#include "core/base/json_number.h"

namespace candor {
namespace {

constexpr std::int64_t kUpdates = 100;
constexpr double kLowest = 1e-7, kHighest = 10.0;
constexpr double kKept = 0.9;      // share of the running mean that a loss leaves
constexpr double kExplodes = 4.0;  // times the lowest smooth loss

double rate_of(std::int64_t update) {
  const auto t = static_cast<double>(update) / static_cast<double>(kUpdates - 1);
  return kLowest * std::pow(kHighest / kLowest, t);
}

// A mean of the losses so far in which the newest count most, without a bias to the beginning.
class RunningMean {
 public:
  double add(double value) {
    sum_ = kKept * sum_ + (1.0 - kKept) * value;
    share_ = kKept * share_ + (1.0 - kKept);
    return sum_ / share_;
  }

 private:
  double sum_ = 0.0, share_ = 0.0;
};

bool explodes(const std::vector<RatePoint>& points) {
  const auto lowest =
      std::min_element(points.begin(), points.end(),
                       [](const auto& a, const auto& b) { return a.smooth < b.smooth; });
  return points.back().smooth > kExplodes * lowest->smooth;
}

// Changes per step of the logarithm, over two steps so that noise counts less. Only up to the
// lowest point: a fall behind it comes after the loss has begun to jump.
std::optional<std::size_t> steepest(const std::vector<RatePoint>& points, std::size_t lowest) {
  std::optional<std::size_t> place;
  double most = 0.0;
  for (std::size_t i = 1; i + 1 <= lowest; ++i) {
    const auto fall = points[i - 1].smooth - points[i + 1].smooth;
    if (fall <= most) continue;
    most = fall;
    place = i;
  }
  return place;
}

// Two digits are what the curve can tell.
std::string short_text(double value) { return fmt::format("{:.2g}", value); }

// What the rates that were tried are not for.
std::string rest_of(const OptimizerConfig& optimizer) {
  const auto* muon = std::get_if<MuonConfig>(&optimizer);
  if (muon == nullptr) return {};
  return fmt::format(
      "this is the rate of muon's matrices alone: the other weights were trained at "
      "train.optimizer.adamw.learning_rate={} throughout",
      muon->adamw.learning_rate);
}

std::optional<double> shortened(std::optional<double> value) {
  return value ? std::optional(std::stod(short_text(*value))) : std::nullopt;
}

}  // namespace

std::optional<double> RateRange::suggestion() const {
  if (!steepest || !below_lowest) return std::nullopt;
  return std::min(*steepest, *below_lowest);
}

std::string RateRange::text() const {
  constexpr std::size_t kRows = 15;
  const auto every = std::max<std::size_t>(1, (points.size() + kRows - 1) / kRows);
  std::string text = fmt::format("{:>13}  {:>10}\n", "learning rate", "loss");
  for (std::size_t i = 0; i < points.size(); i += every) {
    text += fmt::format("{:>13.2g}  {:>10.4f}\n", points[i].learning_rate, points[i].smooth);
  }
  const auto found = suggestion();
  const auto rest = note.empty() ? "" : note + "\n";
  if (!found) {
    return text +
           "no suggestion: the loss never fell; look at the data and the model, or raise "
           "train.batch_size\n" +
           rest;
  }
  text += "the loss falls fastest at " + short_text(*steepest) +
          "; a tenth of the rate with the lowest loss is " + short_text(*below_lowest) + "\n";
  return text + "take train.optimizer.learning_rate=" + short_text(*found) + "\n" + rest;
}

Json RateRange::json() const {
  Json json;
  json["format_version"] = kFormatVersion;
  json["points"] = Json::array();
  for (const auto& point : points) {
    json["points"].push_back({{"learning_rate", point.learning_rate},
                              {"loss", point.loss},
                              {"smooth_loss", point.smooth}});
  }
  json["steepest"] = number_or_null(steepest);
  json["below_lowest"] = number_or_null(below_lowest);
  json["suggestion"] = number_or_null(suggestion());
  json["note"] = note.empty() ? Json(nullptr) : Json(note);
  return json;
}

RateRange read_curve(std::vector<RatePoint> points) {
  RateRange range;
  RunningMean mean;
  for (auto& point : points) {
    if (!std::isfinite(point.loss)) break;
    point.smooth = mean.add(point.loss);
    range.points.push_back(point);
    if (explodes(range.points)) break;
  }
  if (range.points.empty()) return range;
  const auto lowest =
      std::min_element(range.points.begin(), range.points.end(),
                       [](const auto& a, const auto& b) { return a.smooth < b.smooth; });
  const auto place =
      candor::steepest(range.points, static_cast<std::size_t>(lowest - range.points.begin()));
  if (!place) return range;
  range.steepest = shortened(range.points[*place].learning_rate);
  range.below_lowest = shortened(lowest->learning_rate / 10.0);
  return range;
}

RateRange find_learning_rate(RunConfig& config, StepContext& context,
                             const std::function<bool()>& stop_requested) {
  TORCH_CHECK(&config == &context.config, "the rates are set in the config of the steps");
  config.train.schedule = ConstantSchedule{};
  std::vector<RatePoint> points;
  RateRange range;
  for (std::int64_t update = 0; update < kUpdates; ++update) {
    if (stop_requested && stop_requested()) {
      throw Error(ErrorKind::failed,
                  "the search for a learning rate was stopped; there is nothing to resume");
    }
    const auto rate = rate_of(update);
    std::visit([&](auto& optimizer) { optimizer.learning_rate = rate; }, config.train.optimizer);
    context.optimizer.configure(config.train.optimizer);  // Muon's AdamW has its rate beside it
    try {
      const auto result = train_step(context, update);
      if (!std::isfinite(result.loss) || !std::isfinite(result.gradient_norm)) break;
      points.push_back({rate, result.loss, 0.0});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::diverged) throw;
      break;
    }
    range = read_curve(points);
    if (range.points.size() < points.size() || explodes(range.points)) break;
  }
  range.note = rest_of(config.train.optimizer);
  return range;
}

}  // namespace candor
