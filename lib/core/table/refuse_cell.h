// SPDX-License-Identifier: Apache-2.0
// What is said of a cell that cannot be a number or a date, at fitting and at applying alike.
#pragma once

#include <string>

#include "core/table/number.h"

namespace candor {

// Throws Error{data}; `place` is file and line, `kind` what the cell is (a `number` here is one
// beyond float32). The content is never named.
[[noreturn]] void refuse_cell(const std::string& place, const std::string& column, NumberKind kind);

// The same for a number that is not whole in a column of integers.
[[noreturn]] void refuse_fraction(const std::string& place, const std::string& column);

// The same for a cell that is neither true nor false.
[[noreturn]] void refuse_boolean(const std::string& place, const std::string& column);

// The same for a cell that cannot be a date.
[[noreturn]] void refuse_date(const std::string& place, const std::string& column);

}  // namespace candor
