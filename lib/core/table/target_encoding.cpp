// SPDX-License-Identifier: Apache-2.0
#include "core/table/target_encoding.h"

#include "core/base/random.h"

namespace candor {

EncodingTargets class_targets(std::span<const std::int64_t> labels, std::size_t classes) {
  EncodingTargets targets;
  targets.outputs = classes == 2 ? 1 : classes - 1;
  const std::int64_t first = classes == 2 ? 1 : 0;
  targets.values.reserve(labels.size() * targets.outputs);
  for (const auto label : labels) {
    for (std::size_t k = 0; k < targets.outputs; ++k) {
      targets.values.push_back(label == first + static_cast<std::int64_t>(k) ? 1.0 : 0.0);
    }
  }
  return targets;
}

std::vector<double> fit_encodings(std::span<const std::int64_t> indices, std::size_t size,
                                  const EncodingTargets& targets, std::span<const double> weights,
                                  double smoothing, std::span<const std::int64_t> folds,
                                  std::int64_t left_out) {
  const auto outputs = targets.outputs;
  std::vector<double> sums(size * outputs, 0.0), counts(size, 0.0), means(outputs, 0.0);
  double total = 0.0;
  for (std::size_t row = 0; row < indices.size(); ++row) {
    if (left_out >= 0 && folds[row] == left_out) continue;
    const auto index = static_cast<std::size_t>(indices[row]);
    counts[index] += weights[row];
    total += weights[row];
    for (std::size_t k = 0; k < outputs; ++k) {
      const auto value = weights[row] * targets.values[row * outputs + k];
      sums[index * outputs + k] += value;
      means[k] += value;
    }
  }
  for (auto& mean : means) mean = total > 0.0 ? mean / total : 0.0;
  for (std::size_t index = 0; index < size; ++index) {
    const auto mass = counts[index] + smoothing;
    for (std::size_t k = 0; k < outputs; ++k) {
      auto& encoding = sums[index * outputs + k];
      encoding = counts[index] > 0.0 ? (encoding + smoothing * means[k]) / mass : means[k];
    }
  }
  return sums;
}

std::vector<double> out_of_fold_encodings(std::span<const std::int64_t> indices, std::size_t size,
                                          const EncodingTargets& targets,
                                          std::span<const double> weights, double smoothing,
                                          std::span<const std::int64_t> folds, std::int64_t count) {
  const auto outputs = targets.outputs;
  std::vector<double> result(indices.size() * outputs, 0.0);
  for (std::int64_t fold = 0; fold < count; ++fold) {
    const auto encodings = fit_encodings(indices, size, targets, weights, smoothing, folds, fold);
    for (std::size_t row = 0; row < indices.size(); ++row) {
      if (folds[row] != fold) continue;
      const auto index = static_cast<std::size_t>(indices[row]);
      for (std::size_t k = 0; k < outputs; ++k) {
        result[row * outputs + k] = encodings[index * outputs + k];
      }
    }
  }
  return result;
}

std::vector<std::int64_t> draw_folds(std::size_t rows, std::int64_t count, std::uint64_t seed) {
  const auto order =
      permutation(static_cast<std::int64_t>(rows), RandomStream(seed, "target encoding"));
  std::vector<std::int64_t> folds(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    folds[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i) % count;
  }
  return folds;
}

}  // namespace candor
