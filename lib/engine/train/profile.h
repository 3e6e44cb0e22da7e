// SPDX-License-Identifier: Apache-2.0
// `candor train --profile`: where the time goes, and how much of the machine the model uses.
#pragma once

#include <functional>
#include <string>

#include <candor/config.h>

#include "engine/preprocess/network.h"

namespace candor {

// Records a trace of what `action` does into the file `path` and writes a table of shares to the
// log; also where `action` throws. Without a path it only calls `action`. Throws Error{config} when
// the folder of `path` does not exist, and Error{failed} when the file cannot be written.
void profile(const std::string& path, const std::function<void()>& action);

// Logs the model's floating-point operations per second by the counted ones of an item
// (models/flops.h). With `probe`, also what share of a float32 matrix product's rate that is,
// measured for 0.2 s on the threads that train: the model FLOPs utilisation (MFU).
void log_utilization(const RunConfig& config, Network& network, double items_per_second,
                     const std::string& unit, bool probe);

}  // namespace candor
