// SPDX-License-Identifier: Apache-2.0
// The tensor stage of tables. Shape-free in the number of rows: it is traced into exports.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/nn/init.h"
#include "engine/preprocess/tensor_stage.h"

namespace candor {
namespace {

at::Tensor floats(const std::vector<double>& values) {
  return on_init_device(torch::tensor(values, torch::kFloat64).to(torch::kFloat32));
}

at::Tensor integers(const std::vector<std::int64_t>& values) {
  return on_init_device(torch::tensor(values, torch::kInt64));
}

// [F, Q]
at::Tensor matrix(const std::vector<std::vector<double>>& rows) {
  std::vector<double> flat;
  for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
  const auto count = static_cast<std::int64_t>(rows.size());
  return floats(flat).view({count, count == 0 ? 0 : -1});
}

std::vector<double> inverse(const std::vector<double>& values) {
  std::vector<double> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), [](double v) { return 1.0 / v; });
  return result;
}

// f(x) in some columns of x (N, F), the others as they are.
template <class F>
at::Tensor in_columns(const at::Tensor& x, const at::Tensor& columns, const F& f) {
  if (columns.numel() == x.size(1)) return f(x);  // all of them: columns are listed in order
  return x.index_copy(1, columns, f(x.index_select(1, columns)));
}

at::Tensor signed_log(const at::Tensor& x) { return x.sign() * x.abs().log1p(); }

// Yeo-Johnson's transform; powers (F), of numbers from 0 on and below. e^80 is within float32.
at::Tensor power_of(const at::Tensor& x, const at::Tensor& above, const at::Tensor& below) {
  const auto power = torch::where(x.ge(0.0), above, below);
  const auto size = (power * x.abs().log1p()).clamp_max(80.0);
  return x.sign() * size.expm1() / power;
}

// A power of 0 stands for the logarithm, which the formula for other powers tends to: at 1e-7 they
// are one within float32.
std::vector<double> not_zero(std::vector<double> powers) {
  for (auto& power : powers) {
    if (std::abs(power) < 1e-7) power = 1e-7;
  }
  return powers;
}

std::vector<double> other_powers(const std::vector<double>& lambda) {
  std::vector<double> powers(lambda.size());
  std::transform(lambda.begin(), lambda.end(), powers.begin(), [](double v) { return 2.0 - v; });
  return powers;
}

// Numeric columns that do not become vectors.
std::vector<std::int64_t> plain_columns(const TableStatistics& statistics) {
  std::vector<std::int64_t> plain;
  for (std::size_t column = 0; column < statistics.mean.size(); ++column) {
    const auto& encoded = statistics.encoded_columns;
    const auto number = static_cast<std::int64_t>(column);
    if (std::find(encoded.begin(), encoded.end(), number) == encoded.end()) plain.push_back(number);
  }
  return plain;
}

class TableTensorStage final : public TensorStage {
 public:
  explicit TableTensorStage(const TableStatistics& statistics)
      : statistics_(statistics),
        impute_(register_buffer("impute", floats(statistics.impute))),
        mean_(register_buffer("mean", floats(statistics.mean))),
        inverse_scale_(register_buffer("inverse_scale", floats(inverse(statistics.scale)))),
        knots_(register_buffer("knots", matrix(statistics.knots))),
        scores_(register_buffer("scores", matrix(statistics.scores))),
        indicators_(register_buffer("indicators", integers(statistics.indicators))),
        column_(register_buffer("one_hot_column", integers(statistics.one_hot_column))),
        value_(register_buffer("one_hot_value", integers(statistics.one_hot_value))),
        target_mean_(register_buffer("target_mean", floats({statistics.target_mean}))),
        target_scale_(register_buffer("target_scale", floats({statistics.target_scale}))) {
    if (!statistics.clip_columns.empty()) {
      clip_columns_ = register_buffer("clip_columns", integers(statistics.clip_columns));
      clip_low_ = register_buffer("clip_low", floats(statistics.clip_low));
      clip_high_ = register_buffer("clip_high", floats(statistics.clip_high));
    }
    if (!statistics.log_columns.empty()) {
      log_columns_ = register_buffer("log_columns", integers(statistics.log_columns));
    }
    if (!statistics.power_columns.empty()) {
      const auto& lambda = statistics.power_lambda;
      power_columns_ = register_buffer("power_columns", integers(statistics.power_columns));
      power_ = register_buffer("power", floats(not_zero(lambda)));
      other_power_ = register_buffer("other_power", floats(not_zero(other_powers(lambda))));
    }
    if (!statistics.quantile_columns.empty()) {
      quantile_columns_ =
          register_buffer("quantile_columns", integers(statistics.quantile_columns));
    }
    if (statistics.encoding != NumberEncoding::none) add_encoding();
  }

  Features forward(const InputTensors& inputs) const override {
    if (inputs.ids.defined()) return {.dense = {}, .indices = inputs.ids};
    std::vector<at::Tensor> parts;
    Features features;
    features.terms = inputs.terms;
    features.term_weights = inputs.term_weights;
    features.offsets = inputs.offsets;
    if (!statistics_.mean.empty()) append_numeric(inputs.numeric, parts, features);
    if (!statistics_.one_hot_column.empty()) {
      parts.push_back(inputs.categorical.index_select(1, column_).eq(value_).to(torch::kFloat32));
    }
    // [N, 0]: embeddings or terms carry everything
    if (parts.empty()) parts.push_back(inputs.numeric.narrow(1, 0, 0));
    features.dense = parts.size() == 1 ? parts.front() : torch::cat(parts, 1);
    if (statistics_.embed) features.indices = inputs.categorical;
    return features;
  }

  at::Tensor invert(const at::Tensor& output) const override {
    const bool scales = statistics_.target_mean != 0.0 || statistics_.target_scale != 1.0;
    const auto value = scales ? output * target_scale_ + target_mean_ : output;
    if (statistics_.target_transform == TargetTransform::standard) return value;
    return value.clamp_max(kLargestLogTarget).expm1();
  }

  at::Tensor standardise(const at::Tensor& target) const override {
    const bool log = statistics_.target_transform == TargetTransform::log;
    const auto value = log ? target.log1p() : target;
    return ((value - statistics_.target_mean) / statistics_.target_scale).to(at::kFloat);
  }

  const TableStatistics* table() const override { return &statistics_; }
  const char* type() const override { return "table"; }

  Json to_json() const override {
    auto json = statistics_json(statistics_);
    json["type"] = type();
    return json;
  }

 private:
  void append_numeric(const at::Tensor& numeric, std::vector<at::Tensor>& parts,
                      Features& features) const {
    const auto missing = numeric.isnan();
    const auto whole = transformed(torch::where(missing, impute_, clipped(numeric)));
    const auto scaled = (whole - mean_) * inverse_scale_;
    if (statistics_.encoding == NumberEncoding::none) {
      parts.push_back(scaled);
    } else {
      append_encoded(scaled, parts, features);
    }
    if (!statistics_.indicators.empty()) {
      parts.push_back(missing.index_select(1, indicators_).to(torch::kFloat32));
    }
  }

  at::Tensor clipped(const at::Tensor& x) const {
    if (!clip_columns_.defined()) return x;
    return in_columns(x, clip_columns_,
                      [&](const at::Tensor& part) { return part.clamp(clip_low_, clip_high_); });
  }

  at::Tensor transformed(at::Tensor x) const {
    if (log_columns_.defined()) x = in_columns(x, log_columns_, signed_log);
    if (power_columns_.defined()) {
      x = in_columns(x, power_columns_,
                     [&](const at::Tensor& part) { return power_of(part, power_, other_power_); });
    }
    if (!quantile_columns_.defined()) return x;
    return in_columns(x, quantile_columns_,
                      [&](const at::Tensor& part) { return normal_scores(part); });
  }

  // Linear between the knots around each value; x (N, F). The shapes inside are (F, N).
  at::Tensor normal_scores(const at::Tensor& x) const {
    const auto values = x.t().contiguous();
    const auto last = static_cast<std::int64_t>(statistics_.knots.front().size()) - 1;
    const auto upper =
        torch::searchsorted(knots_, values, /*out_int32=*/false, /*right=*/true).clamp(1, last);
    const auto low = knots_.gather(1, upper - 1), high = knots_.gather(1, upper);
    const auto width = (high - low).clamp_min(std::numeric_limits<float>::min());
    const auto share = ((values - low) / width).clamp(0.0, 1.0);
    return torch::lerp(scores_.gather(1, upper - 1), scores_.gather(1, upper), share).t();
  }

  void add_encoding() {
    const auto plain = plain_columns(statistics_);
    if (!plain.empty()) plain_columns_ = register_buffer("plain_columns", integers(plain));
    encoded_columns_ = register_buffer("encoded_columns", integers(statistics_.encoded_columns));
    if (statistics_.encoding == NumberEncoding::piecewise_linear) add_bins();
  }

  // Per encoded column and bin; columns with fewer bins than others end in bins that are always 0.
  void add_bins() {
    const auto most = statistics_.encoded_inputs();
    constexpr auto kInfinite = std::numeric_limits<double>::infinity();
    std::vector<double> first, widths, low, high;
    std::vector<std::int64_t> used;
    for (const auto& edges : statistics_.bins) {
      const auto count = static_cast<std::int64_t>(edges.size()) - 1;
      for (std::int64_t bin = 0; bin < most; ++bin) {
        const bool there = bin < count;
        const auto at = static_cast<std::size_t>(bin);
        if (there) used.push_back(static_cast<std::int64_t>(first.size()));
        first.push_back(there ? edges[at] : 0.0);
        widths.push_back(there ? 1.0 / (edges[at + 1] - edges[at]) : 0.0);
        low.push_back(there && bin == 0 ? -kInfinite : 0.0);
        high.push_back(!there ? 0.0 : bin == count - 1 ? kInfinite : 1.0);
      }
    }
    const auto buffer = [&](const char* name, const std::vector<double>& values) {
      return register_buffer(name, floats(values).view({-1, most}));
    };
    bin_start_ = buffer("bin_start", first);
    bin_inverse_width_ = buffer("bin_inverse_width", widths);
    bin_low_ = buffer("bin_low", low);
    bin_high_ = buffer("bin_high", high);
    if (used.size() < first.size() && !statistics_.encoded_apart) {
      used_bins_ = register_buffer("used_bins", integers(used));
    }
  }

  void append_encoded(const at::Tensor& scaled, std::vector<at::Tensor>& parts,
                      Features& features) const {
    if (plain_columns_.defined()) parts.push_back(scaled.index_select(1, plain_columns_));
    auto numbers = scaled.index_select(1, encoded_columns_).unsqueeze(2);
    if (statistics_.encoding == NumberEncoding::piecewise_linear) numbers = shares_of_bins(numbers);
    if (statistics_.encoded_apart) {
      features.numbers = numbers;
      return;
    }
    const auto flat = numbers.flatten(1);
    parts.push_back(used_bins_.defined() ? flat.index_select(1, used_bins_) : flat);
  }

  // How much of each bin lies below the number: Gorishniy et al. 2022, section 3.2, eq. 1. x (N, E,
  // 1) to (N, E, B). The first bin goes on below its start and the last above its end.
  at::Tensor shares_of_bins(const at::Tensor& x) const {
    return ((x - bin_start_) * bin_inverse_width_).clamp(bin_low_, bin_high_);
  }

  TableStatistics statistics_;
  at::Tensor impute_, mean_, inverse_scale_, knots_, scores_, indicators_, column_, value_,
      target_mean_, target_scale_;
  // Undefined where the statistics have none.
  at::Tensor clip_columns_, clip_low_, clip_high_, log_columns_, power_columns_, power_,
      other_power_, quantile_columns_, plain_columns_, encoded_columns_, bin_start_,
      bin_inverse_width_, bin_low_, bin_high_, used_bins_;
};

}  // namespace

std::shared_ptr<TensorStage> make_table_stage(const TableStatistics& statistics) {
  return std::make_shared<TableTensorStage>(statistics);
}

}  // namespace candor
