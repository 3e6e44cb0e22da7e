// SPDX-License-Identifier: Apache-2.0
// What splitting and sampling ask of the columns of a table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <candor/config.h>

#include "core/data/split.h"
#include "core/table/table.h"

namespace candor {

// The keys of data.split for all rows of `table`. Nothing is looked at when `split` takes no part.
// Throws Error{config} for a column that the table lacks; Error{data} (file, line) for a row
// without a value there, and for a time that is neither a number nor a date.
SplitKeys split_keys(const Table& table, const TaskConfig& task, const SplitConfig& split);

// How much more often than others each of `rows` is drawn, as train.sampling says; empty: every row
// once an epoch. Throws Error{config} for a column that the table lacks; Error{data} (file, line)
// for a weight that is no number or below 0, and where no row weighs anything.
std::vector<double> sampling_weights(const Table& table, std::span<const std::int64_t> rows,
                                     const TaskConfig& task, const SamplingConfig& sampling);

// The number of each row's text in `column` among all different ones, in sorted order.
std::vector<std::int64_t> ranks_of(const Table& table, std::int64_t column);

}  // namespace candor
