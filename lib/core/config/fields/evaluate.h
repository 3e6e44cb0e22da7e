// SPDX-License-Identifier: Apache-2.0
// Fields of evaluation, decisions and search. A part of core/config/fields.h.
#pragma once

#include <candor/config/evaluate.h>

#include "core/config/enum_names.h"
#include "core/config/field.h"

namespace candor {

CANDOR_ENUM_NAMES(CalibrationMethod, "none", "temperature", "isotonic");
CANDOR_ENUM_NAMES(SetMethod, "lac", "aps");
CANDOR_ENUM_NAMES(GroupConstraint, "demographic_parity", "equalized_odds");
CANDOR_ENUM_NAMES(SearchMethod, "grid", "random", "halving");
CANDOR_ENUM_NAMES(SearchScore, "validation", "cross_validation");

template <class V>
void fields(V& v, ThresholdConfig& c) {
  v(Field("value", "this very probability").range(0, 1), c.value);
  v(Field("maximize", "the threshold that is best for this metric on the calibration rows"),
    c.maximize);
  v(Field("recall", "the highest threshold with this recall on the calibration rows").above(0, 1),
    c.recall);
  v(Field("precision", "the lowest threshold with this precision on the calibration rows")
        .above(0, 1),
    c.precision);
}

template <class V>
void fields(V& v, ConformalConfig& c) {
  v(Field("method",
          "lac: the smallest sets on average; aps: sets that grow where the model is unsure"),
    c.method);
  v(Field("alpha", "how often a set may miss the true answer").between(0, 1), c.alpha);
  v(Field("group", "one of data.groups, within whose values that holds, too; null: overall"),
    c.group);
}

template <class V>
void fields(V& v, AbstainConfig& c) {
  v(Field("accuracy", "of the rows that are answered, at least; this or coverage").between(0, 1),
    c.accuracy);
  v(Field("coverage", "share of rows that are answered; this or accuracy").above(0, 1), c.coverage);
}

template <class V>
void fields(V& v, GroupThresholdsConfig& c) {
  v(Field("group", "one of data.groups; must be known when the model is asked").must(), c.group);
  v(Field("constraint", "what may differ little between groups"), c.constraint);
  v(Field("max_difference", "between groups, on the calibration rows").range(0, 1),
    c.max_difference);
}

template <class V>
void fields(V& v, CalibrationConfig& c) {
  v(Field("method", "of probabilities: temperature scaling, or isotonic regression"), c.method);
  v(Field("conformal", "sets of answers with a guarantee; null: none"), c.conformal);
  v(Field("abstain", "no answer where the model is unsure; null: always one"), c.abstain);
  v(Field("group_thresholds", "thresholds of two classes by group; null: one for all"),
    c.group_thresholds);
}

template <class V>
void fields(V& v, GateConfig& c) {
  v(Field("min", "lowest value that passes"), c.min);
  v(Field("max", "highest value that passes"), c.max);
  v(Field("confidence", "of the one-sided bound; null: evaluate.confidence")
        .between(0.5, 0.9999999),
    c.confidence);
}

template <class V>
void fields(V& v, BaselineConfig& c) {
  v(Field("order", "the predicted token and up to order - 1 before it").range(1, 16).in("tokens"),
    c.order);
}

template <class V>
void fields(V& v, PriorsConfig& c) {
  v(Field("given", "class -> share; empty: estimated on the rows, without their labels"), c.given);
}

template <class V>
void fields(V& v, EvaluateConfig& c) {
  v(Field("confidence", "of every interval").between(0.5, 0.9999999), c.confidence);
  v(Field("baseline",
          "n-gram model, fitted on the training text, beside a language model; null: none"),
    c.baseline);
  v(Field("sliding_stride",
          "language models: overlapping windows move by so many tokens, for sliding_cross_entropy; "
          "null: none")
        .range(1, 1e9)
        .in("tokens"),
    c.sliding_stride);
  v(Field("gates",
          "METRIC, COLUMN/METRIC (in every group) or COLUMN/GAP -> bounds; one not met makes the "
          "exit code 7"),
    c.gates);
  v(Field("min_count", "a group of fewer rows leaves a gate undecided").range(1, 1e9), c.min_count);
  v(Field("allow_undecided", "a gate that too few rows can decide does not fail"),
    c.allow_undecided);
  v(Field("intersections", "columns of data.groups that are crossed, at most; 1: none").range(1, 4),
    c.intersections);
  v(Field("slices", "look for the groups, and pairs of them, where the model is worst"), c.slices);
  v(Field("examples", "rows most wrong that the report shows; they are data").range(0, 1000),
    c.examples);
  v(Field("priors", "class shares where the model is used; null: those of training"), c.priors);
}

template <class V>
void fields(V& v, CrossValidationConfig& c) {
  v(Field("folds", "parts, each of which is held out once").range(2, 1000), c.folds);
  v(Field("repeats", "with other folds each time").range(1, 1000), c.repeats);
}

template <class V>
void fields(V& v, SearchSpace& c) {
  v(Field("log", "two numbers above 0; even between their logarithms"), c.log);
  v(Field("uniform", "two numbers; even between them"), c.uniform);
  v(Field("integer", "two whole numbers, and all between them"), c.integer);
  v(Field("choice", "each of these values"), c.choice);
}

template <class V>
void fields(V& v, TuneConfig& c) {
  v(Field("method",
          "grid: every combination; random: draws; halving: draws, of which the better third goes "
          "on for three times as long"),
    c.method);
  v(Field("trials", "draws of random and halving").range(1, 100000), c.trials);
  v(Field("grid_points", "grid: of a space that is a range").range(2, 1000), c.grid_points);
  v(Field("score", "what a trial is judged by"), c.score);
  v(Field("parallel", "trials at a time; null: one a core").range(1, 1024), c.parallel);
  v(Field("max_minutes", "no trial begins after that; null: no limit").above(0, 1e6).in("minutes"),
    c.max_minutes);
  v(Field("seed", "of the draws"), c.seed);
}

}  // namespace candor
