// SPDX-License-Identifier: Apache-2.0
// Where this checkout and its programs are. Known to one object file only, so that the others are
// the same in every checkout and come out of a compiler cache.
#pragma once

#include <string>

namespace candor::test {

std::string source_dir();
std::string bin_dir();

}  // namespace candor::test
