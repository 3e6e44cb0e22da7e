// SPDX-License-Identifier: Apache-2.0
#include "bench/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>

#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/metrics/calibration_error.h"
#include "core/metrics/class_tally.h"
#include "core/metrics/measures.h"
#include "core/metrics/report.h"

namespace candor {
namespace {

// A model of a world: data sets of any number of rows (documents, tokens) from it.
struct World {
  std::string kind;  // which lines of the table it stands in
  std::function<Scored(std::size_t rows, const RandomStream& stream)> draw;
};

struct ClassWorld {
  std::vector<double> priors;
  double skill = 1.0;      // of the true class's logit over the others', in standard deviations
  double sharpness = 1.0;  // 1: calibrated; above: too sure
  bool weighted = false;
};

// Scores x ~ N(skill * [class is true], 1) for each class: the likeliest class given them has the
// logits skill * x + log prior.
Scored draw_classes(const ClassWorld& world, std::size_t rows, const RandomStream& stream) {
  const auto classes = world.priors.size();
  Scored scored;
  for (std::size_t k = 0; k < classes; ++k) scored.labels.push_back(std::to_string(k));
  std::vector<double> p(classes);
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = stream.at(i);
    std::size_t target = 0;
    for (auto left = row.uniform(0); target + 1 < classes && left >= world.priors[target];) {
      left -= world.priors[target++];
    }
    double sum = 0.0;
    for (std::size_t k = 0; k < classes; ++k) {
      const auto x = row.normal(k + 1) + (k == target ? world.skill : 0.0);
      sum += p[k] = std::exp(world.sharpness * (world.skill * x + std::log(world.priors[k])));
    }
    scored.target.push_back(static_cast<std::int64_t>(target));
    for (const auto one : p) scored.probabilities.push_back(static_cast<float>(one / sum));
    // Weights that go with how hard a row is.
    if (world.weighted) {
      scored.weight.push_back(std::exp(0.5 * row.normal(90) - p[target] / sum));
    }
  }
  return scored;
}

enum class Errors { normal, uneven, skewed };

Scored draw_values(Errors errors, bool weighted, std::size_t rows, const RandomStream& stream) {
  Scored scored;
  scored.kind = OutputKind::regression;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto row = stream.at(i);
    const auto z = row.normal(0);
    auto error = row.normal(1);
    if (errors == Errors::uneven) error *= 0.3 + 0.7 * std::abs(z);
    if (errors == Errors::skewed) error = std::exp(0.7 * error) - std::exp(0.245);
    scored.target_value.push_back(20.0 + 2.0 * z);
    scored.value.push_back(scored.target_value.back() + error);
    if (weighted) scored.weight.push_back(std::exp(0.5 * row.normal(2) + 0.3 * z));
  }
  return scored;
}

// Documents of 10 to 200 tokens, each with a difficulty of its own; long ones are easier.
Scored draw_documents(double variety, std::size_t documents, const RandomStream& stream) {
  Scored scored;
  scored.kind = OutputKind::language_model;
  for (std::size_t d = 0; d < documents; ++d) {
    const auto document = stream.at(d);
    const auto tokens = 10 + document.below(0, 191);
    const auto level = 2.0 - 0.003 * static_cast<double>(tokens) + variety * document.normal(1);
    scored.document_starts.push_back(static_cast<std::int64_t>(scored.nll.size()));
    for (std::uint64_t t = 0; t < tokens; ++t) {
      scored.nll.push_back(std::exp(0.5 * document.normal(10 + t)) * std::max(level, 0.1));
    }
  }
  scored.bytes = static_cast<std::int64_t>(4 * scored.nll.size());
  return scored;
}

// One text whose losses remember the one before.
Scored draw_text(double memory, std::size_t tokens, const RandomStream& stream) {
  Scored scored;
  scored.kind = OutputKind::language_model;
  double state = stream.normal(0) / std::sqrt(1.0 - memory * memory);
  for (std::size_t i = 0; i < tokens; ++i) {
    state = memory * state + stream.normal(i + 1);
    scored.nll.push_back(3.0 + state);
  }
  scored.bytes = static_cast<std::int64_t>(4 * tokens);
  return scored;
}

std::vector<World> worlds() {
  std::vector<World> list;
  const auto add_classes = [&](const char* kind, ClassWorld world) {
    list.push_back({kind, [=](std::size_t rows, const RandomStream& stream) {
                      return draw_classes(world, rows, stream);
                    }});
  };
  add_classes("two classes", {{0.5, 0.5}, 0.7, 1.0});
  add_classes("two classes", {{0.5, 0.5}, 1.5, 1.6});
  add_classes("two classes", {{0.7, 0.3}, 1.2, 1.0});
  add_classes("three classes", {{0.33, 0.34, 0.33}, 1.0, 1.0});
  add_classes("three classes", {{0.5, 0.3, 0.2}, 2.0, 1.4});
  add_classes("two classes, weighted", {{0.5, 0.5}, 0.7, 1.0, true});
  add_classes("two classes, weighted", {{0.7, 0.3}, 1.5, 1.4, true});
  const auto add_values = [&](const char* kind, Errors errors, bool weighted) {
    list.push_back({kind, [=](std::size_t rows, const RandomStream& stream) {
                      return draw_values(errors, weighted, rows, stream);
                    }});
  };
  for (const auto errors : {Errors::normal, Errors::uneven, Errors::skewed}) {
    add_values("regression", errors, false);
  }
  add_values("regression, weighted", Errors::normal, true);
  add_values("regression, weighted", Errors::uneven, true);
  for (const auto variety : {0.2, 0.4, 0.8}) {
    list.push_back({"documents", [=](std::size_t documents, const RandomStream& stream) {
                      return draw_documents(variety, documents, stream);
                    }});
  }
  for (const auto memory : {0.2, 0.5, 0.8}) {
    list.push_back({"one text", [=](std::size_t tokens, const RandomStream& stream) {
                      return draw_text(memory, tokens, stream);
                    }});
  }
  return list;
}

Report report_of(const Scored& scored, double confidence, bool intervals) {
  EvaluateConfig config;
  config.confidence = confidence;
  return make_report(scored, config, intervals);
}

// Mass bins depend on the number of rows, and so does what they measure.
double true_mass_error(const Scored& scored, std::size_t rows) {
  std::vector<double> confidence, right;
  for (const auto& row : row_facts(scored)) {
    confidence.push_back(row.confidence);
    right.push_back(row.right() ? 1.0 : 0.0);
  }
  return mass_calibration_error(confidence, right, row_weights(scored),
                                std::clamp<std::size_t>(rows / kFewestRowsPerBin, 1, kMostMassBins))
      .value;
}

std::map<std::string, double> truths(const World& world, const CoverageOptions& options) {
  // A document has many tokens.
  const auto rows = options.truth_rows / (world.kind == "documents" ? 10 : 1);
  const auto scored = world.draw(rows, RandomStream(2, "truth"));
  std::map<std::string, double> values;
  for (const auto& metric : report_of(scored, options.confidence, false).metrics) {
    if (metric.value) values[metric.name] = *metric.value;
  }
  if (world.kind == "one text") values["cross_entropy"] = 3.0;
  if (scored.kind != OutputKind::classification) return values;
  for (const auto n : options.rows) {
    values["rms_calibration_error/" + std::to_string(n)] = true_mass_error(scored, n);
  }
  return values;
}

struct Count {
  std::size_t held = 0;
  std::size_t seen = 0;
  std::size_t below = 0;  // intervals that lie below the truth
};
using Counts = std::map<std::string, Count>;

void count_metrics(const Report& report, const std::map<std::string, double>& truth, Counts& counts,
                   std::size_t rows) {
  for (const auto& metric : report.metrics) {
    if (!metric.low) continue;
    const auto sized = truth.find(metric.name + "/" + std::to_string(rows));
    const auto found = sized == truth.end() ? truth.find(metric.name) : sized;
    if (found == truth.end()) continue;
    auto& count = counts[metric.name];
    ++count.seen;
    count.held += *metric.low <= found->second && found->second <= *metric.high;
    count.below += *metric.high < found->second;
  }
}

Counts simulate(const World& world, const std::map<std::string, double>& truth, std::size_t rows,
                const CoverageOptions& options) {
  const auto repeats = options.repeats;
  const auto parts = part_count(repeats, 1);
  std::vector<Counts> counts(parts);
  const RandomStream stream(1, "coverage");
  in_parts(parts, repeats, [&](std::size_t part, std::size_t begin, std::size_t end) {
    for (auto repeat = begin; repeat < end; ++repeat) {
      const auto scored = world.draw(rows, stream.at(rows).at(repeat));
      count_metrics(report_of(scored, options.confidence, true), truth, counts[part], rows);
    }
  });
  Counts sum;
  for (const auto& part : counts) {
    for (const auto& [name, count] : part) {
      sum[name].held += count.held;
      sum[name].seen += count.seen;
      sum[name].below += count.below;
    }
  }
  return sum;
}

// Metrics that are functions of another one or equal to it in every report.
bool repeats_another(const std::string& name) {
  static const std::vector<std::string> list = {
      "recall_micro",    "precision_micro", "f1_micro",
      "recall_weighted", "recall_macro",    "pinball",
      "perplexity",      "bits_per_byte",   "cross_entropy_bits_per_token"};
  return std::find(list.begin(), list.end(), name) != list.end();
}

// Which end is too short, for whoever works on an interval.
void tell_misses(const World& world, std::size_t rows, const Counts& counts) {
  std::fprintf(
      stderr, "%s, %zu rows; %% of intervals below and above the truth:", world.kind.c_str(), rows);
  for (const auto& [name, count] : counts) {
    if (repeats_another(name)) continue;
    const auto percent = 100.0 / static_cast<double>(count.seen);
    std::fprintf(stderr, " %s %.1f %.1f", name.c_str(), percent * static_cast<double>(count.below),
                 percent * static_cast<double>(count.seen - count.held - count.below));
  }
  std::fputs("\n", stderr);
}

bool too_many(const World& world, std::size_t rows) {
  return world.kind == "documents" && rows > 1000;
}

std::string cell(const std::vector<double>& shares) {
  if (shares.empty()) return "";
  double sum = 0.0;
  for (const auto share : shares) sum += share;
  const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
  const auto mean = 100.0 * sum / static_cast<double>(shares.size());
  if (shares.size() == 1) return fmt::format("{:.1f}", mean);
  return fmt::format("{:.1f} ({:.1f}–{:.1f})", mean, 100.0 * *least, 100.0 * *most);
}

}  // namespace

std::string coverage_table(const CoverageOptions& options) {
  // kind -> metric -> rows -> coverage in each world
  std::map<std::string, std::map<std::string, std::map<std::size_t, std::vector<double>>>> shares;
  std::vector<std::string> kinds;
  for (const auto& world : worlds()) {
    if (!options.kind.empty() && world.kind != options.kind) continue;
    if (std::find(kinds.begin(), kinds.end(), world.kind) == kinds.end()) {
      kinds.push_back(world.kind);
    }
    const auto truth = truths(world, options);
    for (const auto rows : options.rows) {
      if (too_many(world, rows)) continue;
      const auto counts = simulate(world, truth, rows, options);
      tell_misses(world, rows, counts);
      for (const auto& [name, count] : counts) {
        if (repeats_another(name) || count.seen * 4 < options.repeats) continue;
        shares[world.kind][name][rows].push_back(static_cast<double>(count.held) /
                                                 static_cast<double>(count.seen));
      }
    }
  }
  std::string table = "| data | metric |";
  std::string line = "|---|---|";
  for (const auto rows : options.rows) {
    table += fmt::format(" {} |", rows);
    line += "---:|";
  }
  table += "\n" + line + "\n";
  for (const auto& kind : kinds) {
    for (const auto task :
         {TaskType::classification, TaskType::regression, TaskType::language_model}) {
      for (const auto& name : metric_names(task)) {
        const auto found = shares[kind].find(name);
        if (found == shares[kind].end()) continue;
        table += fmt::format("| {} | `{}` |", kind, name);
        for (const auto rows : options.rows) table += " " + cell(found->second[rows]) + " |";
        table += "\n";
      }
    }
  }
  return table;
}

}  // namespace candor
