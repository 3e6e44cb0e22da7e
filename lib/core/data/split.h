// SPDX-License-Identifier: Apache-2.0
// Which rows train, validate and test: a pure function of what is known of the rows, of fractions
// and seed. Time and memory grow with the number of rows and no faster, but for sorting.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <candor/config.h>

namespace candor {

// What a split must respect: one entry per row, or none where nothing is asked.
struct SplitKeys {
  std::int64_t rows = 0;
  // Class of each row, from 0. Every part has the same shares of them.
  std::vector<std::int64_t> strata;
  // For each row the first row that is equal to it, as first_equal_rows() gives it. Equal rows stay
  // in one part. Not looked at where there are groups or times, which equal rows have in common.
  std::vector<std::int64_t> duplicates;
  // Group of each row, from 0 without gaps. No group is in two parts.
  std::vector<std::int64_t> groups;
  // When each row happened, finite. The oldest rows train, then come those for validation, and the
  // newest are the test; rows of the same time stay together. Excludes groups; strata are not
  // looked at.
  std::vector<double> times;
};

struct SplitRows {
  std::vector<std::int64_t> train, validation, test, calibration;  // each ascending
};

// By the keys there are:
//   strata, duplicates  Within each class a random choice, whose number is the fraction of it
//                       (largest remainder), and which takes equal rows together, so that a class
//                       with many equal rows may get a few less. Training keeps one row of each
//                       class.
//   groups              In random order, a group enters or leaves the part where that brings the
//                       part closer to its share of all rows, and of each class if there are
//                       strata; again until nothing gets better (ten times at most). Closer: see
//                       ShareBalance.
//   times               The cut between two times that is nearest to the fraction.
// The test rows depend on neither the validation fraction nor anything but seed, test fraction and
// keys (but for few times, where every part must get one); and the validation rows not on the
// calibration fraction. By time the calibration rows lie between those of training and of
// validation. Throws Error{data} when there are fewer
// groups or times than parts.
SplitRows split_rows(const SplitKeys& keys, const SplitConfig& config);
// Without anything but classes, if any.
SplitRows split_rows(std::int64_t rows, std::span<const std::int64_t> strata,
                     const SplitConfig& config);

// "random", "stratified", "group", "stratified_group" or "time".
const char* split_kind(const SplitKeys& keys);

// sha256 over the rows of every part; of calibration only where there are any.
std::string digest_of(const SplitRows& rows);
// sha256 over the rows of one part.
std::string digest_of(std::span<const std::int64_t> rows);

}  // namespace candor
