// SPDX-License-Identifier: Apache-2.0
// One bounded queue per model and one thread per replica. A thread takes what is queued, up to a
// number of rows, and runs it as one batch; while it computes, the next batch gathers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "core/schema/servable.h"

namespace candor {

// A request on its way to the model. Exactly one of complete(), run() and fail() is called, on a
// replica's thread or on the submitting one, unless it was abandoned: then it is only destroyed.
class Work {
 public:
  virtual ~Work() = default;
  virtual bool abandoned() const = 0;  // nobody waits for the answer any more
  virtual void fail(const std::exception_ptr& exception) = 0;

  std::int64_t rows = 1;
  std::chrono::steady_clock::time_point submitted;
};

class PredictWork : public Work {
 public:
  virtual void complete(std::span<Prediction> predictions) = 0;  // one per row of `inputs`
  ModelInputs inputs;
};

// Work that needs the replica for itself: text generation. May throw.
class ExclusiveWork : public Work {
 public:
  virtual void run(Servable& model) = 0;
};

struct BatcherOptions {
  std::int64_t max_batch = 64;             // rows
  std::chrono::microseconds max_delay{0};  // wait for more rows once one is there
  std::int64_t queue_rows = 256;
  std::chrono::milliseconds max_wait{30'000};  // in the queue; older work is refused unseen
  std::function<void()> on_thread;
};

// What happens inside, for telemetry. Called on any thread.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  virtual void queued(std::int64_t /*rows in the queue*/) {}
  virtual void batch(std::int64_t /*rows*/) {}
  enum class Dropped { disconnected, expired, queue_full };
  virtual void dropped(Dropped) {}
};

class Batcher {
 public:
  // Replicas and observer outlive the Batcher.
  Batcher(std::vector<Servable*> replicas, BatcherOptions options, BatchObserver& observer);
  ~Batcher();  // stop()

  // Where the queue is full, or after stop(), the work fails at once, on this thread, with a
  // Refusal. Work with more rows than the whole queue holds is taken when nothing else waits.
  void submit(std::unique_ptr<PredictWork> work);
  void submit(std::unique_ptr<ExclusiveWork> work);

  // Ends the threads after their current batch; what still waits fails with Refusal{stopping}.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Item {
    std::unique_ptr<PredictWork> predict;
    std::unique_ptr<ExclusiveWork> exclusive;
    Work& work() const { return predict ? static_cast<Work&>(*predict) : *exclusive; }
  };

  void push(Item item);
  void enqueue(Item& item);
  void serve(Servable& model);
  bool take(std::vector<Item>& batch);
  void wait_for_more(std::unique_lock<std::mutex>& lock);
  void take_front(std::vector<Item>& batch);
  bool drop_unwanted(Item& item);
  void run(Servable& model, std::vector<Item>& batch);
  void run_exclusive(Servable& model, ExclusiveWork& work);
  void run_together(Servable& model, std::span<Item> batch);
  void run_alone(Servable& model, PredictWork& work);
  std::vector<Prediction> predict(Servable& model, const ModelInputs& inputs);

  const BatcherOptions options_;
  BatchObserver& observer_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Item> queue_;
  std::int64_t queued_rows_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace candor
