// SPDX-License-Identifier: Apache-2.0
// `candor tokenize --train FILE...`: a tokenizer.json learned from texts.
#pragma once

#include "common/run_app.h"

namespace candor::app {

int train_from(const Arguments& arguments);

}  // namespace candor::app
