// SPDX-License-Identifier: Apache-2.0
// Threads of one operation, for as long as a test needs them.
#pragma once

#include <ATen/Parallel.h>

namespace candor::test {

class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

// For tests of many tiny operations: on a busy machine their threads do nothing but wait for each
// other.
struct OneThread : Threads {
  OneThread() : Threads(1) {}
};

}  // namespace candor::test
