// SPDX-License-Identifier: Apache-2.0
// libcandor_cuda.so: what needs the CUDA compiler. Links LibTorch's CUDA half only, never
// libcandor.
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <exception>

#include "cuda/host_table.h"

namespace {

constexpr uint32_t kMaskDomain = 3;  // as in engine/nn/dropout_mask.cpp
constexpr int kThreads = 256;

struct Words {
  uint32_t word[4];
};

// Philox4x32-10, as core/base/random.h has it.
__device__ Words philox(Words counter, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint32_t* c = counter.word;
    const uint32_t high_a = __umulhi(0xD2511F53u, c[0]), low_a = 0xD2511F53u * c[0];
    const uint32_t high_b = __umulhi(0xCD9E8D57u, c[2]), low_b = 0xCD9E8D57u * c[2];
    counter = {{high_b ^ c[1] ^ key0, low_b, high_a ^ c[3] ^ key1, low_a}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

// One thread makes the four elements of a block, or what is left of them at the end.
__global__ void dropout_mask_kernel(float* mask, int64_t count, uint32_t key0, uint32_t key1,
                                    uint32_t call, uint64_t threshold, float kept_value) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  const int64_t first = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  for (int64_t block = first; 4 * block < count; block += step) {
    const Words counter = {
        {static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), call, kMaskDomain}};
    const Words words = philox(counter, key0, key1);
    for (int i = 0; i < 4 && 4 * block + i < count; ++i) {
      mask[4 * block + i] = words.word[i] >= threshold ? kept_value : 0.0f;
    }
  }
}

const char* fault_of(cudaError_t error) {
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

const char* dropout_mask(int device, float* mask, int64_t count, uint64_t key, uint32_t call,
                         uint64_t threshold, float kept_value) {
  if (count <= 0) return nullptr;
  try {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
    const auto stream = c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(device));
    const int64_t blocks = (count + 4 * kThreads - 1) / (4 * kThreads);
    const auto grid = static_cast<unsigned>(std::min<int64_t>(blocks, 65535));
    dropout_mask_kernel<<<grid, kThreads, 0, stream>>>(mask, count, static_cast<uint32_t>(key),
                                                       static_cast<uint32_t>(key >> 32), call,
                                                       threshold, kept_value);
    return fault_of(cudaGetLastError());
  } catch (const std::exception&) {
    return "the GPU cannot be selected";
  }
}

const char* memory(int device, CandorCudaMemory* memory) {
  try {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
    const auto stats =
        c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device));
    constexpr auto kAll = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    memory->allocated = stats.allocated_bytes[kAll].current;
    memory->peak_allocated = stats.allocated_bytes[kAll].peak;
    memory->reserved = stats.reserved_bytes[kAll].current;
    size_t free = 0, total = 0;
    const auto error = cudaMemGetInfo(&free, &total);
    memory->total = static_cast<int64_t>(total);
    return fault_of(error);
  } catch (const std::exception&) {
    return "LibTorch's CUDA allocator has no statistics yet";
  }
}

constexpr CandorCudaFunctions kFunctions = {dropout_mask, memory};

}  // namespace

extern "C" __attribute__((visibility("default"))) const char* candor_cuda_register(
    const CandorHostTable* host) {
  if (host == nullptr || host->version != kCandorCudaVersion) {
    return "libcandor_cuda.so and libcandor.so are of different versions; install both from one "
           "build";
  }
  host->provide(host->context, &kFunctions);
  return nullptr;
}
