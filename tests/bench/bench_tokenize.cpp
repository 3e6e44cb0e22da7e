// SPDX-License-Identifier: Apache-2.0
// Timed by scripts/bench/tokenize.sh: bench_tokenize TOKENIZER TEXT REPEATS. Writes the CPU seconds
// of encoding the whole text, the median of REPEATS, and on a second line the ids.
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <vector>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/text/tokenizer.h"

namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    const auto tokenizer = candor::load_tokenizer_file(argv[1]);
    const auto text = candor::read_file(argv[2], candor::ErrorKind::data);
    std::vector<double> seconds;
    std::vector<std::int64_t> ids;
    for (int run = 0; run < std::max(1, std::atoi(argv[3])); ++run) {
      const auto start = thread_seconds();
      ids = tokenizer->encode(text);
      seconds.push_back(thread_seconds() - start);
    }
    std::sort(seconds.begin(), seconds.end());
    std::cout << seconds[seconds.size() / 2] << "\n";
    for (const auto id : ids) std::cout << id << ' ';
    std::cout << "\n";
  } catch (const candor::Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
