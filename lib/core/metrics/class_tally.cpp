// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/class_tally.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace candor {
namespace {

constexpr auto kUndefined = std::numeric_limits<double>::quiet_NaN();

// -log p of the true class; p is kept 2^-52 away from 0 and 1, scikit-learn's clip for doubles.
double row_log_loss(double p) {
  constexpr auto kEpsilon = std::numeric_limits<double>::epsilon();
  return -std::log(std::clamp(p, kEpsilon, 1.0 - kEpsilon));
}

// Two classes: (p - y)^2 of the positive one; more: summed over all classes.
double row_brier(const float* p, std::size_t classes, std::int64_t target) {
  double sum = 0.0;
  for (std::size_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
    const auto difference = static_cast<double>(p[k]) - (std::cmp_equal(k, target) ? 1.0 : 0.0);
    sum += difference * difference;
  }
  return sum;
}

}  // namespace

std::vector<RowFacts> row_facts(const Scored& scored) {
  const auto classes = scored.labels.size();
  const auto predicted = predicted_classes(scored);
  const auto top = most_probable_classes(scored);
  std::vector<RowFacts> facts(scored.target.size());
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const auto* p = scored.probabilities.data() + i * classes;
    auto& row = facts[i];
    row.target = static_cast<std::uint32_t>(scored.target[i]);
    row.predicted = static_cast<std::uint32_t>(predicted[i]);
    row.log_loss = row_log_loss(p[row.target]);
    row.brier = row_brier(p, classes, scored.target[i]);
    row.top = static_cast<std::uint32_t>(top[i]);
    row.confidence = p[row.top];
    row.bin = static_cast<std::uint32_t>(calibration_bin(row.confidence));
  }
  return facts;
}

std::array<CalibrationBin, kCalibrationBins> calibration_bins(const std::vector<RowFacts>& facts,
                                                              std::span<const double> weight) {
  std::array<CalibrationBin, kCalibrationBins> bins{};
  for (std::size_t i = 0; i < facts.size(); ++i) {
    bins[facts[i].bin].add(weight[i], facts[i].confidence, facts[i].top_right());
  }
  return bins;
}

std::vector<bool> among_top(const Scored& scored) {
  const auto classes = scored.labels.size();
  std::vector<bool> result(scored.target.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto* p = scored.probabilities.data() + i * classes;
    const auto target = static_cast<std::size_t>(scored.target[i]);
    std::size_t likelier = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      if (p[k] > p[target] || (p[k] == p[target] && k < target)) ++likelier;
    }
    result[i] = likelier < kTop;
  }
  return result;
}

ClassTally whole_tally(const std::vector<RowFacts>& facts, std::span<const double> weight,
                       std::size_t classes) {
  ClassTally tally(classes);
  for (std::size_t i = 0; i < facts.size(); ++i) tally.add(facts[i], weight[i]);
  return tally;
}

void ClassTally::add(const RowFacts& row, double weight, double square) {
  total_ += weight;
  squares_ += square;
  log_loss_.add(row.log_loss, weight, square);
  brier_.add(row.brier, weight, square);
  auto& bin = bins_[row.bin];
  bin.weight += weight;
  bin.confidence += weight * row.confidence;
  true_[row.target] += weight;
  predicted_[row.predicted] += weight;
  if (row.top_right()) bin.right += weight;
  if (row.right()) hit_[row.target] += weight;
}

double ClassTally::precision(std::size_t k) const {
  return predicted_[k] > 0.0 ? hit_[k] / predicted_[k] : 0.0;
}

double ClassTally::f1(std::size_t k) const {
  const auto sum = true_[k] + predicted_[k];
  return sum > 0.0 ? 2.0 * hit_[k] / sum : 0.0;
}

template <class Score>
double ClassTally::macro(const Score& score) const {
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t k = 0; k < classes(); ++k) {
    if (!occurs(k)) continue;
    sum += score(k);
    count += 1.0;
  }
  return sum / count;
}

template <class Score>
double ClassTally::by_rows(const Score& score) const {
  double sum = 0.0;
  for (std::size_t k = 0; k < classes(); ++k) sum += true_[k] * score(k);
  return sum / total_;
}

double ClassTally::positive_precision() const {
  return classes() == 2 && predicted_[1] > 0.0 ? precision(1) : kUndefined;
}
double ClassTally::positive_recall() const {
  return classes() == 2 && true_[1] > 0.0 ? recall(1) : kUndefined;
}
double ClassTally::positive_f1() const {
  return classes() == 2 && true_[1] + predicted_[1] > 0.0 ? f1(1) : kUndefined;
}
double ClassTally::recall_macro() const {
  return macro([this](std::size_t k) { return recall(k); });
}
double ClassTally::precision_macro() const {
  return macro([this](std::size_t k) { return precision(k); });
}
double ClassTally::precision_weighted() const {
  return by_rows([this](std::size_t k) { return precision(k); });
}
double ClassTally::f1_macro() const {
  return macro([this](std::size_t k) { return f1(k); });
}
double ClassTally::f1_weighted() const {
  return by_rows([this](std::size_t k) { return f1(k); });
}

double ClassTally::mcc() const {
  double hits = 0.0;
  double agreement = 0.0;
  double true_squares = 0.0;
  double predicted_squares = 0.0;
  for (std::size_t k = 0; k < classes(); ++k) {
    hits += hit_[k];
    agreement += true_[k] * predicted_[k];
    true_squares += true_[k] * true_[k];
    predicted_squares += predicted_[k] * predicted_[k];
  }
  const auto square = total_ * total_;
  const auto product = (square - true_squares) * (square - predicted_squares);
  // Weights may leave rounding of the size of an ulp where one class is all there is.
  if (!(product > 1e-20 * square * square)) return kUndefined;
  return std::clamp((hits * total_ - agreement) / std::sqrt(product), -1.0, 1.0);
}

double ClassTally::ece() const {
  double sum = 0.0;
  for (const auto& bin : bins_) sum += std::abs(bin.right - bin.confidence);
  return sum / total_;
}

// Derivatives by the weight of a row.
class ClassInfluence {
 public:
  explicit ClassInfluence(const ClassTally& tally) : tally_(tally) {}

  std::vector<double> of(std::string_view name, const std::vector<RowFacts>& facts,
                         std::span<const double> weight) {
    prepare(name);
    std::vector<double> influence(facts.size());
    for (std::size_t i = 0; i < facts.size(); ++i) {
      influence[i] = weight[i] * derivative(name, facts[i]);
    }
    return influence;
  }

 private:
  void prepare(std::string_view name) {
    if (name == "mcc") return prepare_mcc();
    if (!of_classes(name)) return;
    double classes = 0.0;
    for (std::size_t k = 0; k < tally_.classes(); ++k) classes += tally_.occurs(k) ? 1.0 : 0.0;
    for (std::size_t k = 0; k < tally_.classes(); ++k) {
      auto share = k == 1 ? 1.0 : 0.0;  // of the positive class alone
      if (macro(name)) share = tally_.occurs(k) ? 1.0 / classes : 0.0;
      if (name.ends_with("_weighted")) share = tally_.true_[k] / tally_.total_;
      share_.push_back(share);
      score_.push_back(share == 0.0 ? 0.0 : score(name, k));
      mean_ += share_[k] * score_[k];
    }
  }

  static bool recalls(std::string_view name) {
    return name.starts_with("recall") || name == "balanced_accuracy";
  }
  static bool macro(std::string_view name) {
    return name.ends_with("_macro") || name == "balanced_accuracy";
  }
  static bool of_classes(std::string_view name) {
    return recalls(name) || name.starts_with("precision") || name.starts_with("f1");
  }
  double score(std::string_view name, std::size_t k) const {
    if (recalls(name)) return tally_.recall(k);
    return name.starts_with("f1") ? tally_.f1(k) : tally_.precision(k);
  }

  void prepare_mcc() {
    double hits = 0.0;
    mcc_ = tally_.mcc();
    free_true_ = free_predicted_ = tally_.total_ * tally_.total_;
    for (std::size_t k = 0; k < tally_.classes(); ++k) {
      hits += tally_.hit_[k];
      free_true_ -= tally_.true_[k] * tally_.true_[k];
      free_predicted_ -= tally_.predicted_[k] * tally_.predicted_[k];
    }
    hits_ = hits;
  }

  double derivative(std::string_view name, const RowFacts& row) const {
    if (name == "log_loss") return (row.log_loss - tally_.log_loss()) / tally_.total_;
    if (name == "brier") return (row.brier - tally_.brier()) / tally_.total_;
    if (name == "ece") return ece(row);
    if (name == "mcc") return mcc(row);
    const auto of_scores = recalls(name)            ? recall(row)
                           : name.starts_with("f1") ? f1(row)
                                                    : precision(row);
    if (!name.ends_with("_weighted")) return of_scores;
    return of_scores + (score_[row.target] - mean_) / tally_.total_;
  }

  double ece(const RowFacts& row) const {
    const auto& bin = tally_.bins_[row.bin];
    const auto gap = (row.top_right() ? 1.0 : 0.0) - row.confidence;
    return ((bin.right >= bin.confidence ? gap : -gap) - tally_.ece()) / tally_.total_;
  }

  double precision(const RowFacts& row) const {
    const auto k = row.predicted;
    return share_[k] * ((row.right() ? 1.0 : 0.0) - score_[k]) / tally_.predicted_[k];
  }

  double recall(const RowFacts& row) const {
    const auto k = row.target;
    return share_[k] * ((row.right() ? 1.0 : 0.0) - score_[k]) / tally_.true_[k];
  }

  double f1(const RowFacts& row) const {
    const auto sum = [&](std::size_t k) { return tally_.true_[k] + tally_.predicted_[k]; };
    const auto hit = row.right() ? 2.0 : 0.0;
    return share_[row.target] * (hit - score_[row.target]) / sum(row.target) -
           share_[row.predicted] * score_[row.predicted] / sum(row.predicted);
  }

  double mcc(const RowFacts& row) const {
    const auto by_hits = (row.right() ? tally_.total_ : 0.0) + hits_ - tally_.true_[row.predicted] -
                         tally_.predicted_[row.target];
    const auto by_true = 2.0 * (tally_.total_ - tally_.true_[row.target]);
    const auto by_predicted = 2.0 * (tally_.total_ - tally_.predicted_[row.predicted]);
    return by_hits / std::sqrt(free_true_ * free_predicted_) -
           0.5 * mcc_ * (by_true / free_true_ + by_predicted / free_predicted_);
  }

  const ClassTally& tally_;
  std::vector<double> share_, score_;  // by class
  double mean_ = 0.0;
  double mcc_ = 0.0;
  double hits_ = 0.0;
  double free_true_ = 0.0;
  double free_predicted_ = 0.0;
};

std::vector<double> tally_influence(std::string_view name, const ClassTally& tally,
                                    const std::vector<RowFacts>& facts,
                                    std::span<const double> weight) {
  return ClassInfluence(tally).of(name, facts, weight);
}

}  // namespace candor
