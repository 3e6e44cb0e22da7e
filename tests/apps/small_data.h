// SPDX-License-Identifier: Apache-2.0
// Small learnable data sets and configs for the tests of the programs, one of each family.
#pragma once

#include <string>

#include "support/temp.h"

namespace candor::test {

// people.csv: age, income (with gaps), city, outcome (no, yes); 240 rows. Returns the config's
// path.
std::string write_table_config(const TempDir& folder);
// times.csv: two numbers and a time in seconds, far from zero: 1.7e9, with a spread of a few
// hundred.
std::string write_regression_config(const TempDir& folder);
// story.txt: 12 KB of short sentences.
std::string write_text_config(const TempDir& folder);
// messages.csv: a text, the number of its words, and ham or spam; 240 rows, some without text.
std::string write_messages_config(const TempDir& folder);
// shapes/{bright,dark}/NN.png: 16x16, 40 of each.
std::string write_images_config(const TempDir& folder);

// A PNG of one colour plus a pattern that `seed` varies.
void write_png(const std::string& path, int side, int brightness, int seed);

// By name: "table", "regression", "text", "messages", "images".
std::string write_config(const std::string& family, const TempDir& folder);

}  // namespace candor::test
