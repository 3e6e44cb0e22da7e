// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/batch_norm.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <candor/error.h>

#include "engine/nn/batch_norm_kernels.h"
#include "engine/nn/init.h"
#include "engine/nn/recompute.h"
#include "engine/tensor/parallel.h"

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kMomentum = 0.1, kEps = 1e-5;
constexpr std::int64_t kBlock = 16384;  // elements of a block of rows, which lies in the cache

// Rows of channels that lie side by side, cut into blocks. Sums are taken block by block and then
// over the blocks in their order, so that they do not depend on the number of threads.
struct Rows {
  std::int64_t width, rows, block_rows, blocks;

  explicit Rows(const at::Tensor& x)
      : width(x.size(1)),
        rows(x.numel() / width),
        block_rows(std::max<std::int64_t>(1, kBlock / width)),
        blocks((rows + block_rows - 1) / block_rows) {}

  std::int64_t count(std::int64_t block) const {
    return std::min(block_rows, rows - block * block_rows);
  }
  // run(block, first element, rows) for each block.
  template <class F>
  void for_each_block(F run) const {
    parallel_for(0, blocks, 1, [&](std::int64_t first, std::int64_t last) {
      for (auto block = first; block < last; ++block) {
        run(block, block * block_rows * width, count(block));
      }
    });
  }
};

struct Moments {
  std::vector<float> mean, variance;  // of each channel; the variance is the biased one
};

// Chan et al. 1983, "Algorithms for Computing the Sample Variance", eq. 2.1, block by block.
Moments moments_of(const float* x, const Rows& shape) {
  const auto width = static_cast<std::size_t>(shape.width);
  const auto blocks = static_cast<std::size_t>(shape.blocks);
  std::vector<float> means(blocks * width), squares(blocks * width), scratch(blocks * width);
  shape.for_each_block([&](std::int64_t block, std::int64_t first, std::int64_t rows) {
    const auto at = block * shape.width;
    kernels::channel_moments(x + first, &means[at], &squares[at], &scratch[at], rows, shape.width);
  });
  std::vector<double> mean(width), sum(width);
  double seen = 0.0;
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto rows = static_cast<double>(shape.count(static_cast<std::int64_t>(block)));
    for (std::size_t i = 0; i < width; ++i) {
      const double difference = means[block * width + i] - mean[i];
      mean[i] += difference * rows / (seen + rows);
      sum[i] += squares[block * width + i] + difference * difference * seen * rows / (seen + rows);
    }
    seen += rows;
  }
  Moments moments{std::vector<float>(width), std::vector<float>(width)};
  for (std::size_t i = 0; i < width; ++i) {
    moments.mean[i] = static_cast<float>(mean[i]);
    moments.variance[i] = static_cast<float>(sum[i] / static_cast<double>(shape.rows));
  }
  return moments;
}

void move_running(at::Tensor& running, const std::vector<float>& now, double factor) {
  auto* values = running.data_ptr<float>();
  for (std::size_t i = 0; i < now.size(); ++i) {
    values[i] += static_cast<float>(kMomentum) * (static_cast<float>(now[i] * factor) - values[i]);
  }
}

// relu(normalised x * weight + bias + residual), or without relu, in two passes over x.
struct FusedNorm : torch::autograd::Function<FusedNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const std::optional<at::Tensor>& residual,
                            at::Tensor mean, at::Tensor variance, bool relu) {
    const Rows shape(x);
    const auto moments = moments_of(x.const_data_ptr<float>(), shape);
    const auto count = static_cast<double>(shape.rows);
    if (!recomputing()) {
      move_running(mean, moments.mean, 1.0);
      move_running(variance, moments.variance, count / (count - 1.0));
    }
    const auto saved = at::empty({2, shape.width}, weight.options().requires_grad(false));
    auto* centre = saved.data_ptr<float>();
    auto* inverse = centre + shape.width;
    std::vector<float> scale(moments.mean.size());
    const auto* w = weight.const_data_ptr<float>();
    const auto* b = bias.const_data_ptr<float>();
    for (std::size_t i = 0; i < scale.size(); ++i) {
      centre[i] = moments.mean[i];
      inverse[i] = static_cast<float>(1.0 / std::sqrt(double{moments.variance[i]} + kEps));
      scale[i] = w[i] * inverse[i];
    }
    auto y = at::empty_like(x);
    const auto* in = x.const_data_ptr<float>();
    const auto* more = residual ? residual->const_data_ptr<float>() : nullptr;
    auto* out = y.data_ptr<float>();
    shape.for_each_block([&](std::int64_t, std::int64_t first, std::int64_t rows) {
      kernels::scale_shift(in + first, more == nullptr ? nullptr : more + first, centre,
                           scale.data(), b, out + first, rows, shape.width, relu);
    });
    context->saved_data["relu"] = relu;
    context->saved_data["residual"] = residual.has_value();
    context->save_for_backward({x, weight, saved, relu ? y : at::Tensor()});
    return y;
  }

  // Ioffe & Szegedy 2015, section 3, with the sums over the batch.
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const Rows shape(x);
    const auto dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const bool relu = context->saved_data["relu"].toBool();
    const bool through = context->saved_data["residual"].toBool();
    const auto* in = x.const_data_ptr<float>();
    const auto* out = relu ? saved[3].const_data_ptr<float>() : nullptr;
    const auto* g = dy.const_data_ptr<float>();
    const auto* mean = saved[2].const_data_ptr<float>();
    const auto* inverse = mean + shape.width;
    const auto width = static_cast<std::size_t>(shape.width);
    std::vector<float> sums(static_cast<std::size_t>(shape.blocks) * 2 * width);
    shape.for_each_block([&](std::int64_t block, std::int64_t first, std::int64_t rows) {
      auto* sum = &sums[static_cast<std::size_t>(block) * 2 * width];
      kernels::channel_sums(in + first, relu ? out + first : nullptr, g + first, mean, sum,
                            sum + width, rows, shape.width);
    });
    std::vector<double> total(2 * width);
    for (std::size_t i = 0; i < sums.size(); ++i) total[i % (2 * width)] += sums[i];

    const auto weight = saved[1];
    auto dweight = at::empty_like(weight), dbias = at::empty_like(weight);
    std::vector<float> a(width), b(width), c(width);
    const auto count = static_cast<double>(shape.rows);
    for (std::size_t i = 0; i < width; ++i) {
      const double r = inverse[i], w = weight.const_data_ptr<float>()[i];
      const double sum = total[i], dot = total[width + i] * r;  // of g, and of g times normalised x
      dbias.data_ptr<float>()[i] = static_cast<float>(sum);
      dweight.data_ptr<float>()[i] = static_cast<float>(dot);
      a[i] = static_cast<float>(w * r);
      b[i] = static_cast<float>(-w * r * r * dot / count);
      c[i] = static_cast<float>(-w * r * sum / count);
    }
    auto dx = at::empty_like(x);
    // Without relu the residual's gradient is dy itself.
    auto dresidual = through && relu ? at::empty_like(x) : at::Tensor();
    auto* to = dx.data_ptr<float>();
    auto* aside = dresidual.defined() ? dresidual.data_ptr<float>() : nullptr;
    shape.for_each_block([&](std::int64_t, std::int64_t first, std::int64_t rows) {
      kernels::batch_norm_backward(in + first, relu ? out + first : nullptr, g + first, mean,
                                   a.data(), b.data(), c.data(), to + first,
                                   aside == nullptr ? nullptr : aside + first, rows, shape.width);
    });
    if (through && !relu) dresidual = dy;
    return {dx, dweight, dbias, dresidual, {}, {}, {}};
  }
};

bool fused(const at::Tensor& x, const at::Tensor& residual) {
  const auto fits = [](const at::Tensor& t) {
    return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.dim() == 4 &&
           t.is_contiguous(at::MemoryFormat::ChannelsLast);
  };
  return fits(x) && (!residual.defined() || fits(residual)) && !torch::jit::tracer::isTracing();
}

}  // namespace

BatchNorm BatchNorm::make(Holder& holder, std::int64_t width) {
  BatchNorm norm;
  norm.weight = holder.register_parameter("weight", constant_tensor({width}, 1.0));
  norm.bias = holder.register_parameter("bias", constant_tensor({width}, 0.0));
  norm.mean = holder.register_buffer("running_mean", constant_tensor({width}, 0.0));
  norm.variance = holder.register_buffer("running_var", constant_tensor({width}, 1.0));
  norm.batches =
      holder.register_buffer("num_batches_tracked", on_init_device(at::zeros({}, at::kLong)));
  return norm;
}

void BatchNorm::begin_batch(const at::Tensor& x) const {
  if (x.numel() == x.size(1)) {
    throw Error(ErrorKind::config,
                "batch normalisation needs two rows or more in a batch; raise train.batch_size, "
                "give more training data, or set model.norm to layer or none");
  }
  const torch::NoGradGuard no_gradients;
  if (!recomputing()) batches.add_(1);
}

at::Tensor BatchNorm::forward(const at::Tensor& x, bool training) const {
  if (training) begin_batch(x);
  // A batch moves the running statistics once.
  if (training && recomputing()) {
    return at::batch_norm(x, weight, bias, {}, {}, true, kMomentum, kEps, /*cudnn_enabled=*/true);
  }
  return at::batch_norm(x, weight, bias, mean, variance, training, kMomentum, kEps,
                        /*cudnn_enabled=*/true);
}

at::Tensor BatchNorm::forward_add(const at::Tensor& x, const at::Tensor& residual, bool relu,
                                  bool training) const {
  if (training && fused(x, residual)) {
    begin_batch(x);
    const auto more = residual.defined() ? std::optional(residual) : std::nullopt;
    return FusedNorm::apply(x, weight, bias, more, mean, variance, relu);
  }
  auto y = forward(x, training);
  if (residual.defined()) y = y.add_(residual);
  return relu ? y.relu_() : y;
}

}  // namespace candor
