// SPDX-License-Identifier: Apache-2.0
#include "engine/train/state.h"

namespace candor {

Json TrainState::to_json() const {
  Json json;
  json["step"] = step;
  json["best_score"] = best_score ? Json(*best_score) : Json(nullptr);
  json["best_step"] = best_step;
  json["stale"] = stale;
  json["loss_sum"] = loss_sum;
  json["loss_count"] = loss_count;
  json["finished"] = finished;
  return json;
}

TrainState TrainState::from_json(const Json& json, const std::string& where) {
  TrainState state;
  try {
    state.step = json.at("step").get<std::int64_t>();
    if (!json.at("best_score").is_null()) state.best_score = json["best_score"].get<double>();
    state.best_step = json.at("best_step").get<std::int64_t>();
    state.stale = json.at("stale").get<std::int64_t>();
    state.loss_sum = json.at("loss_sum").get<double>();
    state.loss_count = json.at("loss_count").get<std::int64_t>();
    state.finished = json.at("finished").get<bool>();
  } catch (const Json::exception&) {
    throw Error(ErrorKind::model,
                where + ": a value of train is missing or of another type; the file is damaged");
  }
  if (state.step < 0 || state.best_step < 0 || state.best_step > state.step || state.stale < 0 ||
      state.loss_count < 0) {
    throw Error(ErrorKind::model,
                where + ": a value of train is out of range; the file is damaged");
  }
  return state;
}

}  // namespace candor
