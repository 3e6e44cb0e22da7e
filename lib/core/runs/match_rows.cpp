// SPDX-License-Identifier: Apache-2.0
// The same rows in two files of predictions, found by their ids.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/metrics/measures.h"
#include "core/metrics/report_format.h"
#include "core/runs/paired.h"

namespace candor {
namespace {

using Order = std::vector<std::size_t>;  // row of the other for each row of the first

// Of numbers that two tools have written: digits may be missing.
bool same_number(double a, double b) {
  return std::abs(a - b) <= 1e-6 * std::max({1.0, std::abs(a), std::abs(b)});
}

std::optional<Order> order_of(const Scored& first, const Scored& other, std::string& why_not) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t row = 0; row < other.ids.size(); ++row) places.emplace(other.ids[row], row);
  Order order;
  for (const auto& id : first.ids) {
    const auto found = places.find(id);
    if (found != places.end()) order.push_back(found->second);
  }
  if (order.size() == first.ids.size() && order.size() == other.ids.size()) return order;
  why_not = fmt::format("they are not about the same rows: {} of {} and {} ids are in both",
                        with_thousands(static_cast<std::int64_t>(order.size())),
                        with_thousands(static_cast<std::int64_t>(first.ids.size())),
                        with_thousands(static_cast<std::int64_t>(other.ids.size())));
  return std::nullopt;
}

template <class T>
std::vector<T> picked(const std::vector<T>& values, const Order& order) {
  std::vector<T> result;
  result.reserve(values.size());
  if (values.empty()) return result;
  for (const auto row : order) result.push_back(values[row]);
  return result;
}

// Index in `other` of each class of `first`.
std::optional<Order> class_order(const Scored& first, const Scored& other) {
  Order order;
  for (const auto& label : first.labels) {
    const auto found = std::find(other.labels.begin(), other.labels.end(), label);
    if (found == other.labels.end()) return std::nullopt;
    order.push_back(static_cast<std::size_t>(found - other.labels.begin()));
  }
  if (order.size() != other.labels.size()) return std::nullopt;
  return order;
}

Scored reordered(const Scored& other, const Order& rows) {
  Scored result;
  result.kind = other.kind;
  result.ids = picked(other.ids, rows);
  result.weight = picked(other.weight, rows);
  result.target = picked(other.target, rows);
  result.decided = picked(other.decided, rows);
  result.target_value = picked(other.target_value, rows);
  result.value = picked(other.value, rows);
  result.ranking = other.ranking;
  return result;
}

void reorder_classes(Scored& result, const Scored& other, const Order& rows, const Order& classes) {
  const auto count = classes.size();
  Order place(count);
  for (std::size_t k = 0; k < count; ++k) place[classes[k]] = k;
  const auto move = [&](std::int64_t& label) {
    label = static_cast<std::int64_t>(place[static_cast<std::size_t>(label)]);
  };
  std::for_each(result.target.begin(), result.target.end(), move);
  std::for_each(result.decided.begin(), result.decided.end(), move);
  for (const auto row : rows) {
    for (const auto k : classes) {
      result.probabilities.push_back(other.probabilities[row * count + k]);
    }
  }
}

std::string truth_of(const Scored& scored, std::size_t row) {
  if (scored.kind == OutputKind::regression) return fmt::format("{:.9g}", scored.target_value[row]);
  return scored.labels[static_cast<std::size_t>(scored.target[row])];
}

bool same_truth(const Scored& a, const Scored& b, std::size_t row) {
  if (a.kind == OutputKind::regression)
    return same_number(a.target_value[row], b.target_value[row]);
  return a.target[row] == b.target[row];
}

// The first row whose truth or weight is another one, as a sentence; empty: none is.
std::string contradiction(const Scored& first, const Scored& other) {
  const auto weights = row_weights(first), others = row_weights(other);
  for (std::size_t row = 0; row < weights.size(); ++row) {
    if (!same_truth(first, other, row)) {
      return fmt::format(
          "they are about different data: the label of row '{}' is '{}' in one and "
          "'{}' in the other",
          shown(first.ids[row], 60), shown(truth_of(first, row), 40),
          shown(truth_of(other, row), 40));
    }
    if (!same_number(weights[row], others[row])) {
      return fmt::format(
          "their rows have different weights: row '{}' has {:.6g} in one and {:.6g} "
          "in the other",
          shown(first.ids[row], 60), weights[row], others[row]);
    }
  }
  return {};
}

std::string missing(const Compared& compared) {
  if (!compared.scored) return compared.record.name + " " + compared.why_not;
  if (!compared.has_ids) return compared.record.name + " has no column 'id' to match rows by";
  return {};
}

}  // namespace

std::optional<Scored> matched(const Compared& first, const Compared& other, std::string& why_not) {
  why_not = missing(first);
  if (why_not.empty()) why_not = missing(other);
  if (!why_not.empty()) return std::nullopt;
  const auto& a = *first.scored;
  const auto& b = *other.scored;
  if (a.kind != b.kind) {
    const bool text = a.kind == OutputKind::language_model || b.kind == OutputKind::language_model;
    why_not = text ? "one is a language model, the other is not"
                   : "one predicts classes, the other a number";
    return std::nullopt;
  }
  const auto rows = order_of(a, b, why_not);
  if (!rows) return std::nullopt;
  auto result = reordered(b, *rows);
  if (a.kind == OutputKind::classification) {
    const auto classes = class_order(a, b);
    if (!classes) {
      why_not = "they know different classes";
      return std::nullopt;
    }
    reorder_classes(result, b, *rows, *classes);
    result.labels = a.labels;
  }
  why_not = contradiction(a, result);
  if (!why_not.empty()) return std::nullopt;
  // Equal but for digits that were not written.
  result.target_value = a.target_value;
  result.weight = a.weight;
  return result;
}

}  // namespace candor
