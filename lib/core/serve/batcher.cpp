// SPDX-License-Identifier: Apache-2.0
#include "core/serve/batcher.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "core/serve/refusal.h"

namespace candor {
namespace {

// Rows of one batch are equally wide, but for tokens and terms.
bool joinable(const ModelInputs& a, const ModelInputs& b) {
  const auto same = [&](std::size_t x, std::size_t y) {
    return x * static_cast<std::size_t>(b.rows) == y * static_cast<std::size_t>(a.rows);
  };
  return same(a.numeric.size(), b.numeric.size()) &&
         same(a.categorical.size(), b.categorical.size()) && same(a.image.size(), b.image.size());
}

// The reply itself may fail, for lack of memory; the thread must live on, and the Responder,
// dropped with the work, answers 500.
template <class Action>
void guarded(Action action) noexcept {
  try {
    action();
  } catch (...) {
  }
}

}  // namespace

Batcher::Batcher(std::vector<Servable*> replicas, BatcherOptions options, BatchObserver& observer)
    : options_(std::move(options)), observer_(observer) {
  for (auto* replica : replicas) {
    threads_.emplace_back([this, replica] { serve(*replica); });
  }
}

Batcher::~Batcher() { stop(); }

void Batcher::submit(std::unique_ptr<PredictWork> work) {
  work->rows = work->inputs.rows;
  push({std::move(work), nullptr});
}

void Batcher::submit(std::unique_ptr<ExclusiveWork> work) { push({nullptr, std::move(work)}); }

void Batcher::push(Item item) {
  item.work().submitted = Clock::now();
  try {
    enqueue(item);
    arrived_.notify_one();
  } catch (...) {
    guarded([&, error = std::current_exception()] { item.work().fail(error); });
  }
}

void Batcher::enqueue(Item& item) {
  const auto rows = item.work().rows;
  const std::lock_guard lock(mutex_);
  if (stopping_) throw Refusal(Refusal::Reason::stopping, "the server is stopping");
  if (queued_rows_ > 0 && queued_rows_ + rows > options_.queue_rows) {
    observer_.dropped(BatchObserver::Dropped::queue_full);
    throw Refusal(Refusal::Reason::queue_full, "the model's queue is full; try again later");
  }
  queue_.push_back(std::move(item));
  queued_rows_ += rows;
  observer_.queued(queued_rows_);
}

void Batcher::stop() {
  std::deque<Item> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(queue_);
    queued_rows_ = 0;
  }
  arrived_.notify_all();
  for (auto& item : left) {
    guarded([&] {
      item.work().fail(
          std::make_exception_ptr(Refusal(Refusal::Reason::stopping, "the server is stopping")));
    });
  }
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Batcher::serve(Servable& model) {
  if (options_.on_thread) guarded(options_.on_thread);
  std::vector<Item> batch;
  batch.reserve(static_cast<std::size_t>(options_.max_batch));  // so that taking never allocates
  while (take(batch)) {
    std::erase_if(batch, [&](Item& item) { return drop_unwanted(item); });
    if (!batch.empty()) run(model, batch);
    batch.clear();  // now, not when the next work comes: a client may wait for its end
  }
}

// Waits for work and takes as much as fits one batch; false when the batcher stops.
bool Batcher::take(std::vector<Item>& batch) {
  std::unique_lock lock(mutex_);
  do {
    arrived_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (!stopping_ && options_.max_delay.count() > 0) wait_for_more(lock);
    if (stopping_) return false;
  } while (queue_.empty());  // another replica was quicker
  take_front(batch);
  auto rows = batch.front().work().rows;
  while (!queue_.empty() && batch.front().predict && queue_.front().predict) {
    const auto& next = *queue_.front().predict;
    rows += next.rows;
    if (rows > options_.max_batch || !joinable(batch.front().predict->inputs, next.inputs)) break;
    take_front(batch);
  }
  observer_.queued(queued_rows_);
  return true;
}

void Batcher::wait_for_more(std::unique_lock<std::mutex>& lock) {
  if (queue_.empty() || queue_.front().exclusive) return;
  arrived_.wait_until(lock, queue_.front().work().submitted + options_.max_delay, [&] {
    return stopping_ || queue_.empty() || queued_rows_ >= options_.max_batch;
  });
}

void Batcher::take_front(std::vector<Item>& batch) {
  batch.push_back(std::move(queue_.front()));
  queue_.pop_front();
  queued_rows_ -= batch.back().work().rows;
}

// Work that nobody waits for must not cost the model's time.
bool Batcher::drop_unwanted(Item& item) {
  auto& work = item.work();
  if (work.abandoned()) {
    observer_.dropped(BatchObserver::Dropped::disconnected);
    return true;
  }
  if (Clock::now() - work.submitted <= options_.max_wait) return false;
  observer_.dropped(BatchObserver::Dropped::expired);
  guarded([&] {
    work.fail(std::make_exception_ptr(Refusal(
        Refusal::Reason::expired, "the request waited too long for the model; try again later")));
  });
  return true;
}

void Batcher::run(Servable& model, std::vector<Item>& batch) {
  if (batch.front().exclusive) return run_exclusive(model, *batch.front().exclusive);
  if (batch.size() == 1) return run_alone(model, *batch.front().predict);
  run_together(model, batch);
}

void Batcher::run_exclusive(Servable& model, ExclusiveWork& work) {
  observer_.batch(work.rows);
  try {
    work.run(model);
  } catch (...) {
    guarded([&, error = std::current_exception()] { work.fail(error); });
  }
}

void Batcher::run_alone(Servable& model, PredictWork& work) {
  std::vector<Prediction> predictions;
  const auto rows = work.inputs.rows;
  try {
    if (rows <= options_.max_batch) predictions = predict(model, work.inputs);
    for (auto from = static_cast<std::int64_t>(predictions.size()); from < rows;) {
      const auto count = std::min(options_.max_batch, rows - from);
      auto part = predict(model, work.inputs.slice(from, count));
      std::move(part.begin(), part.end(), std::back_inserter(predictions));
      from += count;
    }
  } catch (...) {
    return guarded([&, error = std::current_exception()] { work.fail(error); });
  }
  guarded([&] { work.complete(predictions); });
}

// When a joint batch fails, each request is tried alone: a bad one does not fail the others.
void Batcher::run_together(Servable& model, std::span<Item> batch) {
  std::vector<Prediction> predictions;
  try {
    ModelInputs joint = batch.front().predict->inputs;
    for (const auto& item : batch.subspan(1)) joint.append(item.predict->inputs);
    predictions = predict(model, joint);
  } catch (...) {
    for (const auto& item : batch) run_alone(model, *item.predict);
    return;
  }
  std::size_t from = 0;
  for (const auto& item : batch) {
    const auto count = static_cast<std::size_t>(item.predict->rows);
    guarded([&] { item.predict->complete(std::span(predictions).subspan(from, count)); });
    from += count;
  }
}

std::vector<Prediction> Batcher::predict(Servable& model, const ModelInputs& inputs) {
  observer_.batch(inputs.rows);
  auto predictions = model.predict(inputs);
  if (predictions.size() != static_cast<std::size_t>(inputs.rows)) {
    throw std::logic_error("a model gave another number of predictions than rows");
  }
  return predictions;
}

}  // namespace candor
