// SPDX-License-Identifier: Apache-2.0
// The classes of a target column, found in the training rows.
#pragma once

#include <candor/config.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/table/table.h"

namespace candor {

// Most classes of a classification target; more are taken for a mistake.
inline constexpr std::size_t kMostClasses = 1000;

// Sorted bytewise, or by value when all are integers.
void sort_labels(std::vector<std::string>& labels);

// The distinct classes over `rows` in the order of the model's outputs. Throws as TableStage::fit
// says.
std::vector<std::string> fit_labels(const Table& table, std::span<const std::int64_t> rows,
                                    std::int64_t target, const TaskConfig& task);

}  // namespace candor
