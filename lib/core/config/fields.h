// SPDX-License-Identifier: Apache-2.0
// The one description of every config field. Reading, writing, the JSON Schema,
// configs/REFERENCE.md and the comparison at resume are visitors over these functions, here and in
// fields/; no other file spells a key.
//
// A visitor is called with (Field, member). Defaults are those of a default-constructed struct.
#pragma once

#include <concepts>
#include <type_traits>

#include <candor/config.h>

#include "core/config/enum_names.h"
#include "core/config/field.h"
#include "core/config/fields/data.h"
#include "core/config/fields/evaluate.h"
#include "core/config/fields/images.h"
#include "core/config/fields/model.h"
#include "core/config/fields/table.h"
#include "core/config/fields/text.h"
#include "core/config/fields/train.h"

namespace candor {

CANDOR_ENUM_NAMES(TaskType, "classification", "regression", "language_model");
CANDOR_ENUM_NAMES(TargetTransform, "standard", "log");

// ---- sections --------------------------------------------------------------------------------

template <class V>
void fields(V& v, TaskConfig& c) {
  v(Field("type", "what is learned"), c.type);
  v(Field("target", "column to predict; tables only, required there"), c.target);
  v(Field("positive", "positive class of a two-class table; by default the last in sorted order"),
    c.positive);
  v(Field("target_transform",
          "regression; standard: (y - mean) / standard deviation; log: the same of log(1 + y), for "
          "targets above -1; metrics stay in the target's unit"),
    c.target_transform);
  v(Field("threshold",
          "two classes: probability from which on the positive one is the answer; null: 0.5")
        .range(0, 1),
    c.threshold);
}

template <class V>
void fields(V& v, RunConfig& c) {
  v(Field("version", "of this format").range(1, 1), c.version);
  v(Field("name", "names the run directory and the model").must(), c.name);
  v(Field("seed", "of weights, order, dropout and augmentation"), c.seed);
  v(Field("task", "what is learned"), c.task);
  v(Field("data", "what it is learned from").must(), c.data);
  v(Field("augment", "random changes of training images"), c.augment);
  v(Field("model", "what learns").must(), c.model);
  v(Field("train", "how it learns").must(), c.train);
  v(Field("calibration", "what is fitted on the rows of data.split.calibration"), c.calibration);
  v(Field("evaluate", "how it is judged"), c.evaluate);
  v(Field("cross_validation",
          "train and judge on every fold before the model itself is trained; null: no"),
    c.cross_validation);
  v(Field("search", "for candor tune: key of this file -> the values it may take"), c.search);
  v(Field("tune", "how candor tune searches"), c.tune);
}

// ---- kinds of members ------------------------------------------------------------------------

struct FieldProbe {
  template <class T>
  void operator()(const Field&, T&) {}
};

template <class T>
concept Section = requires(FieldProbe& probe, T& value) {
  fields(probe, value);
};

template <class T>
concept Enum = std::is_enum_v<T>;

// Sections for which a bare number may stand.
template <class T>
concept NumberOrSection = Section<T> && requires(const T& value) {
  { T::of_number(0.5) } -> std::same_as<T>;
  { value.number() } -> std::same_as<std::optional<double>>;
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

}  // namespace candor
