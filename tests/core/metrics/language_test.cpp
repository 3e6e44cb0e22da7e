// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/base/random.h"
#include "core/metrics/report.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

// Losses around 2 nats; a token remembers the one before.
Scored text(std::size_t tokens, double memory = 0.0) {
  const RandomStream stream(1, "text");
  Scored scored;
  scored.kind = OutputKind::language_model;
  double state = 0.0;
  for (std::size_t i = 0; i < tokens; ++i) {
    state = memory * state + 0.2 * stream.normal(i);
    scored.nll.push_back(2.0 + state);
    scored.entropy.push_back(1.9 + 0.5 * state);
  }
  scored.bytes = static_cast<std::int64_t>(2 * tokens);
  return scored;
}

const Metric& metric_of(const Report& report, const std::string& name) {
  const auto* metric = report.find(name);
  REQUIRE(metric != nullptr);
  return *metric;
}

double width(const Metric& metric) { return *metric.high - *metric.low; }

}  // namespace

TEST_CASE("every language metric follows from the mean loss", "[metrics]") {
  Scored scored;
  scored.kind = OutputKind::language_model;
  scored.nll = {std::log(2.0), std::log(8.0)};
  scored.entropy = {1.0, 2.0};
  scored.bytes = 8;
  const auto report = make_report(scored, EvaluateConfig{}, false);
  CHECK(*metric_of(report, "cross_entropy").value == Approx(2.0 * std::log(2.0)));
  CHECK(*metric_of(report, "perplexity").value == Approx(4.0));
  CHECK(*metric_of(report, "cross_entropy_bits_per_token").value == Approx(2.0));
  CHECK(*metric_of(report, "bits_per_byte").value == Approx(0.5));
  CHECK(*metric_of(report, "predictive_entropy").value == Approx(1.5));
  CHECK(report.count == 2);
}

TEST_CASE("the interval of perplexity is that of the cross-entropy, exponentiated", "[metrics]") {
  const auto report = make_report(text(3000, 0.5), EvaluateConfig{});
  const auto& nats = metric_of(report, "cross_entropy");
  const auto& perplexity = metric_of(report, "perplexity");
  const auto& per_byte = metric_of(report, "bits_per_byte");
  CHECK(nats.method == "block bootstrap");
  CHECK(*nats.low < *nats.value);
  CHECK(*nats.value < *nats.high);
  CHECK(*perplexity.low == Approx(std::exp(*nats.low)));
  CHECK(*perplexity.high == Approx(std::exp(*nats.high)));
  CHECK(*per_byte.high == Approx(*nats.high / std::log(2.0) / 2.0));
  CHECK(width(metric_of(report, "predictive_entropy")) > 0.0);
}

TEST_CASE("a text whose loss has memory is known less well than one without", "[metrics]") {
  const auto with = make_report(text(5000, 0.9), EvaluateConfig{});
  const auto without = make_report(text(5000, 0.0), EvaluateConfig{});
  // Standard error 0.2 / sqrt(5000) without memory, ten times that with it.
  CHECK(width(metric_of(without, "cross_entropy")) ==
        Approx(2 * 1.96 * 0.2 / std::sqrt(5000.0)).epsilon(0.25));
  CHECK(width(metric_of(with, "cross_entropy")) > 6 * width(metric_of(without, "cross_entropy")));
}

TEST_CASE("twenty documents or more are resampled as wholes", "[metrics]") {
  auto scored = text(4000);
  // Every document has a difficulty of its own, which single tokens do not show.
  const RandomStream stream(7, "documents");
  for (std::int64_t d = 0; d < 40; ++d) {
    scored.document_starts.push_back(100 * d);
    for (std::int64_t i = 0; i < 100; ++i) {
      scored.nll[static_cast<std::size_t>(100 * d + i)] +=
          0.5 * stream.normal(static_cast<std::uint64_t>(d));
    }
  }
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(metric_of(report, "cross_entropy").method == "document bootstrap");
  CHECK(width(metric_of(report, "cross_entropy")) ==
        Approx(2 * 1.96 * 0.5 / std::sqrt(40.0)).epsilon(0.35));
  scored.document_starts.resize(19);
  CHECK(metric_of(make_report(scored, EvaluateConfig{}), "cross_entropy").method ==
        "block bootstrap");
}

TEST_CASE("a text of half a million tokens keeps its interval's width", "[metrics]") {
  const auto report = make_report(text(500'000), EvaluateConfig{});
  CHECK(width(metric_of(report, "cross_entropy")) ==
        Approx(2 * 1.96 * 0.2 / std::sqrt(500'000.0)).epsilon(0.25));
}

TEST_CASE("what a language model did not record is undefined with a reason", "[metrics]") {
  auto scored = text(100);
  scored.bytes = 0;
  scored.entropy.clear();
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK(metric_of(report, "bits_per_byte").reason == "the number of bytes is not known");
  CHECK(metric_of(report, "predictive_entropy").reason == "not recorded");
  CHECK(metric_of(report, "perplexity").low);
  const auto none = make_report(text(0), EvaluateConfig{});
  CHECK(none.metrics.size() == metric_names(TaskType::language_model).size());
  for (const auto& metric : none.metrics) CHECK(metric.reason == "no predicted tokens");
}

TEST_CASE("windows that overlap have metrics of their own, with the same resamples", "[metrics]") {
  auto scored = text(3000, 0.5);
  const auto plain = make_report(scored, EvaluateConfig{});
  CHECK(plain.find("sliding_cross_entropy") == nullptr);
  CHECK(report_json(plain)["sliding_stride"].is_null());
  scored.sliding_stride = 8;
  for (const auto nats : scored.nll) scored.sliding_nll.push_back(0.5 * nats);
  const auto report = make_report(scored, EvaluateConfig{});
  const auto& nats = metric_of(report, "sliding_cross_entropy");
  const auto& whole = metric_of(report, "cross_entropy");
  CHECK(*nats.value == Approx(0.5 * *whole.value));
  CHECK(nats.method == "block bootstrap");
  CHECK(*nats.low == Approx(0.5 * *whole.low));
  CHECK(*nats.high == Approx(0.5 * *whole.high));
  CHECK(*metric_of(report, "sliding_perplexity").high == Approx(std::exp(*nats.high)));
  CHECK(report_json(report)["sliding_stride"] == 8);
  // All others stay as they are.
  for (const auto& metric : plain.metrics) {
    CHECK(*metric_of(report, metric.name).low == *metric.low);
    CHECK(*metric_of(report, metric.name).high == *metric.high);
  }
  EvaluateConfig gated;
  gated.gates["sliding_cross_entropy"] = {0.0, 1.5, std::nullopt};
  CHECK(make_report(scored, gated).passed());
  gated.gates["sliding_cross_entropy"].max = 0.5;
  CHECK_FALSE(make_report(scored, gated).passed());
  scored.sliding_nll.pop_back();
  CHECK_THROWS_WITH(make_report(scored, EvaluateConfig{}),
                    "cannot evaluate: the sliding windows' loss has 2999 entries, expected 3000");
}

TEST_CASE("a single token has a loss and no interval", "[metrics]") {
  const auto report = make_report(text(1), EvaluateConfig{});
  CHECK(metric_of(report, "cross_entropy").value);
  CHECK(metric_of(report, "cross_entropy").method == "none");
}

TEST_CASE("a perplexity too large for a number is undefined, not infinite", "[metrics]") {
  auto scored = text(2);
  scored.nll = {1000.0, 1000.0};
  const auto report = make_report(scored, EvaluateConfig{});
  CHECK_FALSE(metric_of(report, "perplexity").value);
  CHECK(metric_of(report, "perplexity").reason == "too large for a number");
  CHECK(report_json(report).dump().find("inf") == std::string::npos);
}

namespace {

Scored with_baseline(double worse, double noise) {
  auto scored = text(4000, 0.5);
  const RandomStream stream(9, "baseline");
  ScoredBaseline baseline;
  baseline.order = 5;
  baseline.training_tokens = 1000;
  baseline.held_out_tokens = 100;
  baseline.weights_from = "validation";
  for (std::size_t i = 0; i < scored.nll.size(); ++i) {
    // Of two neighbours one is better by as much as the other is worse.
    const auto draw = (i % 2 == 0 ? 1.0 : -1.0) * stream.normal(i / 2);
    baseline.nll.push_back(scored.nll[i] + worse + noise * draw);
  }
  scored.baseline = baseline;
  return scored;
}

}  // namespace

TEST_CASE("a baseline has the model's metrics, and the gain is paired", "[metrics]") {
  const auto report = make_report(with_baseline(0.25, 0.01), EvaluateConfig{});
  REQUIRE(report.baseline);
  const auto& baseline = *report.baseline;
  const auto names = [](const std::vector<Metric>& metrics) {
    std::vector<std::string> result;
    for (const auto& metric : metrics) result.push_back(metric.name);
    return result;
  };
  CHECK(names(baseline.metrics) == std::vector<std::string>{"cross_entropy", "perplexity",
                                                            "cross_entropy_bits_per_token",
                                                            "bits_per_byte"});
  CHECK(*baseline.metrics[0].value ==
        Approx(*metric_of(report, "cross_entropy").value + 0.25).margin(0.001));
  CHECK(baseline.metrics[0].method == "block bootstrap");
  CHECK(*baseline.gain.value == Approx(0.25).margin(0.001));
  CHECK(*baseline.gain.low < 0.25);
  CHECK(*baseline.gain.high > 0.249);
  // Both losses vary together, so their difference is known far better than either.
  CHECK(width(baseline.gain) < 0.15 * width(baseline.metrics[0]));
  // The model's own metrics do not change beside a baseline.
  auto alone = with_baseline(0.25, 0.01);
  alone.baseline.reset();
  CHECK(*metric_of(make_report(alone, EvaluateConfig{}), "cross_entropy").low ==
        *metric_of(report, "cross_entropy").low);
}

TEST_CASE("the sentence says who is better, or that the tokens cannot tell", "[metrics]") {
  const auto sentence = [](double worse, double noise) {
    return make_report(with_baseline(worse, noise), EvaluateConfig{}).baseline->summary;
  };
  CHECK(sentence(0.25, 0.01).starts_with("The model loses less than the 5-gram baseline by 0.2"));
  CHECK(sentence(0.25, 0.01).ends_with("): its perplexity is 0.779 times as high."));
  CHECK(sentence(-0.1, 0.01).starts_with("The model loses more than the 5-gram baseline by 0.10"));
  // The interval is that of the loss which the sentence names.
  CHECK(sentence(-0.1, 0.01).find("% interval 0.0") != std::string::npos);
  CHECK(sentence(-0.1, 0.01)
            .ends_with("Counting short runs of tokens still does better; train longer, or a larger "
                       "model, or on a "
                       "longer context."));
  CHECK(sentence(0.0, 1.0).starts_with(
      "These tokens tell no difference between the model and the 5-gram baseline: a gain of "));
}

TEST_CASE("report.json, text and page tell the baseline, or why there is none", "[metrics]") {
  auto scored = with_baseline(0.25, 0.01);
  const auto report = make_report(scored, EvaluateConfig{});
  const auto json = report_json(report);
  CHECK(json["baseline"]["type"] == "ngram");
  CHECK(json["baseline"]["order"] == 5);
  CHECK(json["baseline"]["training_tokens"] == 1000);
  CHECK(json["baseline"]["weights_from"] == "validation");
  CHECK(json["baseline"]["metrics"]["perplexity"]["better"] == "lower");
  CHECK(json["baseline"]["gain"]["better"] == "higher");
  CHECK(json["baseline"]["summary"] == report.baseline->summary);
  const auto text = report_text(report, false);
  CHECK(text.find("5-gram baseline") != std::string::npos);
  CHECK(text.find("gain") != std::string::npos);
  CHECK(report_html(report, scored).find("<h2>Baseline: 5-gram model</h2>") != std::string::npos);

  scored.baseline->nll.clear();
  scored.baseline->reason = "gone <b>";
  const auto without = make_report(scored, EvaluateConfig{});
  CHECK(report_json(without)["baseline"] ==
        Json{{"type", "ngram"}, {"order", 5}, {"reason", "gone <b>"}});
  CHECK(report_text(without, false).find("5-gram baseline: none: gone <b>\n") != std::string::npos);
  CHECK(report_html(without, scored).find("none: gone &lt;b&gt;") != std::string::npos);

  scored.baseline.reset();
  const auto off = make_report(scored, EvaluateConfig{});
  CHECK(report_json(off)["baseline"].is_null());
  CHECK(report_text(off, false).find("baseline") == std::string::npos);
}

TEST_CASE("a baseline of other tokens than the model's is refused", "[metrics]") {
  auto scored = with_baseline(0.25, 0.01);
  scored.baseline->nll.pop_back();
  CHECK_THROWS_WITH(make_report(scored, EvaluateConfig{}),
                    "cannot evaluate: the baseline has 3999 entries, expected 4000");
}
