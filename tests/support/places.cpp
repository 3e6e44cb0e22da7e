// SPDX-License-Identifier: Apache-2.0
#include "support/places.h"

namespace candor::test {

std::string source_dir() { return CANDOR_SOURCE_DIR; }
std::string bin_dir() { return CANDOR_BIN_DIR; }

}  // namespace candor::test
