// SPDX-License-Identifier: Apache-2.0
#include "core/table/refuse_cell.h"

#include <candor/error.h>

namespace candor {

void refuse_cell(const std::string& place, const std::string& column, NumberKind kind) {
  const auto start = place + ": column '" + column + "' has ";
  const std::string marker = "add its marker to data.format.missing";
  if (kind == NumberKind::text) {
    throw Error(ErrorKind::data,
                start + "text where a number is expected; fix the cell, set data.columns." +
                    column + ".type to category, or " + marker);
  }
  throw Error(ErrorKind::data, start +
                                   "a number that is infinite, NaN or beyond float32; fix the "
                                   "cell, or " +
                                   marker);
}

void refuse_fraction(const std::string& place, const std::string& column) {
  throw Error(ErrorKind::data, place + ": column '" + column +
                                   "' has a number that is not whole, but data.columns." + column +
                                   ".type is integer; fix the cell, or set the type to real");
}

void refuse_boolean(const std::string& place, const std::string& column) {
  throw Error(ErrorKind::data,
              place + ": column '" + column +
                  "' has text that is none of true/false, yes/no, t/f, y/n, on/off, but "
                  "data.columns." +
                  column +
                  ".type is boolean; fix the cell, set the type to category, or add the cell's "
                  "marker to data.format.missing");
}

void refuse_date(const std::string& place, const std::string& column) {
  throw Error(ErrorKind::data,
              place + ": column '" + column +
                  "' has text where a date is expected (as 2021-03-04 or 2021-03-04T14:05:00Z); "
                  "fix the cell, set data.columns." +
                  column + ".type to category, or add its marker to data.format.missing");
}

}  // namespace candor
