// SPDX-License-Identifier: Apache-2.0
#include "core/base/name_pattern.h"

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

TEST_CASE("a star stands for any characters, and everything else for itself", "[base]") {
  CHECK(fits_pattern("fc.weight", "fc.weight"));
  CHECK_FALSE(fits_pattern("fc.weight", "fc.weights"));
  CHECK_FALSE(fits_pattern("fc.weight", "fcxweight"));
  CHECK(fits_pattern("*", ""));
  CHECK(fits_pattern("*", "a.b.c"));
  CHECK(fits_pattern("layer1.*", "layer1.0.conv1.weight"));
  CHECK_FALSE(fits_pattern("layer1.*", "layer10.0.conv1.weight"));
  CHECK(fits_pattern("*.bias", "layers.0.bias"));
  CHECK(fits_pattern("a*a*b", "aaaab"));
  CHECK(fits_pattern("a**b", "ab"));
  CHECK_FALSE(fits_pattern("a*b", "abc"));
  CHECK_FALSE(fits_pattern("", "a"));
  CHECK(fits_pattern("", ""));
}

TEST_CASE("a pattern that fits nothing names what is nearest", "[base]") {
  const std::vector<std::string> names = {"layers.0.weight", "layers.0.bias",  "layers.1.weight",
                                          "layers.1.bias",   "norms.0.weight", "norms.0.bias"};
  CHECK_FALSE(test::error_of([&] { require_fitting("train.parameters", "norms.*", names); }));
  const auto error =
      test::error_of([&] { require_fitting("train.parameters", "layer.0.weight", names); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(std::string(error->what()) ==
        "train.parameters: pattern \"layer.0.weight\" fits no parameter of the model; the nearest "
        "are layers.0.weight, layers.1.weight, norms.0.weight, layers.0.bias, layers.1.bias; "
        "correct it, or remove it");
}
