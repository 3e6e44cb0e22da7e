// SPDX-License-Identifier: Apache-2.0
// Fields of training. A part of core/config/fields.h.
#pragma once

#include <candor/config/train.h>

#include "core/config/enum_names.h"
#include "core/config/field.h"

namespace candor {

CANDOR_ENUM_NAMES(SamplingBy, "uniform", "class", "weight", "group");
CANDOR_ENUM_NAMES(Precision, "float32", "bfloat16", "auto");
CANDOR_ENUM_NAMES(Weights, "best", "last");
CANDOR_ENUM_NAMES(FairnessMethod, "reweighing", "group_dro", "exponentiated_gradient");
CANDOR_ENUM_NAMES(DecayShape, "linear", "cosine", "square_root");
CANDOR_ENUM_NAMES(ClassWeighting, "none", "balanced");

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
  v(Field("eps", "added to the root of the mean square").range(1e-30, 1), c.eps);
}

template <class V>
void fields(V& v, AdamWConfig& c) {
  v(Field("learning_rate", "highest rate").above(0, 100), c.learning_rate);
  v(Field("beta1", "decay of the mean of gradients").below(0, 1), c.beta1);
  v(Field("beta2", "decay of the mean of squared gradients").below(0, 1), c.beta2);
  v(Field("eps", "added to the root of the mean square").range(1e-30, 1), c.eps);
  v(Field("weight_decay", "decoupled; not on biases and norms").range(0, 100), c.weight_decay);
}

template <class V>
void fields(V& v, LionConfig& c) {
  v(Field("learning_rate", "highest rate").above(0, 100), c.learning_rate);
  v(Field("beta1", "share of the momentum in the update's sign").below(0, 1), c.beta1);
  v(Field("beta2", "decay of the momentum").below(0, 1), c.beta2);
  v(Field("weight_decay", "decoupled; not on biases and norms").range(0, 100), c.weight_decay);
}

template <class V>
void fields(V& v, MuonConfig& c) {
  v(Field("learning_rate", "highest rate of the hidden weight matrices").above(0, 100),
    c.learning_rate);
  v(Field("momentum", "share of the last update kept").below(0, 1), c.momentum);
  v(Field("nesterov", "look ahead along the momentum"), c.nesterov);
  v(Field("iterations", "of Newton-Schulz, which makes the momentum orthogonal").range(1, 20),
    c.iterations);
  v(Field("weight_decay", "decoupled; of those matrices").range(0, 100), c.weight_decay);
  v(Field("adamw", "embeddings, heads, biases, norms"), c.adamw);
}

template <class V>
void fields(V& v, ParameterConfig& c) {
  v(Field("learning_rate_factor", "of the optimizer's rate").range(0, 1e6), c.learning_rate_factor);
  v(Field("weight_decay", "null: the optimizer's, and none on biases and norms").range(0, 100),
    c.weight_decay);
  v(Field("freeze", "stays as it is"), c.freeze);
}

// What every schedule begins with.
template <class V, class Schedule>
void warmup_fields(V& v, Schedule& c) {
  v(Field("warmup_ratio", "share of all steps in which the rate rises").below(0, 1),
    c.warmup_ratio);
  v(Field("warmup_steps", "instead of warmup_ratio").range(0, 1e12).in("steps"), c.warmup_steps);
}

template <class V>
void fields(V& v, ConstantSchedule& c) {
  warmup_fields(v, c);
}

template <class V>
void fields(V& v, LinearSchedule& c) {
  warmup_fields(v, c);
  v(Field("final_ratio", "rate at the last step / highest rate").range(0, 1), c.final_ratio);
}

template <class V>
void fields(V& v, CosineSchedule& c) {
  warmup_fields(v, c);
  v(Field("final_ratio", "rate at the last step / highest rate").range(0, 1), c.final_ratio);
}

template <class V>
void fields(V& v, OneCycleSchedule& c) {
  warmup_fields(v, c);
  v(Field("initial_ratio", "rate at the first step / highest rate").range(0, 1), c.initial_ratio);
  v(Field("final_ratio", "rate at the last step / highest rate").range(0, 1), c.final_ratio);
}

template <class V>
void fields(V& v, WsdSchedule& c) {
  warmup_fields(v, c);
  v(Field("decay_ratio", "share of all steps, the last ones, in which the rate falls").range(0, 1),
    c.decay_ratio);
  v(Field("decay_steps", "instead of decay_ratio").range(0, 1e12).in("steps"), c.decay_steps);
  v(Field("decay", "how it falls; square_root: as 1 - sqrt(t)"), c.decay);
  v(Field("final_ratio", "rate at the last step / highest rate").range(0, 1), c.final_ratio);
}

template <class V>
void fields(V& v, StepSchedule& c) {
  warmup_fields(v, c);
  v(Field("factor", "of the rate at each milestone").above(0, 1), c.factor);
  v(Field("milestones", "updates after which the rate falls, ascending").range(1, 1e12).in("steps"),
    c.milestones);
  v(Field("every_steps", "instead of milestones").range(1, 1e12).in("steps"), c.every_steps);
}

template <class V>
void fields(V& v, PlateauSchedule& c) {
  warmup_fields(v, c);
  v(Field("factor", "of the rate where validation gets no better").between(0, 1), c.factor);
  v(Field("patience", "validations without a better score before the rate falls").range(1, 1e6),
    c.patience);
  v(Field("min_delta", "how much better counts as better").range(0, 1e9), c.min_delta);
  v(Field("final_ratio", "lowest rate / highest rate").range(0, 1), c.final_ratio);
}

template <class V>
void fields(V& v, LossConfig& c) {
  v(Field("label_smoothing", "share of the target that is spread over all classes").below(0, 1),
    c.label_smoothing);
  v(Field("focal_gamma", "times (1 - p)^gamma, p of the true class").range(0, 100), c.focal_gamma);
  v(Field("class_weighting",
          "balanced: rows / (classes x rows of the class), counted in the training rows"),
    c.class_weighting);
  v(Field("class_weights", "class -> weight of its rows; 1 where none is given"), c.class_weights);
}

template <class V>
void fields(V& v, FairnessConfig& c) {
  v(Field("method",
          "reweighing: rows count so that class and group are independent; group_dro: groups of "
          "higher loss count more; exponentiated_gradient: multipliers of a constraint"),
    c.method);
  v(Field("group", "column of a table").must(), c.group);
  v(Field("constraint", "exponentiated_gradient: what may differ little between groups"),
    c.constraint);
  v(Field("max_difference", "exponentiated_gradient: allowed between groups").range(0, 1),
    c.max_difference);
  v(Field("step", "group_dro, exponentiated_gradient: of the groups' weights").above(0, 10),
    c.step);
  v(Field("size_adjustment", "group_dro: C of C / sqrt(rows of a group), added to its loss")
        .range(0, 1000),
    c.size_adjustment);
}

template <class V>
void fields(V& v, EmaConfig& c) {
  v(Field("decay", "share of the average that an update keeps").below(0, 1), c.decay);
  v(Field("warmup", "decay of update n is at most (1 + n) / (10 + n)"), c.warmup);
}

template <class V>
void fields(V& v, InitFromConfig& c) {
  v(Field("path", "a run directory, a model directory, or a .safetensors file").must(), c.path);
  v(Field("new", "patterns of parameters that begin at random all the same, such as fc.*"),
    c.new_ones);
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
  v(Field("every_seconds", "besides; null: never by the clock").above(0, 1e9).in("seconds"),
    c.every_seconds);
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
  v(Field("parameters",
          "pattern of parameter names, in which * stands for any characters -> what differs for "
          "them; the longest pattern that fits counts"),
    c.parameters);
  v(Field("schedule", "the learning rate over the steps"), c.schedule);
  v(Field("regularization", "terms of the loss"), c.regularization);
  v(Field("loss", "of classification, and label smoothing of language models"), c.loss);
  v(Field("clip_norm", "longest allowed global gradient norm").above(0, 1e9), c.clip_norm);
  v(Field("clip_value", "largest allowed absolute value of a gradient's element").above(0, 1e9),
    c.clip_value);
  v(Field("ema", "average of the weights, which is validated and becomes the model; null: none"),
    c.ema);
  v(Field("init_from", "weights to begin with; null: random ones"), c.init_from);
  v(Field("fairness", "what training does for groups of rows; null: nothing"), c.fairness);
  v(Field(
        "activation_checkpointing",
        "layers of Transformers and blocks of ResNets are computed again for their gradients: less "
        "memory, a third more time"),
    c.activation_checkpointing);
  v(Field("precision",
          "operands of matrix products and convolutions in training; auto: bfloat16 where this "
          "processor is faster with it"),
    c.precision);
  v(Field("validate", "how often"), c.validate);
  v(Field("metric", "what \"best\" means; null: the validation loss"), c.metric);
  v(Field("early_stopping", "end when validation gets no better; null: never"), c.early_stopping);
  v(Field("checkpoint", "saved states"), c.checkpoint);
  v(Field("weights", "which weights become the model"), c.weights);
  v(Field("log_every", "between two rows of metrics.jsonl").range(1, 1e9).in("steps"), c.log_every);
}

}  // namespace candor
