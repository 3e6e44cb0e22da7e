// SPDX-License-Identifier: Apache-2.0
#include "core/schema/model_inputs.h"

#include <numeric>

namespace candor {
namespace {

template <class T>
void append_to(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

// Rows that are equally wide.
template <class T>
void take_rows(const std::vector<T>& all, std::int64_t rows, std::span<const std::int64_t> numbers,
               std::vector<T>& into) {
  const auto width = rows > 0 ? static_cast<std::int64_t>(all.size()) / rows : 0;
  into.reserve(numbers.size() * static_cast<std::size_t>(width));
  for (const auto row : numbers) {
    into.insert(into.end(), all.begin() + row * width, all.begin() + (row + 1) * width);
  }
}

// Rows of counts[row] values each.
template <class T>
void take_rows(const std::vector<T>& all, const std::vector<std::int64_t>& counts,
               const std::vector<std::int64_t>& begins, std::span<const std::int64_t> numbers,
               std::vector<T>& into) {
  for (const auto row : numbers) {
    const auto begin = all.begin() + begins[static_cast<std::size_t>(row)];
    into.insert(into.end(), begin, begin + counts[static_cast<std::size_t>(row)]);
  }
}

std::vector<std::int64_t> begins_of(const std::vector<std::int64_t>& counts) {
  std::vector<std::int64_t> begins(counts.size());
  std::exclusive_scan(counts.begin(), counts.end(), begins.begin(), std::int64_t{0});
  return begins;
}

}  // namespace

void ModelInputs::append(const ModelInputs& other) {
  rows += other.rows;
  append_to(numeric, other.numeric);
  append_to(categorical, other.categorical);
  append_to(image, other.image);
  append_to(ids, other.ids);
  append_to(id_counts, other.id_counts);
  append_to(terms, other.terms);
  append_to(term_weights, other.term_weights);
  append_to(term_counts, other.term_counts);
}

ModelInputs ModelInputs::slice(std::int64_t from, std::int64_t count) const {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), from);
  return select(numbers);
}

ModelInputs ModelInputs::select(std::span<const std::int64_t> numbers) const {
  ModelInputs part;
  part.rows = static_cast<std::int64_t>(numbers.size());
  take_rows(numeric, rows, numbers, part.numeric);
  take_rows(categorical, rows, numbers, part.categorical);
  take_rows(image, rows, numbers, part.image);
  if (id_counts.empty()) {
    take_rows(ids, rows, numbers, part.ids);
  } else {
    take_rows(id_counts, rows, numbers, part.id_counts);
    take_rows(ids, id_counts, begins_of(id_counts), numbers, part.ids);
  }
  if (!term_counts.empty()) {
    const auto begins = begins_of(term_counts);
    take_rows(term_counts, rows, numbers, part.term_counts);
    take_rows(terms, term_counts, begins, numbers, part.terms);
    take_rows(term_weights, term_counts, begins, numbers, part.term_weights);
  }
  return part;
}

}  // namespace candor
