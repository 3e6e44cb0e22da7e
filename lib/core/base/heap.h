// SPDX-License-Identifier: Apache-2.0
// How the C library treats memory that is freed.
#pragma once

namespace candor {

// From now on freed memory stays with the process, up to the most that it had at once, in place of
// going back to the system: for a loop that makes and drops the same large tensors at every step,
// and would get them back as fresh pages each time. Does nothing with other C libraries.
void keep_freed_memory();

}  // namespace candor
