// SPDX-License-Identifier: Apache-2.0
#include "engine/train/first_weights.h"

#include <string_view>

#include <candor/error.h>

#include "core/base/log.h"
#include "core/config/config_json.h"
#include "engine/checkpoint/init_from.h"

namespace candor {

template <class F>
void FirstWeights::name_word(const F& work) const {
  try {
    work();
  } catch (const Error& error) {
    const auto word = word_that_set(words_, "train.init_from.path");
    if (!word || !std::string_view(error.what()).starts_with("/train/init_from/path")) throw;
    throw Error(error.kind(), "command line: " + *word + ": " + error.what());
  }
}

void FirstWeights::find() {
  const auto& from = config_.train.init_from;
  if (!from) return;
  name_word([&] { path_ = find_weights(from->path); });
}

void FirstWeights::load(Network& network, const OpenedData& data) {
  const auto& from = config_.train.init_from;
  if (!from) return;
  name_word([&] {
    file_ = begin_from(path_, from->new_ones, network.model());
    told_ =
        check_meaning(path_, from->new_ones, network.model(), *data.preprocessor, config_.model);
    if (const auto line = seen_rows(path_, data)) told_.push_back(*line);
  });
}

void FirstWeights::tell() const {
  if (file_.is_null()) return;
  log().info("weights begin as those of {}", file_["path"].get<std::string>());
  for (const auto& line : told_) log().warn("{}", line);
}

}  // namespace candor
