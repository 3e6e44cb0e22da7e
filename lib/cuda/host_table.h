// SPDX-License-Identifier: Apache-2.0
// The contract between libcandor and the plug-in libcandor_cuda, which is loaded only where there
// is a GPU. Plain C types: the two may come from different compilers. Neither links the other.
#pragma once

#include <stdint.h>

extern "C" {

// Raised when anything below changes; the plug-in refuses another version.
enum { kCandorCudaVersion = 1 };

struct CandorCudaMemory {
  int64_t allocated;       // bytes in tensors now
  int64_t peak_allocated;  // most bytes in tensors since the start
  int64_t reserved;        // bytes that LibTorch's allocator holds
  int64_t total;           // bytes that the GPU has
};

// What the plug-in can do. Every function returns null, or a text that says what failed and stays
// valid for ever.
struct CandorCudaFunctions {
  // mask[e] = 1 / (1 - p) or 0 for e in [0, count), in memory of GPU `device`, on LibTorch's
  // current stream of the calling thread. The same bits as engine/nn/dropout_mask.h: word e % 4 of
  // Philox4x32-10 with counter (e / 4 low, e / 4 high, call, 3) and `key`; kept when word >=
  // threshold, with threshold = p * 2^32 and kept_value = 1 / (1 - p).
  const char* (*dropout_mask)(int device, float* mask, int64_t count, uint64_t key, uint32_t call,
                              uint64_t threshold, float kept_value);
  const char* (*memory)(int device, CandorCudaMemory* memory);
};

// What the host gives the plug-in.
struct CandorHostTable {
  int version;  // kCandorCudaVersion of the host
  void* context;
  // Called once, from within candor_cuda_register; `functions` stays valid for ever.
  void (*provide)(void* context, const CandorCudaFunctions* functions);
};

// The plug-in's only symbol. Returns null, or what is wrong.
typedef const char* (*CandorCudaRegister)(const CandorHostTable* host);

}  // extern "C"
