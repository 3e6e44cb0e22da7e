// SPDX-License-Identifier: Apache-2.0
// Trainer: checkpoints, and the ways back to them.
#include <torch/torch.h>
#include <torch/version.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <candor/error.h>
#include <candor/version.h>

#include "core/artifact/model_directory.h"
#include "core/base/environment.h"
#include "core/base/log.h"
#include "core/base/seconds.h"
#include "core/base/trace.h"
#include "core/config/resume_rules.h"
#include "engine/checkpoint/weights.h"
#include "engine/optim/schedule.h"
#include "engine/train/loop.h"
#include "engine/train/product_choice.h"
#include "engine/train/trainer.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWeights = "weights.safetensors";
constexpr const char* kAverage = "average.safetensors";

// Earlier versions skipped none.
std::int64_t read_updates(const Json& json, std::int64_t step, const std::string& path) {
  if (!json.contains("updates")) return step;
  const auto& found = json["updates"];
  const bool fits = found.is_number_integer() && found >= 0 && found <= step;
  if (fits) return found.get<std::int64_t>();
  throw Error(ErrorKind::model,
              fmt::format("{}: updates is {}; it must be a whole number from 0 to "
                          "train.step, {}; the file is damaged",
                          path, found.dump(), step));
}

void warn_when_bits_differ(const Json& saved, const Json& now) {
  for (const auto& [key, value] : now.items()) {
    if (saved.contains(key) && saved[key] == value) continue;
    log().warn("resuming, but not bit-equal: {} was {}, now it is {}", key,
               saved.contains(key) ? saved[key].dump() : "unknown", value.dump());
  }
}

std::string indented(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "\n  " + line;
  return text;
}

bool same_rates(const ScheduleConfig& before, std::int64_t total_before,
                const ScheduleConfig& after, std::int64_t total_after, std::int64_t steps) {
  for (std::int64_t step = 0; step < steps; ++step) {
    if (schedule_factor(before, step, total_before) != schedule_factor(after, step, total_after))
      return false;
  }
  return true;
}

bool is_plateau(const ScheduleConfig& schedule) {
  return std::holds_alternative<PlateauSchedule>(schedule);
}

// "people.csv:17, people.csv:4 and 6 more".
std::string row_names(const Dataset& dataset, const std::vector<std::int64_t>& rows) {
  constexpr std::size_t kMost = 8;
  const auto ids = dataset.ids();
  std::string text;
  for (std::size_t i = 0; i < std::min(rows.size(), kMost); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    text += (i == 0 ? "" : ", ") + (row < ids.size() ? ids[row] : std::to_string(row));
  }
  if (rows.size() > kMost) text += fmt::format(" and {} more", rows.size() - kMost);
  return text;
}

}  // namespace

Json bit_choices(at::Device device, ProductKind products) {
  Json json;
  json["instruction_set"] = instruction_set();
  json["threads"] = at::get_num_threads();
  json["device"] = device.str();
  json["products"] = product_kind_name(products);
  json["candor"] = CANDOR_VERSION;
  json["libtorch"] = TORCH_VERSION;
  return json;
}

std::int64_t Trainer::batches_taken() const {
  return state_.step * config_.train.accumulate + state_.batch_offset;
}

// Checkpoints without a loader are of versions whose order was fisher_yates; what began with it
// goes on with it.
void Trainer::resume_loader(const Json& state, const std::string& where) {
  if (!state.contains("loader")) {
    loader_ = make_loader(OrderKind::fisher_yates);
    return;
  }
  const auto saved = loader_from_json(state["loader"], where);
  if (saved.order != loader_->order()) loader_ = make_loader(saved.order);
  if (saved.state == loader_->state_after(batches_taken())) return;
  throw Error(ErrorKind::model, where +
                                    ": loader is not at the place of train.step in this data; the "
                                    "file is damaged, or the training rows are others");
}

void Trainer::load_checkpoint(RunDirectory& run, std::int64_t step) {
  const auto folder = run.checkpoints().path_of(step);
  const auto path = (folder / "state.json").string();
  const auto json = parse_json_file(path, ErrorKind::model);
  check_format_version(json, path);
  if (!json.contains("train") || !json.contains("bits") || !json["bits"].is_object()) {
    throw Error(ErrorKind::model, path + ": train or bits is missing; the file is damaged");
  }
  state_ = TrainState::from_json(json["train"], path);
  if (state_.step != step) {
    throw Error(ErrorKind::model, path + ": train.step is not that of its folder");
  }
  const auto updates = read_updates(json, state_.step, path);
  resume_loader(json, path);
  auto bits = json["bits"];
  bits.emplace("products", product_kind_name(ProductKind::mkl));  // all that earlier versions knew
  resume_products(bits["products"]);
  warn_when_bits_differ(bits, bit_choices(device_, products_));
  load_weights(folder / kWeights);
  optimizer_.load_state(load_tensors(folder / "optimizer.safetensors"), updates);
  if (groups_) groups_->from_json(json.value("fairness", Json()), path);
  if (!average_) return;
  const auto average = folder / kAverage;
  average_->load_state(load_tensors(average), average.string());
}

void Trainer::resume(RunDirectory& run, const RunConfig& before) {
  const auto step = run.checkpoints().find_last_complete();
  if (!step) return start_again(run);
  log().info("resuming after step {}", *step);
  load_checkpoint(run, *step);
  check_rates(before);
  const auto& stopping = config_.train.early_stopping;
  state_.finished = stopping && state_.stale >= stopping->patience;
  run.truncate_after(*step);
  restore_links(run);
}

// The length of the run and the schedule may change as long as the past stays what it was.
void Trainer::check_rates(const RunConfig& before) const {
  const auto changes = resume_changes(before, config_).rates;
  if (changes.empty()) return;
  require_steps_left(state_.step, plan_.total_steps, changes);
  const auto& train = config_.train;
  // What a plateau made of the rate followed from validations by the settings of then.
  const bool other_plateau =
      (is_plateau(train.schedule) || is_plateau(before.train.schedule)) &&
      std::any_of(changes.begin(), changes.end(),
                  [](const std::string& line) { return line.starts_with("train.schedule"); });
  const auto total =
      make_plan(before.train, loader_->batches_per_epoch(), data_.validation != nullptr)
          .total_steps;
  if (!other_plateau &&
      same_rates(before.train.schedule, total, train.schedule, plan_.total_steps, state_.step)) {
    return;
  }
  throw Error(ErrorKind::config,
              fmt::format("--resume: the {} updates that are done would have had other learning "
                          "rates; resume with the same values, or start a new run:{}",
                          state_.step, indented(changes)));
}

void Trainer::start_again(RunDirectory& run) {
  if (fs::exists(run.path() / "model")) {
    throw Error(ErrorKind::model, run.path().string() +
                                      ": has a model, but no checkpoint to go on from; train it "
                                      "anew with --overwrite");
  }
  log().info("no checkpoint was written yet; starting at step 1");
  run.truncate_after(0);
}

// The links are set after their checkpoint is in place; a kill in between leaves them behind.
void Trainer::restore_links(RunDirectory& run) {
  auto& checkpoints = run.checkpoints();
  checkpoints.set_last(state_.step);
  if (state_.best_step == 0) return;
  if (has_manifest(checkpoints.path_of(state_.best_step))) {
    checkpoints.set_best(state_.best_step);
    return;
  }
  log().warn(
      "not bit-equal: the best checkpoint, of step {}, is gone; the best is looked for anew from "
      "step {} on",
      state_.best_step, state_.step);
  state_.best_step = 0;
  state_.best_score.reset();
}

void Trainer::checkpoint(Loop& loop, bool best, bool planned) {
  const TraceSpan span("checkpoint");
  loop.saver.wait();
  // Not in the middle of bad updates: to go back there would not lead out of them.
  if (planned && state_.skipped_in_row == 0) {
    state_.anchor = state_.step;
    state_.anchor_best = state_.best_step;
  }
  loop.saver.save(snapshot(best));
  loop.last_checkpoint = Clock::now();
}

CheckpointContent Trainer::snapshot(bool best) {
  Json state;
  state["format_version"] = kFormatVersion;
  state["train"] = state_.to_json();
  state["updates"] = optimizer_.updates();
  state["loader"] = loader_json(loader_->order(), loader_->state_after(batches_taken()));
  if (groups_) state["fairness"] = groups_->to_json();
  state["bits"] = bit_choices(device_, products_);
  // A checkpoint that could not be written yet keeps its memory.
  if (!copies_ || copies_.use_count() > 1) copies_ = std::make_shared<HostCopies>();
  copies_->take(kWeights, module_state(network_->model()));
  if (average_) copies_->take(kAverage, average_->state());
  copies_->take("optimizer.safetensors", optimizer_.state());
  CheckpointContent content;
  content.step = state_.step;
  content.best = best;
  content.anchor = {state_.anchor, state_.anchor_best};
  content.state = state.dump(2) + "\n";
  content.tensors = copies_->views();
  content.memory = copies_;
  return content;
}

double Trainer::probe_checkpoint() {
  std::error_code error;
  // A name that nobody can have taken before.
  auto folder = (fs::temp_directory_path(error) / "candor-estimate-XXXXXX").string();
  if (error || mkdtemp(folder.data()) == nullptr) return 0.0;  // an estimate needs no disk
  const auto start = Clock::now();
  double taken = 0.0;
  try {
    write_checkpoint(fs::path(folder) / "checkpoint", snapshot(/*best=*/false));
    taken = seconds_since(start);
  } catch (const Error&) {
    taken = 0.0;
  }
  fs::remove_all(folder, error);
  return taken;
}

void Trainer::note_skipped(Loop& loop, const StepResult& result) {
  ++state_.skipped;
  ++state_.skipped_in_row;
  log().warn("update {} was skipped: its {} is not finite; rows: {}", state_.step, result.fault,
             row_names(*data_.train, result.rows));
  loop.log.skipped(result, state_);
}

// Back to the weights of the anchor, and on with the batches after the bad ones.
void Trainer::roll_back(Loop& loop, const StepResult& result) {
  loop.saver.wait();  // the anchor may be the one in flight
  auto from = state_;
  if (++from.roll_backs == kTooManyRollBacks) {
    throw Error(
        ErrorKind::diverged,
        fmt::format("training diverged: the {} of {} updates in a row, up to step {} (epoch {}), "
                    "is not finite, and {} roll-backs to a checkpoint did not help; lower "
                    "train.optimizer.learning_rate, set train.clip_norm, or look for extreme "
                    "values in the data; checkpoints before it are intact",
                    result.fault, kMostSkippedInRow, from.step,
                    loader_->epoch_of(batches_taken() - 1) + 1, kTooManyRollBacks - 1));
  }
  auto& checkpoints = loop.run.checkpoints();
  // The anchor; or the one before it, where a disk that was full has kept it from being written.
  const auto step = checkpoints.find_last_complete(from.anchor);
  if (!step) {
    throw Error(ErrorKind::failed, loop.run.path().string() +
                                       ": there is no checkpoint to roll back to; was it removed "
                                       "while the run went on?");
  }
  checkpoints.remove_after(*step);  // they belong to what did not happen
  load_checkpoint(loop.run, *step);
  state_.skipped = from.skipped;
  state_.roll_backs = from.roll_backs;
  state_.batch_offset = from.batch_offset + (from.step - state_.step) * config_.train.accumulate;
  loop.run.truncate_after(*step);
  restore_links(loop.run);
  loop.log.rolled_back(from, state_);
  log().warn(
      "{} updates in a row were not finite: weights are those of step {} again, and {} batches are "
      "left out (roll-back {}; number {} ends the run)",
      kMostSkippedInRow, state_.step, state_.batch_offset - from.batch_offset, state_.roll_backs,
      kTooManyRollBacks);
}

// Whatever is faster today, or was measured anew.
void Trainer::resume_products(const Json& name) {
  if (!name.is_string()) return;  // the warning shows it
  const auto saved = product_kind_of(name.get<std::string>());
  const bool wide = saved == ProductKind::bfloat16;
  if (wide && device_.is_cpu() && !has_bfloat16(instruction_set())) return;
  if (saved != products_) set_products(saved);
}

void Trainer::load_weights(const fs::path& file) {
  load_state(network_->model(), load_tensors(file), file.string());
  if (working_) working_->invalidate();
}

// Where there is an average, it is what was validated.
void Trainer::take_final_weights(RunDirectory& run) {
  const bool best = config_.train.weights == Weights::best && state_.best_step > 0;
  if (best) {
    log().info("the model has the weights of step {}, which were the best", state_.best_step);
  }
  if (best && state_.best_step != state_.step) {
    load_weights(run.checkpoints().path_of(state_.best_step) / (average_ ? kAverage : kWeights));
  } else if (average_) {
    load_state(network_->model(), average_->state(), kAverage);
  }
}

std::string Trainer::stopped_message(const RunDirectory& run) const {
  const auto folder = run.path().string();
  const auto kept = CheckpointFolders(run.path() / kCheckpointsName).path_of(state_.step);
  return fmt::format(
      "stopped at step {} of {}; kept: {}; continue with: candor train {}/config.json --run {} "
      "--resume",
      state_.step, plan_.total_steps, kept.string(), folder, folder);
}

}  // namespace candor
