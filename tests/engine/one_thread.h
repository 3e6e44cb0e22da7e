// SPDX-License-Identifier: Apache-2.0
// For tests of many tiny operations: on a busy machine their threads do nothing but wait for each
// other.
#pragma once

#include <ATen/Parallel.h>

namespace candor::test {

class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace candor::test
