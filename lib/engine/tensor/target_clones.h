// SPDX-License-Identifier: Apache-2.0
// CANDOR_CLONES before a function with plain loops: it is compiled for several instruction sets,
// and the processor's is chosen at run time.
#pragma once

#if defined(__x86_64__) && !defined(__clang__)
#define CANDOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CANDOR_CLONES
#endif
