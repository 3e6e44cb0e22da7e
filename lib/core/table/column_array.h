// SPDX-License-Identifier: Apache-2.0
// A long array of plain values that grows at its end, or lies in a file that is mapped into memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace candor {

// Grows by realloc(), which moves the pages of a large block instead of copying it.
template <class T>
class ColumnArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  ColumnArray() = default;
  // A view of memory that `owner` keeps alive; it cannot grow.
  ColumnArray(std::span<const T> view, std::shared_ptr<const void> owner)
      : data_(const_cast<T*>(view.data())), size_(view.size()), owner_(std::move(owner)) {}
  ~ColumnArray() { release(); }
  ColumnArray(ColumnArray&& other) noexcept { swap(other); }
  ColumnArray& operator=(ColumnArray&& other) noexcept {
    ColumnArray(std::move(other)).swap(*this);
    return *this;
  }
  ColumnArray(const ColumnArray&) = delete;
  ColumnArray& operator=(const ColumnArray&) = delete;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* data() const { return data_; }
  const T& operator[](std::size_t index) const { return data_[index]; }
  std::span<const T> span() const { return {data_, size_}; }

  void push_back(const T& value) { *extend(1) = value; }
  void append(const T* from, std::size_t count) {
    if (count > 0) std::memcpy(extend(count), from, count * sizeof(T));
  }
  // Space for `count` more values, to be written by the caller.
  T* extend(std::size_t count) {
    if (capacity_ - size_ < count) grow(count);
    auto* const end = data_ + size_;
    size_ += count;
    return end;
  }
  // Gives back what is not used.
  void shrink() {
    if (owner_ == nullptr && capacity_ > size_) reallocate(size_);
  }

 private:
  void grow(std::size_t count) {
    constexpr std::size_t kFirst = 64;
    reallocate(std::max({kFirst, size_ + count, capacity_ + capacity_ / 2}));
  }
  void reallocate(std::size_t capacity) {
    if (capacity == 0) {
      release();
      data_ = nullptr;
      capacity_ = 0;
      return;
    }
    auto* const moved = static_cast<T*>(std::realloc(data_, capacity * sizeof(T)));
    if (moved == nullptr) throw std::bad_alloc();
    data_ = moved;
    capacity_ = capacity;
  }
  void release() {
    if (owner_ == nullptr) std::free(data_);
  }
  void swap(ColumnArray& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(owner_, other.owner_);
  }

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::shared_ptr<const void> owner_;  // of the memory, where it is not our own
};

}  // namespace candor
