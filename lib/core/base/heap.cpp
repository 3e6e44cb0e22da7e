// SPDX-License-Identifier: Apache-2.0
#include "core/base/heap.h"

#include <malloc.h>

namespace candor {

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);  // the largest size there is
#endif
}

}  // namespace candor
