// SPDX-License-Identifier: Apache-2.0
#include "core/inspect/predictive_share.h"

#include <cmath>
#include <string>

#include "core/base/random.h"
#include "support/catch.h"

using namespace candor;

namespace {

using Cells = std::vector<std::string>;

std::vector<std::string_view> views(const Cells& cells) { return {cells.begin(), cells.end()}; }

double of_classes(const Cells& column, const Cells& target) {
  return predictive_share(views(column), class_target(views(target)));
}

double of_amounts(const Cells& column, const Cells& target) {
  return predictive_share(views(column), amount_target(views(target)));
}

template <class Make>
Cells cells(int count, const Make& make) {
  Cells made;
  for (int i = 0; i < count; ++i) made.push_back(make(i));
  return made;
}

std::uint64_t draw(int row, const char* stream, std::uint64_t bound) {
  return RandomStream(3, stream).below(static_cast<std::uint64_t>(row), bound);
}

}  // namespace

TEST_CASE("a copy and every recoding of classes tell nearly all of them", "[inspect]") {
  const auto target = cells(2000, [](int i) { return "class " + std::to_string(draw(i, "y", 5)); });
  const auto recoded = cells(2000, [](int i) { return std::to_string(7 * draw(i, "y", 5)); });
  // Several values of the column for each class, as a finer code has.
  const auto finer =
      cells(2000, [](int i) { return std::to_string(10 * draw(i, "y", 5) + draw(i, "z", 9)); });
  CHECK(of_classes(target, target) > 0.99);
  CHECK(of_classes(recoded, target) > 0.99);
  CHECK(of_classes(finer, target) > 0.97);
}

TEST_CASE("a threshold of a number on which the classes depend is found", "[inspect]") {
  const auto number = cells(5000, [](int i) { return std::to_string(draw(i, "x", 1'000'000)); });
  const auto target =
      cells(5000, [](int i) { return draw(i, "x", 1'000'000) > 300'000 ? "yes" : "no"; });
  CHECK(of_classes(number, target) > 0.9);
}

TEST_CASE("what is independent of the target, constant or different in every row tells nothing",
          "[inspect]") {
  const auto target = cells(3000, [](int i) { return draw(i, "y", 4) == 0 ? "yes" : "no"; });
  CHECK(of_classes(cells(3000, [](int i) { return std::to_string(draw(i, "x", 8)); }), target) <
        0.01);
  CHECK(of_classes(cells(3000, [](int) { return "same"; }), target) < 0.01);
  CHECK(of_classes(cells(3000, [](int i) { return "id" + std::to_string(i); }), target) < 0.01);
  CHECK(of_classes(cells(3000, [](int i) { return std::to_string(i); }), target) < 0.01);
}

TEST_CASE("the share is that of information theory", "[inspect]") {
  // A balanced target that the column names with one error in ten: 1 - h(0.1) bits of 1.
  const auto target = cells(40'000, [](int i) { return std::to_string(draw(i, "y", 2)); });
  const auto noisy = cells(40'000, [](int i) {
    return std::to_string(draw(i, "e", 10) == 0 ? 1 - draw(i, "y", 2) : draw(i, "y", 2));
  });
  const double entropy = -0.1 * std::log2(0.1) - 0.9 * std::log2(0.9);
  CHECK(of_classes(noisy, target) == Approx(1.0 - entropy).margin(0.01));
}

TEST_CASE("rising and falling recodings of an amount tell nearly all of it", "[inspect]") {
  const auto amount = [](int i) {
    return std::exp(12.0 * RandomStream(1, "a").uniform(static_cast<std::uint64_t>(i)));
  };
  const auto target = cells(3000, [&](int i) { return std::to_string(amount(i)); });
  CHECK(of_amounts(cells(3000, [&](int i) { return std::to_string(1.19 * amount(i)); }), target) >
        0.99);
  CHECK(of_amounts(cells(3000, [&](int i) { return std::to_string(-std::log(amount(i))); }),
                   target) > 0.99);
  CHECK(of_amounts(cells(3000, [](int i) { return std::to_string(draw(i, "x", 1000)); }), target) <
        0.02);
}

TEST_CASE("the share of an amount is the R2 of a straight line through uniform numbers",
          "[inspect]") {
  // Ranks are nearly the numbers themselves here: target = x + e with equal spreads.
  const auto target = cells(30'000, [](int i) {
    return std::to_string(draw(i, "x", 1'000'000) + draw(i, "e", 1'000'000));
  });
  const auto column = cells(30'000, [](int i) { return std::to_string(draw(i, "x", 1'000'000)); });
  CHECK(of_amounts(column, target) == Approx(0.5).margin(0.03));
}

TEST_CASE("rows without a target do not count", "[inspect]") {
  const auto target = cells(
      1000, [](int i) -> std::string { return i % 3 == 0 ? "" : std::to_string(draw(i, "y", 3)); });
  const auto copy = cells(1000, [](int i) { return std::to_string(draw(i, "y", 3)); });
  CHECK(of_classes(copy, target) > 0.98);
  CHECK(of_classes(copy, Cells(1000, "")) == 0.0);
}
