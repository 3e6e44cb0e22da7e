// SPDX-License-Identifier: Apache-2.0
// Times image files on their way to normalised batches, for scripts/bench/images.sh.
//
//   bench_images PATH [--size S] [--loader-threads T] [--batch N] [--random-parts] [--kept]
//                     [--raw]
//
// PATH is what data.files.train takes. Every image is read, decoded and resized for each batch
// (data.memory 0), unless --kept leaves them in memory. --random-parts: augment.resized_crop and
// flips. --raw: batches as the loader gives them, not normalised. One epoch warms up, the next is
// timed. One JSON line on stdout: images per second, and milliseconds of CPU time per image.
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <cxxopts.hpp>
#include <string>

#include "engine/data/loader.h"
#include "engine/data/open_data.h"
#include "engine/tensor/device.h"

namespace candor {
namespace {

struct Wish {
  std::string path;
  std::int64_t size = 224, batch = 64;
  int threads = 0;
  bool random_parts = false, kept = false, raw = false;
};

RunConfig config_of(const Wish& wish) {
  ImageData data;
  data.files.train.list = {wish.path};
  data.size = wish.size;
  if (!wish.kept) data.memory = 0;
  RunConfig config;
  if (wish.random_parts) {
    config.augment.resized_crop = ResizedCropConfig{};
    config.augment.flip = true;
  }
  config.data = std::move(data);
  return config;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void run(const Wish& wish) {
  set_threads(2);  // for the one look at every file
  const auto data = open_data(config_of(wish));
  set_threads(1);
  const c10::InferenceMode inference;
  LoaderOptions options;
  options.threads = wish.threads;
  Loader loader(data.train, wish.batch, 1, options);
  const auto epoch = loader.batches_per_epoch();
  double wall = 0.0, cpu = 0.0;
  for (std::int64_t number = 0; number < 2 * epoch; ++number) {
    if (number == epoch) {
      wall = wall_seconds();
      cpu = cpu_seconds();
    }
    const auto batch = loader.load(number);
    if (!wish.raw) data.preprocessor->stage()->forward(batch.inputs);
  }
  const auto images = static_cast<double>(epoch * wish.batch);
  std::printf("{\"images_per_second\": %.2f, \"cpu_ms\": %.4f}\n", images / (wall_seconds() - wall),
              1e3 * (cpu_seconds() - cpu) / images);
}

}  // namespace
}  // namespace candor

int main(int argc, char** argv) {
  cxxopts::Options options("bench_images", "Times images on their way to batches");
  options.add_options()("path", "as data.files.train", cxxopts::value<std::string>())(
      "size", "side that the model sees", cxxopts::value<std::int64_t>()->default_value("224"))(
      "batch", "images of a batch", cxxopts::value<std::int64_t>()->default_value("64"))(
      "loader-threads", "threads of the loader", cxxopts::value<int>()->default_value("0"))(
      "random-parts", "random parts and flips")("kept", "pixels stay in memory")("raw",
                                                                                 "not normalised");
  options.parse_positional({"path"});
  try {
    const auto words = options.parse(argc, argv);
    candor::run({words["path"].as<std::string>(), words["size"].as<std::int64_t>(),
                 words["batch"].as<std::int64_t>(), words["loader-threads"].as<int>(),
                 words.count("random-parts") > 0, words.count("kept") > 0, words.count("raw") > 0});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
