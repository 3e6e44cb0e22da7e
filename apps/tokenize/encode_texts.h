// SPDX-License-Identifier: Apache-2.0
// `candor tokenize MODEL --input FILE`: a line of output for each text.
#pragma once

#include "common/run_app.h"

namespace candor::app {

int encode_texts(const Arguments& arguments);

}  // namespace candor::app
