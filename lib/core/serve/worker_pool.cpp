// SPDX-License-Identifier: Apache-2.0
#include "core/serve/worker_pool.h"

#include <utility>

namespace candor {

WorkerPool::WorkerPool(int threads, std::size_t max_bytes) : max_bytes_(max_bytes) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(std::size_t bytes, std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (bytes_ > 0 && bytes_ + bytes > max_bytes_)) return false;
    bytes_ += bytes;
    tasks_.push_back({bytes, std::move(task)});
  }
  arrived_.notify_one();
  return true;
}

void WorkerPool::stop() {
  std::deque<Task> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(tasks_);
  }
  arrived_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    arrived_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task.action();
    task.action = nullptr;  // what it holds goes before its bytes are given back
    lock.lock();
    bytes_ -= task.bytes;
  }
}

}  // namespace candor
