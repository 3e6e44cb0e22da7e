// SPDX-License-Identifier: Apache-2.0
// Fields of training. A part of core/config/fields.h.
#pragma once

#include <candor/config/train.h>

#include "core/config/enum_names.h"
#include "core/config/field.h"

namespace candor {

CANDOR_ENUM_NAMES(SamplingBy, "uniform", "class", "weight", "group");
CANDOR_ENUM_NAMES(Weights, "best", "last");

template <class V>
void fields(V& v, SgdConfig& c) {
  v(Field("learning_rate", "highest rate").above(0, 100), c.learning_rate);
  v(Field("momentum", "share of the last update kept").below(0, 1), c.momentum);
  v(Field("nesterov", "look ahead along the momentum"), c.nesterov);
  v(Field("weight_decay", "decoupled; not on biases and norms").range(0, 100), c.weight_decay);
}

template <class V>
void fields(V& v, AdamConfig& c) {
  v(Field("learning_rate", "highest rate").above(0, 100), c.learning_rate);
  v(Field("beta1", "decay of the mean of gradients").below(0, 1), c.beta1);
  v(Field("beta2", "decay of the mean of squared gradients").below(0, 1), c.beta2);
  v(Field("eps", "added to the root of the mean square").above(0, 1), c.eps);
}

template <class V>
void fields(V& v, AdamWConfig& c) {
  v(Field("learning_rate", "highest rate").above(0, 100), c.learning_rate);
  v(Field("beta1", "decay of the mean of gradients").below(0, 1), c.beta1);
  v(Field("beta2", "decay of the mean of squared gradients").below(0, 1), c.beta2);
  v(Field("eps", "added to the root of the mean square").above(0, 1), c.eps);
  v(Field("weight_decay", "decoupled; not on biases and norms").range(0, 100), c.weight_decay);
}

template <class V>
void fields(V& v, ConstantSchedule& c) {
  v(Field("warmup_ratio", "share of all steps in which the rate rises from 0").below(0, 1),
    c.warmup_ratio);
}

template <class V>
void fields(V& v, LinearSchedule& c) {
  v(Field("warmup_ratio", "share of all steps in which the rate rises from 0").below(0, 1),
    c.warmup_ratio);
  v(Field("final_ratio", "rate at the last step / highest rate").range(0, 1), c.final_ratio);
}

template <class V>
void fields(V& v, CosineSchedule& c) {
  v(Field("warmup_ratio", "share of all steps in which the rate rises from 0").below(0, 1),
    c.warmup_ratio);
  v(Field("final_ratio", "rate at the last step / highest rate").range(0, 1), c.final_ratio);
}

template <class V>
void fields(V& v, RegularizationConfig& c) {
  v(Field("l1", "adds l1 * sum |w| to the loss; weights only").range(0, 1e6), c.l1);
  v(Field("l2", "adds l2 / 2 * sum w^2 to the loss; weights only").range(0, 1e6), c.l2);
}

template <class V>
void fields(V& v, ValidateConfig& c) {
  v(Field("every_steps", "instead of every_epochs").range(1, 1e12).in("steps"), c.every_steps);
  v(Field("every_epochs", "used while every_steps is null").range(1, 1e9).in("epochs"),
    c.every_epochs);
}

template <class V>
void fields(V& v, EarlyStoppingConfig& c) {
  v(Field("patience", "validations without a better score before training ends").range(1, 1e6),
    c.patience);
  v(Field("min_delta", "how much better counts as better").range(0, 1e9), c.min_delta);
}

template <class V>
void fields(V& v, CheckpointConfig& c) {
  v(Field("every_steps", "null: after every validation").range(1, 1e12).in("steps"), c.every_steps);
  v(Field("keep", "newest checkpoints kept, besides the best").range(1, 1e6), c.keep);
}

template <class V>
void fields(V& v, SamplingConfig& c) {
  v(Field("by",
          "uniform: every row once an epoch; else draws with replacement, class and group: each "
          "equally often, weight: in proportion to the column"),
    c.by);
  v(Field("column", "column of a table, for weight and group"), c.column);
}

template <class V>
void fields(V& v, TrainConfig& c) {
  v(Field("epochs", "passes over the training data; this or steps").range(1, 1e9), c.epochs);
  v(Field("steps", "optimizer updates; this or epochs").range(1, 1e12), c.steps);
  v(Field("batch_size", "rows, or windows of text, of one batch").range(1, 1048576), c.batch_size);
  v(Field("accumulate", "batches whose gradients make one update").range(1, 65536), c.accumulate);
  v(Field("sampling", "which rows an epoch shows, and how often"), c.sampling);
  v(Field("loader_threads",
          "make batches ahead; null: one a core where batches are costly, none elsewhere")
        .range(0, 256),
    c.loader_threads);
  v(Field("optimizer", "the update rule"), c.optimizer);
  v(Field("schedule", "the learning rate over the steps"), c.schedule);
  v(Field("regularization", "terms of the loss"), c.regularization);
  v(Field("clip_norm", "longest allowed global gradient norm").above(0, 1e9), c.clip_norm);
  v(Field("validate", "how often"), c.validate);
  v(Field("metric", "what \"best\" means; null: the validation loss"), c.metric);
  v(Field("early_stopping", "end when validation gets no better; null: never"), c.early_stopping);
  v(Field("checkpoint", "saved states"), c.checkpoint);
  v(Field("weights", "which weights become the model"), c.weights);
  v(Field("log_every", "between two rows of metrics.jsonl").range(1, 1e9).in("steps"), c.log_every);
}

}  // namespace candor
