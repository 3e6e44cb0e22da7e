// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/device.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/torch.h>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

bool has_driver() { return dlopen("libcuda.so.1", RTLD_LAZY) != nullptr; }

void check_no_driver(const std::string& name) {
  const auto error = test::error_of([&] { select_device(name); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(std::string(error->what()) == "--device " + name +
                                          ": no CUDA driver found (libcuda.so.1 cannot be loaded); "
                                          "install an NVIDIA driver >= 580, "
                                          "or use --device cpu");
}

}  // namespace

// Both orders: asking for CUDA before LibTorch has made a tensor, and after. (What a machine with a
// GPU does is not tested here.)
TEST_CASE("without a driver CUDA is refused and the CPU still works", "[tensor]") {
  if (has_driver()) return;
  check_no_driver("cuda");
  check_no_driver("cuda:3");
  CHECK(select_device("auto").is_cpu());
  CHECK(torch::ones({2, 2}).sum().item<float>() == 4.0f);
  check_no_driver("cuda");
  CHECK(select_device("auto").is_cpu());
}

TEST_CASE("a device that does not exist is named with the allowed ones", "[tensor]") {
  for (const std::string name : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1234", "CPU", ""}) {
    const auto error = test::error_of([&] { select_device(name); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::config);
    CHECK(std::string(error->what()) ==
          "--device " + name + " is unknown; allowed: auto, cpu, cuda, cuda:N");
  }
}

TEST_CASE("the number of threads is what was asked for, or one per core", "[tensor]") {
  const auto before = at::get_num_threads();
  set_threads(1);
  CHECK(at::get_num_threads() == 1);
  CHECK(device_description(at::kCPU) == "cpu (1 thread)");
  set_threads(0);
  CHECK(at::get_num_threads() >= 1);
  at::set_num_threads(before);
}
