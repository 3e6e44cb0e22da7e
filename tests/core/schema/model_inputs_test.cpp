// SPDX-License-Identifier: Apache-2.0
#include "core/schema/model_inputs.h"

#include "core/base/random.h"
#include "support/catch.h"

using namespace candor;

namespace {

// Rows of every kind of input, with 0 to 4 tokens and terms each.
ModelInputs random_rows(std::int64_t rows, std::uint64_t seed) {
  const RandomStream stream(seed, "rows");
  std::uint64_t at = 0;
  const auto below = [&](std::uint64_t bound) {
    return static_cast<std::int64_t>(stream.below(at++, bound));
  };
  ModelInputs inputs;
  inputs.rows = rows;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (int i = 0; i < 3; ++i) inputs.numeric.push_back(static_cast<float>(below(1000)));
    for (int i = 0; i < 2; ++i) inputs.categorical.push_back(below(1000));
    for (int i = 0; i < 12; ++i) inputs.image.push_back(static_cast<std::uint8_t>(below(256)));
    inputs.id_counts.push_back(below(5));
    for (std::int64_t i = 0; i < inputs.id_counts.back(); ++i) inputs.ids.push_back(below(1000));
    inputs.term_counts.push_back(below(5));
    for (std::int64_t i = 0; i < inputs.term_counts.back(); ++i) {
      inputs.terms.push_back(below(1000));
      inputs.term_weights.push_back(static_cast<float>(below(1000)));
    }
  }
  return inputs;
}

bool equal(const ModelInputs& a, const ModelInputs& b) {
  return a.rows == b.rows && a.numeric == b.numeric && a.categorical == b.categorical &&
         a.image == b.image && a.ids == b.ids && a.id_counts == b.id_counts && a.terms == b.terms &&
         a.term_weights == b.term_weights && a.term_counts == b.term_counts;
}

}  // namespace

TEST_CASE("slices one behind the other are the whole", "[schema]") {
  const auto all = random_rows(23, 1);
  for (const std::int64_t step : {1, 2, 7, 22, 23}) {
    ModelInputs together;
    for (std::int64_t from = 0; from < all.rows; from += step) {
      const auto part = all.slice(from, std::min(step, all.rows - from));
      CHECK(part.rows == std::min(step, all.rows - from));
      together.append(part);
    }
    CHECK(equal(together, all));
  }
}

TEST_CASE("rows are selected with everything that belongs to them", "[schema]") {
  const auto all = random_rows(9, 2);
  const std::vector<std::int64_t> numbers = {8, 0, 3, 3};
  ModelInputs one_by_one;
  for (const auto number : numbers) one_by_one.append(all.slice(number, 1));
  CHECK(equal(all.select(numbers), one_by_one));
  CHECK_FALSE(equal(all.select(numbers), all.slice(0, 4)));
}

TEST_CASE("tokens without counts are equally many in every row", "[schema]") {
  ModelInputs all;
  all.rows = 3;
  all.ids = {1, 2, 3, 4, 5, 6};
  CHECK(all.slice(1, 1).ids == std::vector<std::int64_t>{3, 4});
  CHECK(all.slice(1, 1).id_counts.empty());
}
