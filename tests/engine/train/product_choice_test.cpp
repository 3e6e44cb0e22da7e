// SPDX-License-Identifier: Apache-2.0
#include "engine/train/product_choice.h"

#include <cstdlib>
#include <optional>
#include <string>

#include <candor/error.h>

#include "core/base/environment.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "engine/nn/products.h"
#include "engine/train/small_run.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

// XDG_CACHE_HOME of the process, until the end of the scope.
class CacheHome {
 public:
  explicit CacheHome(const std::string& path) {
    if (const char* before = std::getenv(kName)) before_ = before;
    setenv(kName, path.c_str(), 1);
  }
  ~CacheHome() { before_ ? setenv(kName, before_->c_str(), 1) : unsetenv(kName); }

 private:
  static constexpr const char* kName = "XDG_CACHE_HOME";
  std::optional<std::string> before_;
};

// The rates in a file that kept_product_rates() wrote, for all its machines.
void set_rates(const std::filesystem::path& file, double mkl, double onednn, double bfloat16) {
  auto json = parse_json_file(file.string(), ErrorKind::failed);
  for (auto& [name, rates] : json["machines"].items()) {
    rates = {{"mkl", mkl}, {"onednn", onednn}, {"bfloat16", bfloat16}};
  }
  write_file_atomic(file, json.dump());
}

bool has_bfloat16_here() { return has_bfloat16(environment().at("instruction_set")); }

}  // namespace

TEST_CASE("products are those that are clearly faster", "[train]") {
  const auto choice = [](Precision precision, double mkl, double onednn, double bfloat16) {
    return product_kind_name(fastest_products(precision, {mkl, onednn, bfloat16}));
  };
  CHECK(choice(Precision::float32, 150, 200, 400) == "onednn");
  CHECK(choice(Precision::float32, 150, 156, 400) == "mkl");
  CHECK(choice(Precision::float32, 160, 140, 0) == "mkl");
  CHECK(choice(Precision::automatic, 150, 200, 400) == "bfloat16");
  CHECK(choice(Precision::automatic, 150, 200, 230) == "onednn");
  CHECK(choice(Precision::automatic, 160, 140, 80) == "mkl");
  CHECK(choice(Precision::automatic, 160, 140, 0) == "mkl");
  CHECK(choice(Precision::bfloat16, 160, 140, 80) == "bfloat16");
}

TEST_CASE("bfloat16 is refused where the processor does not have it", "[train]") {
  CHECK_THROWS_WITH(require_precision(Precision::bfloat16, "avx2", at::kCPU),
                    "train.precision: \"bfloat16\" needs a processor with avx512_bf16, and this "
                    "one has avx2; use "
                    "\"float32\", or \"auto\", which takes bfloat16 where it is faster");
  CHECK_NOTHROW(require_precision(Precision::bfloat16, "avx512_bf16", at::kCPU));
  CHECK_NOTHROW(require_precision(Precision::automatic, "avx2", at::kCPU));
  CHECK_NOTHROW(require_precision(Precision::bfloat16, "avx2", at::kCUDA));
}

TEST_CASE("the rates of products are measured once a machine", "[train]") {
  const test::TempDir folder;
  const auto file = folder / "cache/candor/products.json";
  const auto rates = kept_product_rates(file);
  REQUIRE(rates);
  CHECK(rates->mkl > 0.0);
  CHECK((rates->onednn > 0.0) == has_onednn_products());
  CHECK((rates->bfloat16 > 0.0) == has_bfloat16_here());
  set_rates(file, 1.0, 2.0, 3.0);
  const auto again = kept_product_rates(file);
  REQUIRE(again);
  CHECK(again->mkl == 1.0);
  CHECK(again->onednn == 2.0);
  CHECK(again->bfloat16 == 3.0);
}

TEST_CASE("a damaged file of rates is replaced", "[train]") {
  const test::TempDir folder;
  for (const char* text : {"", "{", "[]", "{\"format_version\": 1, \"machines\": 3}"}) {
    const auto file = folder.write("products.json", text);
    const auto rates = kept_product_rates(file);
    REQUIRE(rates);
    CHECK(rates->mkl > 0.0);
    CHECK(parse_json_file(file, ErrorKind::failed)["machines"].size() == 1);
  }
}

TEST_CASE("rates that cannot be kept choose nothing", "[train]") {
  const test::TempDir folder;
  const auto file = folder.write("file", "");
  CHECK_FALSE(kept_product_rates(file + "/products.json"));
  const CacheHome home(file);
  CHECK(choose_products(Precision::float32, at::kCPU) == ProductKind::mkl);
  CHECK(choose_products(Precision::automatic, at::kCPU) == ProductKind::mkl);
}

TEST_CASE("a run goes on with the products that it began with", "[train]") {
  const test::TempDir cache;
  const CacheHome home(cache.path().string());
  test::Run run(false);
  const auto file = cache / "candor/products.json";
  REQUIRE(kept_product_rates(file));
  set_rates(file, 1.0, 2.0, 0.0);
  {
    auto trainer = run.trainer();
    CHECK(trainer.products() == ProductKind::onednn);
    CHECK_THROWS_AS(trainer.train(run.directory, test::stop_at(trainer, 7)), Error);
  }
  set_rates(file, 2.0, 1.0, 0.0);
  auto trainer = run.trainer();
  CHECK(trainer.products() == ProductKind::mkl);
  trainer.resume(run.directory, run.config);
  CHECK(trainer.products() == ProductKind::onednn);
}

TEST_CASE("training with bfloat16 products learns, and resumes with the same bits", "[train]") {
  if (!has_bfloat16_here()) {
    WARN("this processor has no bfloat16");
    return;
  }
  const auto narrow = [](TrainConfig& train) { train.precision = Precision::bfloat16; };
  test::Run straight(false, narrow), stopped(false, narrow), full(false);
  auto trainer = straight.trainer();
  CHECK(trainer.products() == ProductKind::bfloat16);
  trainer.train(straight.directory, {});
  {
    auto first = stopped.trainer();
    CHECK_THROWS_AS(first.train(stopped.directory, test::stop_at(first, 33)), Error);
  }
  auto second = stopped.trainer();
  second.resume(stopped.directory, stopped.config);
  second.train(stopped.directory, {});
  CHECK(test::equal(test::copy_of(*straight.network), test::copy_of(*stopped.network)));
  full.trainer().train(full.directory, {});
  CHECK_FALSE(test::equal(test::copy_of(*straight.network), test::copy_of(*full.network)));
  CHECK(trainer.state().best_score.value() < 0.4);
}

// As a roll-back does. What the trainer rounded last are other weights.
TEST_CASE("working copies are made anew where a checkpoint is loaded into a trainer", "[train]") {
  if (!has_bfloat16_here()) {
    WARN("this processor has no bfloat16");
    return;
  }
  const auto narrow = [](TrainConfig& train) { train.precision = Precision::bfloat16; };
  test::Run straight(false, narrow), stopped(false, narrow), other(false, narrow);
  straight.trainer().train(straight.directory, {});
  {
    auto first = stopped.trainer();
    CHECK_THROWS_AS(first.train(stopped.directory, test::stop_at(first, 33)), Error);
  }
  auto trainer = other.trainer();
  CHECK_THROWS_AS(trainer.train(other.directory, test::stop_at(trainer, 17)), Error);
  trainer.resume(stopped.directory, stopped.config);
  trainer.train(stopped.directory, {});
  CHECK(test::equal(test::copy_of(*straight.network), test::copy_of(*other.network)));
}
