// SPDX-License-Identifier: Apache-2.0
// The losses of the tasks.
#pragma once

#include "core/schema/signature.h"
#include "engine/data/dataset.h"
#include "engine/preprocess/tensor_stage.h"

namespace candor {

// Classification and language models: mean cross-entropy, nats. Regression: mean squared error of
// the standardised target. A batch of mixed images counts both classes of each by their shares.
// With weights w: sum(w * loss) / sum(w). `output` is what Network::forward gave for `batch`.
at::Tensor training_loss(OutputKind kind, const TensorStage& stage, const at::Tensor& output,
                         const Batch& batch);

}  // namespace candor
