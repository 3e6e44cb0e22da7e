// SPDX-License-Identifier: Apache-2.0
// Forward and backward of one batch. Where it can be, the batch is cut: each thread takes some of
// the rows through the whole network and back. With the small matrices of tables and small
// Transformers that keeps all cores busy where one operation on all threads would mostly wait for
// the slowest.
#pragma once

#include <vector>

#include "engine/data/dataset.h"
#include "engine/models/model.h"
#include "engine/train/step.h"

namespace candor {

// How many parts `batch` is cut into for `model`: as many as there are threads, or 1 where that
// changes the result (batch normalisation), where gradients are sparse, on other devices, and where
// a part would be so small that its matrix products are slower.
std::int64_t part_count(const Batch& batch, const Model& model);

// Consecutive rows, of nearly equal number. The tensors are views.
std::vector<Batch> split_batch(const Batch& batch, std::int64_t parts);

// The mean loss of `batch` (training_loss()). Its gradient times `scale` becomes that of the
// parameters which are trained, or is added to it with `add`. Each part draws its dropout masks
// from a child of `masks`.
double make_gradients(StepContext& context, const Batch& batch, const RandomStream& masks,
                      double scale, bool add);

}  // namespace candor
