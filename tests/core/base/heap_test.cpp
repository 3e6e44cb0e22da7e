// SPDX-License-Identifier: Apache-2.0
#include "core/base/heap.h"

#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "support/catch.h"

using namespace candor;

namespace {

// Pages that the process was given for a block of 64 MiB that it writes and frees.
long faults_of_a_block() {
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const std::unique_ptr<char, decltype(&std::free)> block(static_cast<char*>(std::malloc(kBytes)),
                                                          &std::free);
  std::memset(block.get(), 1, kBytes);
  volatile char seen = block.get()[kBytes / 2];
  static_cast<void>(seen);
  getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // its allocator is another one
TEST_CASE("a block that was freed comes back without new pages", "[base]") {
  keep_freed_memory();
  faults_of_a_block();
  CHECK(faults_of_a_block() < 8);
}
#endif
