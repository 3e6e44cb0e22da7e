// SPDX-License-Identifier: Apache-2.0
// Fields of models. A part of core/config/fields.h.
#pragma once

#include <candor/config/model.h>

#include "core/config/enum_names.h"
#include "core/config/field.h"

namespace candor {

CANDOR_ENUM_NAMES(Activation, "relu", "gelu", "silu", "tanh");
CANDOR_ENUM_NAMES(Norm, "none", "batch", "layer");
CANDOR_ENUM_NAMES(Block, "auto", "basic", "bottleneck");
CANDOR_ENUM_NAMES(Pooling, "last", "mean");
CANDOR_ENUM_NAMES(Stem, "small", "strided", "imagenet", "whitening");
CANDOR_ENUM_NAMES(Downsample, "strided", "pooled");
CANDOR_ENUM_NAMES(FeedForward, "swiglu", "relu_squared");
CANDOR_ENUM_NAMES(EnsembleKind, "full", "mini");

template <class V>
void fields(V& v, EnsembleConfig& c) {
  v(Field("members", "that share their matrices").range(2, 1024), c.members);
  v(Field("kind", "full: adapters of each member in every layer; mini: only of the inputs"),
    c.kind);
}

template <class V>
void fields(V& v, MlpConfig& c) {
  v(Field("hidden", "widths of the hidden layers").range(1, 65536), c.hidden);
  v(Field("activation", "after each hidden layer"), c.activation);
  v(Field("dropout", "share of hidden values dropped in training").below(0, 1), c.dropout);
  v(Field("norm", "between a hidden layer and its activation"), c.norm);
  v(Field("residual", "a hidden layer adds its input where both have one width"), c.residual);
  v(Field("ensemble", "members that share weights, whose mean is the answer; null: one"),
    c.ensemble);
}

template <class V>
void fields(V& v, TransformerConfig& c) {
  v(Field("layers", "decoder layers").range(1, 512), c.layers);
  v(Field("heads", "query heads").range(1, 1024), c.heads);
  v(Field("kv_heads", "key and value heads; null: as many as heads").range(1, 1024), c.kv_heads);
  v(Field("width", "width of the hidden states").range(2, 65536), c.width);
  v(Field("ffn_width", "null: 8/3 width, rounded up to a multiple of 32").range(1, 1048576),
    c.ffn_width);
  v(Field("context", "longest text that the model sees").range(2, 1048576).in("tokens"), c.context);
  v(Field("dropout", "share of attention and feed-forward outputs dropped in training").below(0, 1),
    c.dropout);
  v(Field("rope_theta", "base of the rotary embedding").above(0, 1e12), c.rope_theta);
  v(Field("norm_eps", "added to the mean square in RMSNorm").above(0, 0.1), c.norm_eps);
  v(Field("tie_embeddings", "input and output embeddings are one matrix"), c.tie_embeddings);
  v(Field("qk_norm", "RMSNorm of each head's queries and keys"), c.qk_norm);
  v(Field("feed_forward", "kind of the feed-forward layer"), c.feed_forward);
  v(Field("logit_softcap", "logits become c tanh(logits / c); null: they do not").above(0, 1e6),
    c.logit_softcap);
  v(Field("value_residual", "values of a layer are mixed with those of the first"),
    c.value_residual);
  v(Field("stochastic_depth",
          "chance that a training row skips the last layer; it rises linearly to there")
        .below(0, 1),
    c.stochastic_depth);
  v(Field("pooling",
          "classification and regression: the answer comes from the last token's state, or from "
          "the mean of all"),
    c.pooling);
}

template <class V>
void fields(V& v, ResNetConfig& c) {
  v(Field("depth", "18, 34 or 50; null: 18, unless blocks is given").range(18, 50).in("layers"),
    c.depth);
  v(Field("blocks", "residual blocks of each stage, 1 to 6 stages; instead of depth").range(1, 256),
    c.blocks);
  v(Field("block", "auto: bottleneck at depth 50, else basic"), c.block);
  v(Field("width", "channels of the first stage").range(1, 4096), c.width);
  v(Field("widths", "channels of each stage; null: width, doubled from stage to stage")
        .range(1, 65536),
    c.widths);
  v(Field("stem",
          "small: 3x3 of stride 1 without pooling, for images up to about 64 pixels; strided: the "
          "same of stride 2; imagenet: 7x7 of stride 2 and pooling; whitening: 2x2 of stride 1 "
          "with fixed filters that make patches of the training images uncorrelated, and the "
          "first stage halves the image as the others do"),
    c.stem);
  v(Field("downsample",
          "how a stage halves the image; strided: by a stride of 2; pooled: by 2x2 max pooling "
          "behind a convolution of stride 1, and 2x2 mean pooling before the shortcut's"),
    c.downsample);
  v(Field("stochastic_depth",
          "chance that a training row skips the last block; it rises linearly to there")
        .below(0, 1),
    c.stochastic_depth);
  v(Field("mirror",
          "answers are the mean over the image and its mirror image, at twice the time; training "
          "is the same"),
    c.mirror);
  v(Field("shift",
          "answers are the mean over the image and the image moved by so many pixels to the upper "
          "left and to the lower right, at three times the time; training is the same; 0: no")
        .range(0, 64)
        .in("pixels"),
    c.shift);
}

}  // namespace candor
