// SPDX-License-Identifier: Apache-2.0
#include "common/become.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include <candor/error.h>

namespace {

// LibTorch's threads wait for each other by spinning. On cores that others use too, a long spin
// keeps the very thread from running that it waits for: a training was seen to take 14 times as
// long. Read by libgomp when it is loaded, so it is set before.
void shorten_spinning() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("GOMP_SPINCOUNT", "20000", /*overwrite=*/0);
}

// Batches and activations of megabytes come and go in every step. In pages of 2 MiB, which LibTorch
// asks the kernel for when it starts with this, they cost a tenth less.
void ask_for_large_pages() { setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0); }

}  // namespace

int become(const std::string& command, char** argv) {
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto program = (here / ("candor-" + command)).string();
  shorten_spinning();
  ask_for_large_pages();
  execv(program.c_str(), argv);
  throw candor::Error(candor::ErrorKind::failed,
                      program + ": cannot be started; build or install it beside candor");
}
