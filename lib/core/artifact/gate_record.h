// SPDX-License-Identifier: Apache-2.0
// What a model directory says of its gates, for those who refuse a model that did not pass them.
#pragma once

#include <string>

#include "core/base/json.h"

namespace candor {

// `metrics` is the model's metrics.json, the report that training ended with. Throws Error{gate}
// unless it holds gates and all of them passed; `name` stands for the model.
void require_gates(const Json& metrics, const std::string& name);

}  // namespace candor
