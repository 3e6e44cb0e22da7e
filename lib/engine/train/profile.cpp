// SPDX-License-Identifier: Apache-2.0
#include "engine/train/profile.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <filesystem>

#include <candor/error.h>

#include "core/base/log.h"
#include "core/base/seconds.h"
#include "core/base/trace.h"
#include "engine/models/flops.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 1024;  // of the probe's matrices
constexpr double kProbeSeconds = 0.2;

// Before hours of training, not after them.
void check_folder(const std::string& path) {
  const auto folder = fs::absolute(path).parent_path();
  std::error_code error;
  if (fs::is_directory(folder, error)) return;
  throw Error(ErrorKind::config, "--profile: " + folder.string() +
                                     " is no folder; make it first, or choose another file");
}

void finish(const std::string& path) {
  const auto summary = stop_trace();
  for (const auto& line : trace_table(summary)) log().info("{}", line);
  write_trace(path);
  if (summary.dropped_events > 0) {
    log().warn("{}: full; the last {} spans are in the table above, but not in the file", path,
               summary.dropped_events);
  }
  log().info("trace: {} (for chrome://tracing or ui.perfetto.dev)", path);
}

// FLOP/s of a product of two float32 matrices on the threads that train.
double matrix_rate(at::Device device) {
  const TraceSpan span("matrix probe");
  const torch::NoGradGuard no_gradients;
  const auto a = at::ones({kSide, kSide}, at::TensorOptions(at::kFloat).device(device));
  const auto b = a.t().contiguous();
  auto product = at::mm(a, b);  // pays for what only the first one needs
  const auto read = [&] { return product[0][0].item<float>(); };  // waits for a GPU
  read();
  const auto start = Clock::now();
  std::int64_t count = 0;
  double seconds = 0.0;
  while (seconds < kProbeSeconds) {
    at::mm_out(product, a, b);
    read();
    ++count;
    seconds = seconds_since(start);
  }
  const auto side = static_cast<double>(kSide);
  return 2.0 * side * side * side * static_cast<double>(count) / seconds;
}

std::string flops_text(double flops) {
  if (flops >= 1e9) return fmt::format("{:.4g} G", 1e-9 * flops);
  return fmt::format("{:.4g} M", 1e-6 * flops);
}

}  // namespace

void profile(const std::string& path, const std::function<void()>& action) {
  if (path.empty()) return action();
  check_folder(path);
  start_trace();
  try {
    action();
  } catch (...) {
    // What ended the run is what the caller wants to hear of.
    try {
      finish(path);
    } catch (const Error& error) {
      log().warn("{}", error.what());
    }
    throw;
  }
  finish(path);
}

void log_utilization(const RunConfig& config, Network& network, double items_per_second,
                     const std::string& unit, bool probe) {
  const auto flops = training_flops(config, network.model());
  if (!flops || items_per_second <= 0.0) return;
  const auto rate = flops->per_item * items_per_second;
  log().info("model: {}FLOP/s = {:.6g} {}/s x {}FLOP ({})", flops_text(rate), items_per_second,
             unit, flops_text(flops->per_item), flops->formula);
  if (!probe) return;
  const auto parameters = network.model().parameters();
  const auto device = parameters.empty() ? at::Device(at::kCPU) : parameters.front().device();
  const auto best = matrix_rate(device);
  log().info("MFU: {:.1f} % of a float32 matrix product of {} x {}, which reaches {}FLOP/s here",
             100.0 * rate / best, kSide, kSide, flops_text(best));
}

}  // namespace candor
