// SPDX-License-Identifier: Apache-2.0
// Times resampled metrics, for scripts/bench/metrics.sh, and simulates how often intervals hold the
// truth, for scripts/bench/intervals.sh.
//
//   bench_metrics make FILE ROWS             scores (float32), then labels (uint8)
//   bench_metrics auc FILE RESAMPLES         one JSON line: seconds, standard_error
//   bench_metrics coverage [ROWS,ROWS... [REPEATS [TRUTH_ROWS [KIND]]]]
//
// `auc` times what a report does from scores on: sort, then resample within each class.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "bench/coverage.h"
#include "core/base/random.h"
#include "core/metrics/ranking.h"

namespace candor {
namespace {

int make(const std::string& path, std::size_t rows) {
  const RandomStream stream(12, "auc");
  std::vector<float> score;
  std::vector<std::uint8_t> label;
  for (std::size_t i = 0; i < rows; ++i) {
    label.push_back(static_cast<std::uint8_t>(stream.below(2 * i, 2)));
    score.push_back(static_cast<float>(
        1.0 / (1.0 + std::exp(-stream.normal(2 * i + 1) - static_cast<double>(label.back())))));
  }
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(score.data()),
             static_cast<std::streamsize>(score.size() * sizeof(float)));
  file.write(reinterpret_cast<const char*>(label.data()),
             static_cast<std::streamsize>(label.size()));
  return file.good() ? 0 : 1;
}

Scored read(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto rows = static_cast<std::size_t>(file.tellg()) / (sizeof(float) + 1);
  file.seekg(0);
  std::vector<float> score(rows);
  std::vector<std::uint8_t> label(rows);
  file.read(reinterpret_cast<char*>(score.data()),
            static_cast<std::streamsize>(rows * sizeof(float)));
  file.read(reinterpret_cast<char*>(label.data()), static_cast<std::streamsize>(rows));
  Scored scored;
  scored.labels = {"no", "yes"};
  scored.target.assign(label.begin(), label.end());
  for (const auto p : score) scored.probabilities.insert(scored.probabilities.end(), {1 - p, p});
  return scored;
}

int auc(const std::string& path, std::size_t resamples) {
  const auto scored = read(path);
  const auto start = std::chrono::steady_clock::now();
  const auto samples = stratified_auc_samples(scored, {rank_class(scored, 1)}, resamples);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const auto size = static_cast<double>(samples.size());
  const auto mean = std::accumulate(samples.begin(), samples.end(), 0.0) / size;
  double squares = 0.0;
  for (const auto sample : samples) squares += (sample - mean) * (sample - mean);
  std::printf("{\"seconds\": %.4f, \"mean\": %.6f, \"standard_error\": %.6f}\n", seconds.count(),
              mean, std::sqrt(squares / (size - 1.0)));
  return 0;
}

int coverage(const std::vector<std::string>& words) {
  CoverageOptions options;
  if (words.size() > 1) {
    options.rows.clear();
    std::istringstream list(words[1]);
    for (std::string number; std::getline(list, number, ',');) {
      options.rows.push_back(std::stoul(number));
    }
  }
  if (words.size() > 2) options.repeats = std::stoul(words[2]);
  if (words.size() > 3) options.truth_rows = std::stoul(words[3]);
  if (words.size() > 4) options.kind = words[4];
  std::fputs(coverage_table(options).c_str(), stdout);
  return 0;
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "make") return make(words[1], std::stoul(words[2]));
  if (words.size() == 3 && words[0] == "auc") return auc(words[1], std::stoul(words[2]));
  if (!words.empty() && words[0] == "coverage") return coverage(words);
  std::fprintf(stderr, "error: see the top of bench_metrics.cpp for the arguments\n");
  return 2;
}

}  // namespace
}  // namespace candor

int main(int count, char** words) {
  try {
    return candor::run({words + 1, words + count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
