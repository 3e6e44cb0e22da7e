// SPDX-License-Identifier: Apache-2.0
// Work on many items in as many threads as there are cores.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace candor {

// Parts that `count` items are cut into: one per core, but none with fewer than `least` items; 1 at
// least.
inline std::size_t part_count(std::size_t count, std::size_t least) {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  return std::clamp<std::size_t>(count / std::max<std::size_t>(1, least), 1, cores);
}

// Calls work(part, begin, end) for each of `parts` parts of [0, count), in order, at the same time;
// one part in the calling thread. Of several failures that of the first part counts, as if there
// were one thread.
template <class Work>
void in_parts(std::size_t parts, std::size_t count, const Work& work) {
  std::vector<std::exception_ptr> failures(parts);
  const auto run = [&](std::size_t part) {
    try {
      work(part, count * part / parts, count * (part + 1) / parts);
    } catch (...) {
      failures[part] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(parts);
    std::size_t part = 1;
    try {
      for (; part < parts; ++part) threads.emplace_back(run, part);
    } catch (const std::system_error&) {  // no more threads are to be had
      for (; part < parts; ++part) run(part);
    }
    run(0);
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace candor
