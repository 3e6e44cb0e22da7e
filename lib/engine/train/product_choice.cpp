// SPDX-License-Identifier: Apache-2.0
#include "engine/train/product_choice.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <candor/error.h>
#include <candor/version.h>

#include "core/artifact/model_directory.h"
#include "core/base/environment.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/seconds.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRows = 256, kInputs = 256, kOutputs = 512;  // of the probe's layer
constexpr int kRounds = 6;  // the best counts: others may have waited for the processor
constexpr double kOneDnnGain = 1.05;
constexpr double kBfloat16Gain = 1.2;

// One thread's layer: its three products.
struct ProbeLayer {
  at::Tensor x = at::rand({kRows, kInputs}) - 0.5;
  at::Tensor weight = at::rand({kOutputs, kInputs}) - 0.5;
  at::Tensor dy = at::rand({kRows, kOutputs}) - 0.5;

  void multiply(ProductKind kind) const {
    product(x, weight.t(), kind);
    product(dy, weight, kind);
    product(dy.t(), x, kind);
  }
};

double seconds_of(const std::vector<ProbeLayer>& layers, ProductKind kind) {
  const auto start = Clock::now();
  parallel_for(0, static_cast<std::int64_t>(layers.size()), 1,
               [&](std::int64_t first, std::int64_t last) {
                 for (auto i = first; i < last; ++i) {
                   layers[static_cast<std::size_t>(i)].multiply(kind);
                 }
               });
  return seconds_since(start);
}

fs::path cache_file() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return fs::path(cache) / "candor" / "products.json";
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return fs::path(home) / ".cache" / "candor" / "products.json";
}

// What the rates depend on.
std::string machine_name() {
  const auto facts = environment();
  return fmt::format("{}, {}, LibTorch {}, threads {}", facts.at("processor").get<std::string>(),
                     instruction_set(), facts.value("libtorch", "unknown"), at::get_num_threads());
}

// Empty where there is no such file, or it is none of ours.
Json read_machines(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return Json::object();
  try {
    const auto json = parse_json_file(file.string(), ErrorKind::failed);
    check_format_version(json, file.string());
    if (json.contains("machines") && json["machines"].is_object()) return json["machines"];
  } catch (const Error& fault) {
    log().debug("{}; the rates of matrix products are measured anew", fault.what());
  }
  return Json::object();
}

std::optional<ProductRates> rates_from(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  ProductRates rates;
  const std::pair<const char*, double*> fields[] = {
      {"mkl", &rates.mkl}, {"onednn", &rates.onednn}, {"bfloat16", &rates.bfloat16}};
  for (const auto& [name, value] : fields) {
    if (!json.contains(name) || !json[name].is_number()) return std::nullopt;
    *value = json[name].get<double>();
  }
  return rates;
}

}  // namespace

bool has_bfloat16(const std::string& instruction_set) { return instruction_set == "avx512_bf16"; }

ProductKind fastest_products(Precision precision, const ProductRates& rates) {
  if (precision == Precision::bfloat16) return ProductKind::bfloat16;
  const bool onednn = rates.onednn >= kOneDnnGain * rates.mkl;
  const auto best = std::max(rates.mkl, rates.onednn);
  if (precision == Precision::automatic && rates.bfloat16 >= kBfloat16Gain * best) {
    return ProductKind::bfloat16;
  }
  return onednn ? ProductKind::onednn : ProductKind::mkl;
}

void require_precision(Precision precision, const std::string& instruction_set, at::Device device) {
  const bool fits =
      precision != Precision::bfloat16 || !device.is_cpu() || has_bfloat16(instruction_set);
  if (fits) return;
  throw Error(
      ErrorKind::config,
      "train.precision: \"bfloat16\" needs a processor with avx512_bf16, and this one has " +
          instruction_set +
          "; use \"float32\", or \"auto\", which takes bfloat16 where it is faster");
}

ProductRates measure_products(bool bfloat16) {
  const torch::NoGradGuard no_gradients;
  const std::vector<ProbeLayer> layers(static_cast<std::size_t>(at::get_num_threads()));
  std::vector<ProductKind> kinds = {ProductKind::mkl};
  if (has_onednn_products()) kinds.push_back(ProductKind::onednn);
  if (bfloat16) kinds.push_back(ProductKind::bfloat16);
  double best[] = {0.0, 0.0, 0.0};
  for (int round = 0; round < kRounds; ++round) {
    for (const auto kind : kinds) {
      const auto seconds = seconds_of(layers, kind);
      const auto flops =
          3.0 * 2.0 * kRows * kInputs * kOutputs * static_cast<double>(layers.size());
      auto& rate = best[static_cast<int>(kind)];
      rate = std::max(rate, flops / seconds);
    }
  }
  return {best[0], best[1], best[2]};
}

std::optional<ProductRates> kept_product_rates(const fs::path& file) {
  if (file.empty()) return std::nullopt;
  auto machines = read_machines(file);
  const auto name = machine_name();
  if (machines.contains(name)) {
    if (const auto kept = rates_from(machines[name])) return kept;
  }
  const auto rates = measure_products(has_bfloat16(instruction_set()));
  machines[name] = {{"mkl", rates.mkl}, {"onednn", rates.onednn}, {"bfloat16", rates.bfloat16}};
  Json json;
  json["format_version"] = kFormatVersion;
  json["unit"] = "FLOP/s";
  json["machines"] = machines;
  try {
    make_folders(file.parent_path());
    write_file_atomic(file, json.dump(2) + "\n");
  } catch (const Error& fault) {
    log().debug("{}; float32 products are those of MKL", fault.what());
    return std::nullopt;
  }
  return rates;
}

ProductKind choose_products(Precision precision, at::Device device) {
  require_precision(precision, instruction_set(), device);
  if (precision == Precision::bfloat16) return ProductKind::bfloat16;
  if (!device.is_cpu()) return ProductKind::mkl;
  const auto rates = kept_product_rates(cache_file());
  return rates ? fastest_products(precision, *rates) : ProductKind::mkl;
}

}  // namespace candor
