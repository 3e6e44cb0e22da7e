// SPDX-License-Identifier: Apache-2.0
// Makes tables and times their reading, for scripts/bench/table.sh.
//
//   bench_table make numbers|text|quoted FILE MEGABYTES
//   bench_table read FILE [--threads T] [--digest] [--cache FOLDER]
//
// `read` prints one JSON line on stdout: bytes, rows, columns, wall and cpu seconds,
// megabytes_per_second.
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/table/table.h"

namespace candor {
namespace {

constexpr std::array<std::string_view, 24> kWords = {
    "river",  "stone",   "quick", "letter", "garden", "and",   "the",    "of",
    "Zürich", "morning", "blue",  "engine", "small",  "under", "market", "winter",
    "paper",  "signal",  "with",  "north",  "a",      "field", "copper", "voice"};
constexpr std::array<std::string_view, 8> kCities = {"Berlin", "Lagos",  "Lima",  "Osaka",
                                                     "Porto",  "Quebec", "Turin", "Vilnius"};

// Draws for one row.
class Draws {
 public:
  Draws(const RandomStream& stream, std::uint64_t row) : stream_(stream.at(row)) {}
  std::uint64_t below(std::uint64_t bound) { return stream_.below(next_++, bound); }
  double uniform() { return stream_.uniform(next_++); }
  double normal() { return stream_.normal(next_++); }
  template <class List>
  std::string_view one_of(const List& list) {
    return list[below(list.size())];
  }
  std::string words(std::uint64_t count) {
    std::string text;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i > 0) text += ' ';
      text += one_of(kWords);
    }
    return text;
  }

 private:
  RandomStream stream_;
  std::uint64_t next_ = 0;
};

std::string fixed(double value, int decimals) {
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, decimals);
  return {buffer.data(), end.ptr};
}

std::string shortest(double value) {
  std::array<char, 64> buffer;
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

// Fourteen columns: whole numbers small and large, two to six decimals, and two with all the digits
// that a double has.
std::string number_row(Draws draw, std::uint64_t row) {
  std::string text = std::to_string(row);
  const auto add = [&](const std::string& cell) { (text += ',') += cell; };
  add(std::to_string(17 + draw.below(74)));
  add(std::to_string(draw.below(2)));
  add(std::to_string(12285 + draw.below(1472420)));
  add(std::to_string(draw.below(1000000000000)));
  add(draw.below(20) == 0 ? "" : std::to_string(draw.below(100)));
  add(fixed(1000.0 * draw.uniform(), 2));
  add(fixed(50.0 * draw.normal(), 2));
  add(fixed(draw.normal(), 4));
  add(fixed(180.0 * draw.uniform(), 6));
  add(fixed(draw.uniform(), 4));
  add(fixed(100.0 * draw.normal(), 1));
  add(shortest(draw.uniform()));
  add(shortest(1000.0 * draw.normal()));
  return text;
}

std::string text_row(Draws draw, std::uint64_t row) {
  std::string text = "user-" + std::to_string(1000000 + row * 7);
  const auto add = [&](std::string_view cell) { (text += ',') += cell; };
  add(draw.one_of(kCities));
  add(draw.words(6 + draw.below(12)));
  add("https://example.org/" + std::to_string(draw.below(1000000000)) + "/index");
  add(std::to_string(2000 + draw.below(25)) + (draw.below(2) != 0 ? "-03-" : "-11-") +
      std::to_string(10 + draw.below(18)));
  add(draw.below(2) != 0 ? "yes" : "no");
  add(draw.words(1 + draw.below(2)));
  add(std::to_string(draw.below(5)));
  return text;
}

std::string quoted_row(Draws draw, std::uint64_t row) {
  std::string text;
  const auto add = [&](const std::string& cell) {
    if (!text.empty()) text += ',';
    ((text += '"') += cell) += '"';
  };
  add(std::to_string(row));
  add(std::string(draw.one_of(kCities)) + ", " + std::string(draw.one_of(kWords)));
  auto prose = draw.words(5 + draw.below(10));
  if (draw.below(4) == 0) prose += ", \"\"" + draw.words(2) + "\"\"";
  if (draw.below(8) == 0) prose += "\n" + draw.words(3);
  add(prose);
  add(fixed(1000.0 * draw.uniform(), 2));
  add(draw.below(10) == 0 ? "" : draw.words(1));
  add(std::to_string(draw.below(100000)));
  return text;
}

using MakeRow = std::function<std::string(Draws, std::uint64_t)>;

struct Kind {
  std::string_view name, header;
  MakeRow row;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> list = {
      {"numbers", "id,age,flag,weight,big,gap,price,change,z,degree,share,delta,u,x", number_row},
      {"text", "user,city,note,link,day,member,tag,stars", text_row},
      {"quoted", "id,place,note,amount,word,code", quoted_row}};
  return list;
}

int make(std::string_view name, const std::string& path, double megabytes) {
  for (const auto& kind : kinds()) {
    if (kind.name != name) continue;
    const RandomStream stream(11, kind.name);
    std::ofstream file(path, std::ios::binary);
    file << kind.header << '\n';
    double written = 0.0;
    for (std::uint64_t row = 0; written < megabytes * 1e6; ++row) {
      const auto line = kind.row(Draws(stream, row), row) + "\n";
      file << line;
      written += static_cast<double>(line.size());
    }
    return file.good() ? 0 : 1;
  }
  std::fprintf(stderr, "error: no kind of table is called so; numbers, text, quoted\n");
  return 2;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int read(const std::string& path, const ReadOptions& options) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return 1;
  const auto cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  const auto table = read_table(std::vector{path}, {}, options);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const auto used = cpu_seconds() - cpu;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto megabytes = static_cast<double>(status.st_size) * 1e-6;
  std::printf(
      "{\"bytes\": %lld, \"rows\": %lld, \"columns\": %zu, \"seconds\": %.4f, "
      "\"cpu_seconds\": %.4f, \"peak_megabytes\": %.0f, \"megabytes_per_second\": %.1f}\n",
      static_cast<long long>(status.st_size), static_cast<long long>(table.rows()),
      table.columns().size(), wall.count(), used, static_cast<double>(usage.ru_maxrss) * 1.024e-3,
      megabytes / wall.count());
  return 0;
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 4 && words[0] == "make") return make(words[1], words[2], std::stod(words[3]));
  if (words.size() < 2 || words[0] != "read") {
    std::fprintf(stderr, "error: see the top of bench_table.cpp for the arguments\n");
    return 2;
  }
  ReadOptions options;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "--digest") options.digest = true;
    if (words[i] == "--threads" && i + 1 < words.size()) options.threads = std::stoul(words[++i]);
    if (words[i] == "--cache" && i + 1 < words.size()) options.cache = words[++i];
  }
  return read(words[1], options);
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
