// SPDX-License-Identifier: Apache-2.0
// Which kind of matrix products a run trains with.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>
#include <string>

#include <candor/config.h>

#include "engine/nn/products.h"

namespace candor {

// FLOP/s of each kind on this machine; bfloat16 0 where the processor does not have it.
struct ProductRates {
  double mkl = 0.0;
  double onednn = 0.0;
  double bfloat16 = 0.0;
};

// float32: oneDNN where it is at least 5 % faster than MKL. automatic: bfloat16 where it is at
// least 20 % faster than both.
ProductKind fastest_products(Precision precision, const ProductRates& rates);

// Of `instruction_set` as in environment.json.
bool has_bfloat16(const std::string& instruction_set);

// On a processor with bfloat16 instructions or on a GPU anything goes; elsewhere Error{config} for
// `bfloat16`.
void require_precision(Precision precision, const std::string& instruction_set, at::Device device);

// Times the products of a layer of 256 rows, 256 inputs and 512 outputs, forward and backward, on
// as many threads as train, some 25 ms in all.
ProductRates measure_products(bool bfloat16);

// The rates of this machine: what `file` says, else measured and written there; nothing where that
// cannot be done. A choice by the clock that is not kept could be another one tomorrow.
std::optional<ProductRates> kept_product_rates(const std::filesystem::path& file);

// fastest_products() by the rates in $XDG_CACHE_HOME/candor/products.json (or below ~/.cache); mkl
// and, where asked for, bfloat16 where none can be kept. On a GPU automatic is float32.
ProductKind choose_products(Precision precision, at::Device device);

}  // namespace candor
