// SPDX-License-Identifier: Apache-2.0
// Makes scored rows in groups and times their table, for scripts/bench/groups.sh.
//
//   bench_groups make FILE ROWS GROUPS
//   bench_groups table FILE
//
// FILE holds rows and groups as two 64-bit numbers, then for each row the target (1 byte), the
// group (1 byte) and, behind all of these, the probabilities of the positive class (float32).
// `table` prints one JSON line: rows, groups, wall and CPU seconds from names and probabilities to
// every group's metrics with intervals, seconds of the gaps, and the sum of the groups' accuracies
// to compare.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/metrics/groups.h"

namespace candor {
namespace {

void make(const std::string& path, std::uint64_t rows, std::uint64_t groups) {
  const RandomStream stream(0, "bench/groups");
  std::vector<std::uint8_t> target(rows), group(rows);
  std::vector<float> probability(rows);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const auto p = stream.uniform(3 * i);
    probability[i] = static_cast<float>(p);
    target[i] = stream.uniform(3 * i + 1) < p ? 1 : 0;
    group[i] = static_cast<std::uint8_t>(stream.below(3 * i + 2, groups));
  }
  std::ofstream file(path, std::ios::binary);
  const auto write = [&](const auto* data, std::size_t bytes) {
    file.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  };
  write(&rows, sizeof rows);
  write(&groups, sizeof groups);
  write(target.data(), rows);
  write(group.data(), rows);
  write(probability.data(), rows * sizeof(float));
}

Scored read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t rows = 0, groups = 0;
  file.read(reinterpret_cast<char*>(&rows), sizeof rows);
  file.read(reinterpret_cast<char*>(&groups), sizeof groups);
  std::vector<std::uint8_t> target(rows), group(rows);
  std::vector<float> probability(rows);
  file.read(reinterpret_cast<char*>(target.data()), static_cast<std::streamsize>(rows));
  file.read(reinterpret_cast<char*>(group.data()), static_cast<std::streamsize>(rows));
  file.read(reinterpret_cast<char*>(probability.data()),
            static_cast<std::streamsize>(rows * sizeof(float)));
  if (!file) std::exit(1);
  Scored scored;
  scored.labels = {"no", "yes"};
  scored.target.assign(target.begin(), target.end());
  scored.probabilities.reserve(2 * rows);
  for (const auto p : probability) {
    scored.probabilities.push_back(1.0f - p);
    scored.probabilities.push_back(p);
  }
  auto& values = scored.groups["group"];
  values.reserve(rows);
  for (const auto code : group) values.push_back("group " + std::to_string(code));
  return scored;
}

// Wall and CPU time since it was made; one thread.
class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double cpu_seconds() const {
    return static_cast<double>(std::clock() - cpu_start_) / CLOCKS_PER_SEC;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t cpu_start_ = std::clock();
};

void table(const std::string& path) {
  const auto scored = read(path);
  const Clock clock;
  const GroupStudy study(scored, {});
  const auto groups = study.rows(0.95);
  const auto seconds = clock.seconds();
  const auto cpu_seconds = clock.cpu_seconds();
  const Clock gap_clock;
  const auto gaps = study.gaps(0.95);
  const auto gap_seconds = gap_clock.seconds();
  double sum = 0.0;
  for (const auto& group : groups) sum += group.metrics.front().value.value_or(0.0);
  std::printf(
      "{\"rows\": %zu, \"groups\": %zu, \"seconds\": %.6f, \"cpu_seconds\": %.6f, "
      "\"gap_seconds\": %.6f, \"pairs\": %zu, \"accuracies\": %.9f}\n",
      scored.target.size(), groups.size(), seconds, cpu_seconds, gap_seconds,
      gaps.front().pairs.size(), sum);
}

}  // namespace
}  // namespace candor

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  if (arguments.size() == 4 && arguments[0] == "make") {
    candor::make(arguments[1], std::stoull(arguments[2]), std::stoull(arguments[3]));
  } else if (arguments.size() == 2 && arguments[0] == "table") {
    candor::table(arguments[1]);
  } else {
    std::fputs("usage: bench_groups make FILE ROWS GROUPS | table FILE\n", stderr);
    return 2;
  }
}
