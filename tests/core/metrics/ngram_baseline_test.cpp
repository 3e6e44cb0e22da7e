// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/ngram_baseline.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/random.h"
#include "core/text/ngram_model.h"
#include "support/catch.h"

using namespace candor;

namespace {

using Ids = std::vector<std::int64_t>;

TokenStore store(const std::vector<Ids>& documents, std::int64_t vocabulary = 300) {
  TokenWriter writer(vocabulary);
  for (const auto& ids : documents) {
    writer.add(ids);
    writer.end_document({0, ids.size()});
  }
  return writer.finish();
}

Ids counting(std::int64_t first, std::int64_t count) {
  Ids ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

Ids chain(std::size_t length, std::uint64_t seed) {
  const RandomStream stream(seed, "test/baseline");
  Ids ids = {0};
  for (std::uint64_t i = 0; ids.size() < length; ++i) {
    const auto drawn = static_cast<std::int64_t>(stream.below(2 * i, 20));
    ids.push_back(stream.uniform(2 * i + 1) < 0.7 ? (ids.back() * 3 + 1) % 20 : drawn);
  }
  return ids;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("a sample of a corpus is all of it, or blocks at even distances", "[metrics]") {
  const auto whole = sample_tokens(store({counting(0, 5), counting(5, 3)}), 8);
  CHECK(whole.tokens == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(whole.starts == std::vector<std::size_t>{0, 5});
  const auto large = store({counting(0, 50000), counting(50000, 50000)}, 100000);
  const auto part = sample_tokens(large, 20000);
  CHECK(part.tokens.size() == 4 * 4096);
  for (std::size_t d = 0; d < part.size(); ++d) {
    const auto document = part.document(d);
    for (std::size_t i = 1; i < document.size(); ++i) REQUIRE(document[i] == document[i - 1] + 1);
    // No piece is of two documents.
    CHECK((document.front() < 50000) == (document.back() < 50000));
  }
  CHECK(part.tokens.front() == 0);
}

TEST_CASE("what is held out is not counted, and nothing is lost", "[metrics]") {
  std::vector<Ids> many;
  for (std::int64_t d = 0; d < 45; ++d) many.push_back({3 * d, 3 * d + 1, 3 * d + 2});
  for (const auto& documents : {many, std::vector<Ids>{counting(0, 80), counting(80, 20)}}) {
    const auto all = sample_tokens(store(documents), 1000);
    auto training = all;
    const auto held_out = take_held_out(training);
    CHECK_FALSE(held_out.tokens.empty());
    CHECK(held_out.tokens.size() <= all.tokens.size() / 20 + 3);
    auto both = training.tokens;
    both.insert(both.end(), held_out.tokens.begin(), held_out.tokens.end());
    std::sort(both.begin(), both.end());
    CHECK(both == all.tokens);
  }
}

TEST_CASE("the baseline knows nothing of the text that it scores", "[metrics]") {
  const auto training = store({chain(3000, 1)});
  const auto validation = store({chain(1000, 2)});
  const auto scored = store({chain(500, 3), {5}, chain(300, 4)});
  const auto with = score_baseline(3, 300, training, &validation, scored);
  CHECK(with.weights_from == "validation");
  CHECK(with.training_tokens == 3000);
  CHECK(with.held_out_tokens == 1000);
  CHECK(with.nll.size() == 499 + 299);
  const auto alone = score_baseline(3, 300, training, nullptr, scored);
  CHECK(alone.weights_from == "training");
  CHECK(alone.training_tokens == 3000);
  CHECK(alone.held_out_tokens == 150);
  CHECK(mean(alone.nll) == Approx(mean(with.nll)).epsilon(0.1));
  // A token's loss does not change with what stands behind it.
  const auto longer = score_baseline(3, 300, training, nullptr, store({chain(500, 3), {5}}));
  CHECK(std::equal(longer.nll.begin(), longer.nll.end(), alone.nll.begin()));
}
