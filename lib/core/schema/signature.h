// SPDX-License-Identifier: Apache-2.0
// What a user of a model sees: named raw inputs and what comes back.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace candor {

// text: a column of free text, or all that a language model reads; date: text, as
// "2021-03-04T14:05:00Z"
enum class InputKind { number, category, text, image, date };

// What a column of a table can be; its values may be missing. (A language model has no rows, so
// that its text is asked for nowhere.)
constexpr bool is_column(InputKind kind) { return kind != InputKind::image; }

struct InputField {
  std::string name;  // column name; "text" for language models; "image" for images
  InputKind kind = InputKind::number;
};

enum class OutputKind { classification, regression, language_model };

struct Signature {
  OutputKind output = OutputKind::classification;
  std::vector<InputField> inputs;
  std::vector<std::string> labels;  // classification: class names, in the order of `probabilities`
  std::string target;           // regression and tables: name of what is predicted, may be empty
  std::int64_t image_size = 0;  // images: height and width that the model sees
  std::int64_t context = 0;     // language models: most tokens of prompt and answer together
};

// Decoded pixels as a client may send them: uint8 [height, width, 3], RGB.
struct Pixels {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> rgb;
};

// One raw value of a client or a file. monostate: missing. string: a category, a text, or the bytes
// of an encoded image (JPEG or PNG), by the field's kind. A number sent for a category, or a
// numeral sent for a number, is accepted by the host stage when it parses.
using Value = std::variant<std::monostate, double, std::string, Pixels>;

// Values in the order of Signature::inputs.
using Row = std::vector<Value>;

}  // namespace candor
