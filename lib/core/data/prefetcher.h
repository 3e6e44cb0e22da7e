// SPDX-License-Identifier: Apache-2.0
// Items 0, 1, 2, ... made ahead of their use, by threads, in a ring of items that are used again.
// No more than `capacity` items exist, the one in use among them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace candor {

// `Item` has a default constructor. What the items hold is up to `make`, so they are the same for
// every number of threads as long as it is a function of the number alone.
template <class Item>
class Prefetcher {
 public:
  // Writes item `number` over whatever was in the item before. Called from several threads at once,
  // each with another item; what it throws is rethrown by take().
  using Make = std::function<void(std::int64_t number, Item& item)>;

  // `threads` 0: items are made in take(), in one buffer. Otherwise capacity >= 2. `start`, if any,
  // runs first on each thread; all have run when the constructor returns.
  Prefetcher(std::size_t threads, std::size_t capacity, Make make,
             const std::function<void()>& start = {})
      : make_(std::move(make)), slots_(threads == 0 ? 1 : capacity) {
    try {
      for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, start] { work(start); });
      }
    } catch (...) {  // the system has no more threads
      stop();
      throw;
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return started_ == threads; });
  }

  // Waits for the items that are being made.
  ~Prefetcher() { stop(); }

  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  // Item `number`, until the next call. The one after the last taken is made ahead; any other one
  // starts the ring anew there. From one thread only.
  Item& take(std::int64_t number) {
    if (threads_.empty()) {
      make_(number, slots_[0].item);
      return slots_[0].item;
    }
    std::unique_lock lock(mutex_);
    if (!started_at_ || number != lent_ + 1) start_at(number, lock);
    lent_ = number;  // frees the slot of the item before
    changed_.notify_all();
    auto& slot = slot_of(number);
    changed_.wait(lock, [&] { return slot.made == number; });
    if (!slot.error) return slot.item;
    started_at_ = false;  // asked for again, it is made again
    std::rethrow_exception(std::exchange(slot.error, nullptr));
  }

 private:
  struct Slot {
    Item item{};
    std::int64_t made = -1;  // number of the item that lies in it
    std::exception_ptr error;
  };

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  Slot& slot_of(std::int64_t number) {
    return slots_[static_cast<std::size_t>(number) % slots_.size()];
  }

  void start_at(std::int64_t number, std::unique_lock<std::mutex>& lock) {
    started_at_ = false;
    changed_.wait(lock, [&] { return in_work_ == 0; });
    for (auto& slot : slots_) slot.made = -1;
    next_ = number;
    started_at_ = true;
  }

  // The item in use and those behind it fill the ring.
  bool has_work() const {
    return started_at_ && next_ < lent_ + static_cast<std::int64_t>(slots_.size());
  }

  void work(const std::function<void()>& start) {
    if (start) start();
    std::unique_lock lock(mutex_);
    ++started_;
    changed_.notify_all();
    while (true) {
      changed_.wait(lock, [&] { return stopping_ || has_work(); });
      if (stopping_) return;
      const auto number = next_++;
      auto& slot = slot_of(number);
      ++in_work_;
      lock.unlock();
      std::exception_ptr error;
      try {
        make_(number, slot.item);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      slot.error = error;
      slot.made = number;
      --in_work_;
      changed_.notify_all();
    }
  }

  Make make_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t started_ = 0;  // threads that run
  std::size_t in_work_ = 0;  // items that are being made
  bool stopping_ = false;
  bool started_at_ = false;  // the ring has a place to go on from
  std::int64_t lent_ = -1;   // the item in use
  std::int64_t next_ = 0;    // the next to be made
  std::vector<std::thread> threads_;
};

}  // namespace candor
