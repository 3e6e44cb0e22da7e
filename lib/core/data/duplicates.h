// SPDX-License-Identifier: Apache-2.0
// Rows that are exactly equal. A row is itself with all of its columns, the target too: rows with
// equal features and different targets are not equal, but noise that training has to live with.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "core/table/table.h"

namespace candor {

// For each row the first row that is equal to it, itself if there is none before it. Equal hashes
// are only a hint: `less`, an order of the content that agrees with them, decides. n log n at
// worst, also for hashes made to collide.
std::vector<std::int64_t> first_equals(
    std::span<const std::uint64_t> hashes,
    const std::function<bool(std::int64_t a, std::int64_t b)>& less);

// Of a table: cells as they are after trimming, value maps and missing markers. In columns of
// numbers "1.0" and "1" are equal.
std::vector<std::int64_t> first_equal_rows(const Table& table);
// For each row of `table` the first row of `other` that is equal to it in every column that both
// have, -1 where none is. A column is one of numbers when it is so in either table.
std::vector<std::int64_t> equal_rows_in(const Table& other, const Table& table);
// Of texts, or digests of files.
std::vector<std::int64_t> first_equal_texts(std::span<const std::string_view> texts);

// How many rows are equal to an earlier one.
std::int64_t count_repeats(std::span<const std::int64_t> first_equals);

}  // namespace candor
