// SPDX-License-Identifier: Apache-2.0
// Weights of strangers: an Error, or tensors whose bytes can all be read.
#include <candor/error.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/artifact/safetensors.h"

namespace {

// A file without a disk.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("input", 0)) {
    written_ = write(descriptor_, data, size) == static_cast<ssize_t>(size);
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  bool written() const { return written_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
  bool written_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(data, size);
  if (!file.written()) return 0;
  try {
    const candor::Safetensors tensors(file.path());
    unsigned sum = 0;
    for (const auto& tensor : tensors.tensors()) {
      for (const auto byte : tensor.view.bytes) sum += std::to_integer<unsigned>(byte);
    }
    volatile unsigned kept = sum;  // so that the reads stay
    (void)kept;
  } catch (const candor::Error&) {
  }
  return 0;
}
