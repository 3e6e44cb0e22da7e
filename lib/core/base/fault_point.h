// SPDX-License-Identifier: Apache-2.0
// Where tests let the disk fail or the process die: one fault point lies before each call that
// makes something durable (create, write, fsync, rename, link). Without a fault it costs one load.
//
// CANDOR_FAULT=REASON:FIRST[-LAST][:PART]; numbers count the fault points whose path contains PART
// (all, without one), from 1:
//   kill:17:checkpoints       SIGKILL before the 17th
//   hang:17:checkpoints       the 17th never returns
//   no_space:3-5:checkpoints  the 3rd to 5th fail as on a full disk; read_only and io likewise
//   no_space:3-               all from the 3rd on
#pragma once

#include <filesystem>
#include <string>

namespace candor {

// True when the call that comes next is to fail; errno then says why.
bool fault_point(const std::filesystem::path& path);

// Instead of CANDOR_FAULT, for tests in one process; counts anew. Empty: none. Throws
// Error{config}.
void set_fault(const std::string& fault);

// Fault points of the fault's PART that were passed since it was set.
long fault_points_passed();

}  // namespace candor
