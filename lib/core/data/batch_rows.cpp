// SPDX-License-Identifier: Apache-2.0
#include "core/data/batch_rows.h"

#include <algorithm>
#include <array>
#include <utility>

#include <candor/error.h>

#include "core/base/nearest.h"
#include "core/data/row_order.h"

namespace candor {
namespace {

const std::vector<std::string> kOrders = {"feistel", "fisher_yates"};  // in the enum's order

}  // namespace

BatchRows::BatchRows(std::int64_t rows, std::int64_t batch_size, std::uint64_t seed,
                     BatchOptions options)
    : rows_(rows),
      together_(std::min(batch_size * options.world, rows)),
      batches_per_epoch_(rows / std::max<std::int64_t>(1, together_)),
      seed_(seed),
      options_(std::move(options)),
      stream_(seed, "order") {
  if (rows_ >= options_.world) return;
  throw Error(ErrorKind::config, std::to_string(rows_) + " training rows are too few for " +
                                     std::to_string(options_.world) +
                                     " processes; each needs one at least");
}

BatchRows::Shuffled BatchRows::shuffled(std::int64_t epoch) const {
  const std::lock_guard lock(mutex_);
  if (epoch != shuffled_epoch_) {
    shuffled_ = std::make_shared<const std::vector<std::int64_t>>(
        permutation(rows_, stream_.at(static_cast<std::uint64_t>(epoch))));
    shuffled_epoch_ = epoch;
  }
  return shuffled_;
}

void BatchRows::rows(std::int64_t batch, std::vector<std::int64_t>& out) const {
  const auto epoch = epoch_of(batch);
  const auto begin = together_ * options_.rank / options_.world;
  const auto end = together_ * (options_.rank + 1) / options_.world;
  const auto first = batch % batches_per_epoch_ * together_ + begin;
  out.resize(static_cast<std::size_t>(end - begin));
  const auto stream = stream_.at(static_cast<std::uint64_t>(epoch));
  if (options_.sampler) {
    options_.sampler->rows(stream, first, out);
  } else if (options_.order == OrderKind::feistel) {
    RowOrder(rows_, stream).rows(first, out);
  } else {
    const auto all = shuffled(epoch);
    std::copy_n(all->begin() + first, out.size(), out.begin());
  }
}

LoaderState BatchRows::state_after(std::int64_t batches) const {
  return {seed_, epoch_of(batches), batches % batches_per_epoch_ * together_, rows_};
}

Json loader_json(OrderKind order, const LoaderState& state) {
  Json json;
  json["order"] = kOrders[static_cast<std::size_t>(order)];
  json["seed"] = state.seed;
  json["epoch"] = state.epoch;
  json["position"] = state.position;
  json["rows"] = state.rows;
  return json;
}

SavedLoader loader_from_json(const Json& json, const std::string& where) {
  SavedLoader saved;
  std::string order;
  try {
    order = json.at("order").get<std::string>();
    saved.state = {json.at("seed").get<std::uint64_t>(), json.at("epoch").get<std::int64_t>(),
                   json.at("position").get<std::int64_t>(), json.at("rows").get<std::int64_t>()};
  } catch (const Json::exception&) {
    throw Error(ErrorKind::model,
                where + ": a value of loader is missing or of another type; the file is damaged");
  }
  const auto found = std::find(kOrders.begin(), kOrders.end(), order);
  if (found == kOrders.end()) {
    throw Error(ErrorKind::model, where + ": loader.order '" + order +
                                      "' is not one that this version knows (" + join(kOrders) +
                                      "); resume with the version that wrote it");
  }
  saved.order = static_cast<OrderKind>(found - kOrders.begin());
  return saved;
}

}  // namespace candor
