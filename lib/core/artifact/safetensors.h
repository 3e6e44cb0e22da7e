// SPDX-License-Identifier: Apache-2.0
// The safetensors format: u64 little-endian header length, JSON header, bytes. Hostile files are
// refused: every length, offset, shape product and overlap is checked before anything is read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/schema/tensor.h"

namespace candor {

struct NamedTensor {
  std::string name;
  TensorView view;
};

// Written in the given order, 64-byte aligned data start, atomically. Throws Error{failed}.
void write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

// A checked file, mapped read-only; views stay valid while the object lives.
class Safetensors {
 public:
  // Throws Error{model} naming the file and the fault.
  explicit Safetensors(const std::filesystem::path& path);
  ~Safetensors();
  Safetensors(Safetensors&&) noexcept;
  Safetensors& operator=(Safetensors&&) noexcept;

  const std::vector<NamedTensor>& tensors() const { return tensors_; }
  const TensorView* find(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::vector<NamedTensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::vector<std::byte>> copies_;          // of tensors that lie unaligned in the file
  std::unordered_map<std::string, std::size_t> index_;  // name -> place in tensors_

  void parse(const std::string& file);
  std::span<const std::byte> aligned(std::span<const std::byte> bytes, std::size_t alignment);
};

}  // namespace candor
