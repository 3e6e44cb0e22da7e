// SPDX-License-Identifier: Apache-2.0
// mixup (Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization") and CutMix (Yun et al.
// 2019, "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features").
#pragma once

#include <candor/config.h>

#include "core/base/random.h"
#include "engine/data/dataset.h"

namespace candor {

// Each image of `batch` is mixed with the one before it (the first with the last) by one share for
// the whole batch; `second_target` and `target_share` say what became of the labels. With both
// kinds in the config, one of them is drawn. Nothing happens without either, or to fewer than two
// images. A pure function of the batch and `stream` (one per seed, epoch and batch). Positions: 0
// which kind, 1 and 2 the middle of the CutMix rectangle; child 1 the share.
void mix_batch(const AugmentConfig& augment, const RandomStream& stream, Batch& batch);

// Beta(alpha, alpha), alpha > 0, from positions of `stream`; Marsaglia and Tsang 2000, "A Simple
// Method for Generating Gamma Variables".
double draw_beta(double alpha, const RandomStream& stream);

}  // namespace candor
