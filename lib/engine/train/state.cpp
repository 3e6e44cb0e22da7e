// SPDX-License-Identifier: Apache-2.0
#include "engine/train/state.h"

#include <algorithm>

#include "core/base/json_number.h"

namespace candor {
namespace {

std::optional<double> optional_number(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

}  // namespace

Json TrainState::to_json() const {
  Json json;
  json["step"] = step;
  json["best_score"] = number_or_null(best_score);
  json["best_step"] = best_step;
  json["stale"] = stale;
  json["loss_sum"] = loss_sum;
  json["loss_count"] = loss_count;
  json["finished"] = finished;
  json["validation_due"] = validation_due;
  json["plateau"] = {
      {"reductions", reductions}, {"best", number_or_null(plateau_best)}, {"stale", plateau_stale}};
  json["not_finite"] = {{"skipped", skipped},       {"in_row", skipped_in_row},
                        {"roll_backs", roll_backs}, {"batch_offset", batch_offset},
                        {"anchor", anchor},         {"anchor_best", anchor_best}};
  return json;
}

TrainState TrainState::from_json(const Json& json, const std::string& where) {
  TrainState state;
  try {
    state.step = json.at("step").get<std::int64_t>();
    state.best_score = optional_number(json.at("best_score"));
    state.best_step = json.at("best_step").get<std::int64_t>();
    state.stale = json.at("stale").get<std::int64_t>();
    state.loss_sum = json.at("loss_sum").get<double>();
    state.loss_count = json.at("loss_count").get<std::int64_t>();
    state.finished = json.at("finished").get<bool>();
    state.anchor = state.step;
    state.anchor_best = state.best_step;
    if (json.contains("not_finite")) {  // else it is of an earlier version
      state.validation_due = json.at("validation_due").get<bool>();
      const auto& plateau = json.at("plateau");
      state.reductions = plateau.at("reductions").get<std::int64_t>();
      state.plateau_best = optional_number(plateau.at("best"));
      state.plateau_stale = plateau.at("stale").get<std::int64_t>();
      const auto& not_finite = json.at("not_finite");
      state.skipped = not_finite.at("skipped").get<std::int64_t>();
      state.skipped_in_row = not_finite.at("in_row").get<std::int64_t>();
      state.roll_backs = not_finite.at("roll_backs").get<std::int64_t>();
      state.batch_offset = not_finite.at("batch_offset").get<std::int64_t>();
      state.anchor = not_finite.at("anchor").get<std::int64_t>();
      state.anchor_best = not_finite.value("anchor_best", state.best_step);
    }
  } catch (const Json::exception&) {
    throw Error(ErrorKind::model,
                where + ": a value of train is missing or of another type; the file is damaged");
  }
  const auto least =
      std::min({state.step, state.best_step, state.stale, state.loss_count, state.reductions,
                state.plateau_stale, state.skipped, state.skipped_in_row, state.roll_backs,
                state.batch_offset, state.anchor, state.anchor_best});
  if (least < 0 || std::max({state.best_step, state.anchor, state.anchor_best,
                             state.skipped_in_row}) > state.step) {
    throw Error(ErrorKind::model,
                where + ": a value of train is out of range; the file is damaged");
  }
  return state;
}

}  // namespace candor
