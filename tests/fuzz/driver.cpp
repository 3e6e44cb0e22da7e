// SPDX-License-Identifier: Apache-2.0
// A stand-in for libFuzzer where the compiler has none: replays the files of a corpus, then inputs
// made from them by random changes, until the time is up. It knows nothing of coverage;
// scripts/fuzz.sh has the real one.
//
//   NAME_fuzz [--seconds N] [--seed N] FILE|FOLDER...
//
// An input that crashes, leaks past a limit or takes longer than 10 s is written to crash-<name> in
// the working folder; pass that file to run it alone.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kLongest = 1 << 16;
constexpr unsigned kSecondsPerInput = 10;

Bytes current;           // what is being tried, for the crash file
std::string crash_file;  // its name

void keep_current() {
  if (FILE* file = std::fopen(crash_file.c_str(), "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
  }
  std::fprintf(stderr, "the input is in %s (%zu bytes)\n", crash_file.c_str(), current.size());
}

void on_signal(int number) {
  std::fprintf(stderr, "%s\n", number == SIGALRM ? "an input takes too long" : "aborted");
  keep_current();
  _exit(1);
}

void try_input(Bytes input) {
  current = std::move(input);
  alarm(kSecondsPerInput);
  // A copy of exactly this size, so that a read past the end is seen.
  const Bytes exact(current.begin(), current.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  alarm(0);
}

void add_files(const fs::path& path, std::vector<Bytes>& corpus) {
  if (fs::is_directory(path)) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) add_files(file, corpus);
    return;
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "error: %s: cannot be opened\n", path.c_str());
    std::exit(2);
  }
  corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

class Mutator {
 public:
  Mutator(const std::vector<Bytes>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

  Bytes next() {
    auto input = pick();
    for (auto changes = 1 + below(6); changes > 0; --changes) change(input);
    if (input.size() > kLongest) input.resize(kLongest);
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  const Bytes& pick() { return corpus_[below(corpus_.size())]; }
  std::ptrdiff_t place(const Bytes& input) {
    return static_cast<std::ptrdiff_t>(below(input.size() + 1));
  }

  void change(Bytes& input) {
    switch (below(6)) {
      case 0: return flip(input);
      case 1: return insert(input);
      case 2: return erase(input);
      case 3: return splice(input);
      case 4: return repeat(input);
      default: return number(input);
    }
  }

  void flip(Bytes& input) {
    if (input.empty()) return;
    input[below(input.size())] ^= static_cast<std::uint8_t>(1u << below(8));
  }
  // Bytes that parsers care for, or any.
  void insert(Bytes& input) {
    static constexpr char kSpecial[] = "\"',;:{}[]<>\\/\n\r\t \0\xff\x80\xc3\xef\xbb\xbf#-+.eE0";
    const auto byte = below(4) == 0
                          ? below(256)
                          : static_cast<std::uint8_t>(kSpecial[below(sizeof kSpecial - 1)]);
    input.insert(input.begin() + place(input), static_cast<std::uint8_t>(byte));
  }
  void erase(Bytes& input) {
    const auto first = place(input);
    const auto count =
        below(std::min<std::size_t>(input.size() - static_cast<std::size_t>(first), 64) + 1);
    input.erase(input.begin() + first, input.begin() + first + static_cast<std::ptrdiff_t>(count));
  }
  void splice(Bytes& input) {
    const auto& other = pick();
    const auto first = place(other);
    const auto count =
        below(std::min<std::size_t>(other.size() - static_cast<std::size_t>(first), 512) + 1);
    input.insert(input.begin() + place(input), other.begin() + first,
                 other.begin() + first + static_cast<std::ptrdiff_t>(count));
  }
  void repeat(Bytes& input) {
    if (input.empty() || input.size() > kLongest / 4) return;
    const auto first = below(input.size());
    const auto count = 1 + below(std::min<std::size_t>(input.size() - first, 32));
    const Bytes part(input.begin() + static_cast<std::ptrdiff_t>(first),
                     input.begin() + static_cast<std::ptrdiff_t>(first + count));
    for (auto times = 1 + below(64); times > 0; --times) {
      input.insert(input.begin() + static_cast<std::ptrdiff_t>(first), part.begin(), part.end());
    }
  }
  // A length or count that is extreme.
  void number(Bytes& input) {
    static constexpr std::uint64_t kExtreme[] = {
        0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, ~0ull};
    const auto value = kExtreme[below(std::size(kExtreme))];
    const auto width = std::size_t{1} << below(4);
    if (input.size() < width) return;
    std::memcpy(input.data() + below(input.size() - width + 1), &value, width);
  }

  const std::vector<Bytes>& corpus_;
  std::mt19937_64 random_;
};

}  // namespace

int main(int count, char** arguments) {
  double seconds = 0;
  std::uint64_t seed = 1;
  std::vector<Bytes> corpus;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--seconds" && i + 1 < count) {
      seconds = std::atof(arguments[++i]);
    } else if (word == "--seed" && i + 1 < count) {
      seed = std::strtoull(arguments[++i], nullptr, 10);
    } else {
      add_files(word, corpus);
    }
  }
  if (corpus.empty()) {
    std::fprintf(stderr, "error: no file in the corpus\n");
    return 2;
  }
  crash_file = "crash-" + fs::path(arguments[0]).filename().string();
  for (const int number : {SIGALRM, SIGABRT}) std::signal(number, on_signal);
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(keep_current);

  for (const auto& file : corpus) try_input(file);
  Mutator mutator(corpus, seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  std::uint64_t tried = 0;
  for (; std::chrono::steady_clock::now() < end; ++tried) try_input(mutator.next());
  std::fprintf(stderr, "%zu files replayed, %llu changed inputs tried\n", corpus.size(),
               static_cast<unsigned long long>(tried));
  return 0;
}
