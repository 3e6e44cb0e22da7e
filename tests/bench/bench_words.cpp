// SPDX-License-Identifier: Apache-2.0
// TF-IDF over the lines of a file, timed: what scripts/bench/words.sh compares with scikit-learn.
// Prints one line of JSON: seconds of processor time to fit and to apply, terms in the vocabulary,
// entries of all rows.
#include <candor/error.h>

#include <cstdio>
#include <ctime>
#include <span>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/text/text_features.h"

using namespace candor;

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void run(const std::string& path, const std::string& unit, int shortest, int longest) {
  const auto text = read_file(path, ErrorKind::data);
  const auto lines = lines_of(text);
  TextCleanConfig clean;
  clean.case_fold = true;
  WordsConfig words;
  words.unit = unit == "words"        ? WordUnit::words
               : unit == "characters" ? WordUnit::characters
                                      : WordUnit::characters_in_words;
  words.ngrams = {shortest, longest};
  words.vocabulary = {1000000, 1};
  const auto start = seconds();
  const auto features = TextFeatures::fit(clean, words, lines);
  const auto fitted = seconds();
  std::size_t entries = 0;
  std::vector<WeightedTerm> terms;
  for (const auto line : lines) {
    features.apply(line, terms);
    entries += terms.size();
  }
  const auto applied = seconds();
  std::printf("{\"fit\": %.4f, \"apply\": %.4f, \"terms\": %lld, \"entries\": %zu}\n",
              fitted - start, applied - fitted, static_cast<long long>(features.size()), entries);
}

}  // namespace

int main(int count, char** words) try {
  if (count != 5) {
    std::fprintf(stderr, "usage: bench_words FILE words|characters|characters_in_words MIN MAX\n");
    return 2;
  }
  run(words[1], words[2], std::stoi(words[3]), std::stoi(words[4]));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
