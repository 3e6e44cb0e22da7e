// SPDX-License-Identifier: Apache-2.0
// Fields of all kinds of data. A part of core/config/fields.h.
#pragma once

#include <candor/config/data.h>

#include "core/config/field.h"

namespace candor {

template <class V>
void fields(V& v, FilesConfig& c) {
  v(Field("train", "training data: a file, or a folder of class folders").must(), c.train);
  v(Field("validation", "data of its own for validation, instead of split.validation"),
    c.validation);
  v(Field("test", "data of its own for the test, instead of split.test"), c.test);
}

template <class V>
void fields(V& v, SplitConfig& c) {
  v(Field("validation", "fraction of the training data for validation").between(0, 1),
    c.validation);
  v(Field("test", "fraction of the training data for the test").between(0, 1), c.test);
  v(Field("calibration",
          "fraction of the training data for what is fitted after training: task.threshold, "
          "calibration")
        .between(0, 1),
    c.calibration);
  v(Field("stratify", "the same class shares in every part"), c.stratify);
  v(Field("group", "column of a table; rows with the same value there stay in one part"), c.group);
  v(Field("time", "column of a table; the oldest rows train, the newest are the test"), c.time);
  v(Field("seed", "of the split alone, so that other training seeds see the same rows"), c.seed);
}

}  // namespace candor
