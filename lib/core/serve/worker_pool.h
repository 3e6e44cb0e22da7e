// SPDX-License-Identifier: Apache-2.0
// Threads for requests whose reading takes long (large bodies, images), so that an event loop never
// waits for one.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace candor {

class WorkerPool {
 public:
  WorkerPool(int threads, std::size_t max_bytes);
  ~WorkerPool();  // stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and nothing is done, when tasks of more than max_bytes wait already, or after stop(). A
  // task must not throw.
  bool submit(std::size_t bytes, std::function<void()> task);
  // Drops what waits and ends the threads after their current task.
  void stop();

 private:
  struct Task {
    std::size_t bytes;
    std::function<void()> action;
  };
  void work();

  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Task> tasks_;
  std::size_t bytes_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace candor
