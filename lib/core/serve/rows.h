// SPDX-License-Identifier: Apache-2.0
// From the values of a request to what the model takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/serve/json_reader.h"
#include "core/serve/model_table.h"

namespace candor {

// "a number or null" for messages.
std::string_view expected_of(InputKind kind);

// A value of `field` as TF Serving's JSON has it: null (missing; columns of a table only), a
// number, a string, {"b64": "..."} for an image, or one of these alone in an array.
Value read_value(JsonReader& reader, const InputField& field);

// What stands in "b64" or in a BYTES element of KServe's JSON, decoded.
std::string decode_image_text(std::string_view base64, const InputField& field);

// Throws Error{request}: input 'age': MESSAGE.
[[noreturn]] void refuse_input(const InputField& field, const std::string& message);
// input 'age': expected a number or null, found a boolean.
[[noreturn]] void refuse_value(const InputField& field, std::string_view found);

// Collects the rows of one request; language models get texts, all others prepared inputs.
class RowCollector {
 public:
  // `place` names rows in messages: "instances" for "instances[3]: ...".
  RowCollector(const Model& model, std::int64_t max_rows, std::string_view place)
      : model_(model), max_rows_(max_rows), place_(place) {}

  // Prepares one row, in the order of the signature. Throws Error{request} with its place, or
  // Refusal{too_large} beyond max_rows.
  void add(const Row& row);

  // Calls `action`; an Error{request} out of it gets the next row's place in front.
  template <class Action>
  void at_next_row(Action action);

  std::int64_t rows() const { return rows_; }
  ModelInputs& inputs() { return inputs_; }
  std::vector<std::string>& texts() { return texts_; }

 private:
  [[noreturn]] void rethrow_with_place() const;

  const Model& model_;
  std::int64_t max_rows_;
  std::string_view place_;
  std::int64_t rows_ = 0;
  ModelInputs inputs_;
  std::vector<std::string> texts_;
};

// Refusal{too_large}: more than max_rows rows.
[[noreturn]] void refuse_rows(std::int64_t max_rows);

template <class Action>
void RowCollector::at_next_row(Action action) {
  try {
    action();
  } catch (...) {
    rethrow_with_place();
  }
}

}  // namespace candor
