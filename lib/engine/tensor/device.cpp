// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

#include <candor/error.h>

#include "core/base/log.h"
#include "engine/tensor/cuda_plugin.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

// The folder of the library that `symbol` lies in.
fs::path folder_of(const void* symbol) {
  Dl_info info{};
  if (dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return {};
  return fs::path(info.dli_fname).parent_path();
}

// GPUs that the driver reports; nothing without a driver. Asks the driver itself, not LibTorch,
// whose answer would freeze its CPU-only hooks.
std::optional<int> driver_devices() {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return std::nullopt;
  const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  int devices = 0;
  if (init == nullptr || count == nullptr || init(0) != 0 || count(&devices) != 0) return 0;
  return devices;
}

// A resumed run ends bit-equal only if the same sums are added in the same order.
void make_deterministic() {
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
}

// Loads LibTorch's CUDA half and candor's plug-in. Returns what is missing, or nothing.
std::optional<std::string> load_cuda() {
  static const auto fault = []() -> std::optional<std::string> {
    const auto torch = folder_of(reinterpret_cast<const void*>(&at::get_num_threads));
    const auto library = torch / "libtorch_cuda.so";
    if (dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
      return "LibTorch's CUDA libraries cannot be loaded (" + std::string(dlerror()) +
             "); run scripts/setup.sh --cuda";
    }
    make_deterministic();
    const auto own = folder_of(reinterpret_cast<const void*>(&select_device));
    if (const auto missing = load_cuda_plugin(own / "libcandor_cuda.so")) {
      log().info("the CUDA plug-in is not used, dropout will be slower: {}", *missing);
    }
    return std::nullopt;
  }();
  return fault;
}

at::Device cuda_device(const std::string& name, int index) {
  const auto devices = driver_devices();
  const auto refuse = [&](const std::string& what) {
    return Error(ErrorKind::config, "--device " + name + ": " + what);
  };
  if (!devices) {
    throw refuse(
        "no CUDA driver found (libcuda.so.1 cannot be loaded); install an NVIDIA driver >= "
        "580, or use --device cpu");
  }
  if (*devices == 0) throw refuse("the CUDA driver reports no GPU; use --device cpu");
  if (index >= *devices) {
    throw refuse("there are " + std::to_string(*devices) + " GPUs, numbered from 0");
  }
  if (const auto fault = load_cuda()) throw refuse(*fault);
  if (!at::hasCUDA())
    throw refuse("LibTorch was asked about CUDA before its libraries were loaded");
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

// N of "cuda:N"; nothing if that is not what it is.
std::optional<int> cuda_index(const std::string& name) {
  if (name == "cuda") return 0;
  if (!name.starts_with("cuda:") || name.size() < 6 || name.size() > 7) return std::nullopt;
  int index = 0;
  for (const char c : name.substr(5)) {
    if (c < '0' || c > '9') return std::nullopt;
    index = 10 * index + (c - '0');
  }
  return index;
}

// Varying shapes would grow oneDNN's cache of compiled primitives without end.
void bound_caches() {
  setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64", /*overwrite=*/0);
  setenv("LRU_CACHE_CAPACITY", "64", /*overwrite=*/0);
}

}  // namespace

at::Device select_device(const std::string& name) {
  bound_caches();
  if (name == "cpu") return at::kCPU;
  if (name == "auto") {
    if (driver_devices().value_or(0) == 0) return at::kCPU;
    const auto fault = load_cuda();
    if (!fault) return at::Device(at::kCUDA, 0);
    log().warn("using the CPU, though there is a GPU: {}", *fault);
    return at::kCPU;
  }
  if (const auto index = cuda_index(name)) return cuda_device(name, *index);
  throw Error(ErrorKind::config,
              "--device " + name + " is unknown; allowed: auto, cpu, cuda, cuda:N");
}

std::string device_description(at::Device device) {
  if (!device.is_cpu()) return device.str();
  const auto threads = at::get_num_threads();
  return "cpu (" + std::to_string(threads) + (threads == 1 ? " thread)" : " threads)");
}

void set_threads(int count) {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  at::set_num_threads(count > 0 ? count : std::max(1, cores));
}

}  // namespace candor
