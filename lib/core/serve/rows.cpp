// SPDX-License-Identifier: Apache-2.0
#include "core/serve/rows.h"

#include <utility>

#include <candor/error.h>

#include "core/serve/base64.h"
#include "core/serve/refusal.h"

namespace candor {
namespace {

std::string read_b64(JsonReader& reader, const InputField& field) {
  std::string_view key;
  std::optional<std::string> bytes;
  for (reader.enter_object(); reader.next_key(key);) {
    if (key != "b64" || bytes) refuse_value(field, "an object with other keys");
    if (reader.peek() != JsonType::string) refuse_value(field, "\"b64\" that is no string");
    bytes = decode_image_text(reader.string(), field);
  }
  if (!bytes) refuse_value(field, "an empty object");
  return std::move(*bytes);
}

Value read_plain(JsonReader& reader, const InputField& field) {
  const auto type = reader.peek();
  const bool column = is_column(field.kind);
  if (type == JsonType::null && column) {
    reader.null();
    return std::monostate{};
  }
  if (type == JsonType::number && column && field.kind != InputKind::date) return reader.number();
  // As the cells of JSON lines have it.
  if (type == JsonType::boolean &&
      (field.kind == InputKind::category || field.kind == InputKind::text)) {
    return std::string(reader.boolean() ? "true" : "false");
  }
  if (type == JsonType::string && field.kind != InputKind::image)
    return std::string(reader.string());
  if (type == JsonType::object && field.kind == InputKind::image) return read_b64(reader, field);
  refuse_value(field, name_of(type));
}

// What a language model goes on from, which unlike a column cannot be missing.
const std::string& text_of(const Value& value, const InputField& field) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const bool missing = std::holds_alternative<std::monostate>(value);
  refuse_input(field, std::string("expected a string, found ") + (missing ? "null" : "a number"));
}

}  // namespace

std::string_view expected_of(InputKind kind) {
  switch (kind) {
    case InputKind::number: return "a number or null";
    case InputKind::category:
    case InputKind::text: return "a string, a number, true, false or null";
    case InputKind::date: return "a date as \"2021-03-04T14:05:00Z\" or null";
    case InputKind::image: return "an image as {\"b64\": \"...\"}";
  }
  return "";
}

void refuse_input(const InputField& field, const std::string& message) {
  refuse("input '" + field.name + "': " + message);
}

void refuse_value(const InputField& field, std::string_view found) {
  refuse_input(
      field, "expected " + std::string(expected_of(field.kind)) + ", found " + std::string(found));
}

std::string decode_image_text(std::string_view base64, const InputField& field) {
  auto bytes = decode_base64(base64);
  if (!bytes) refuse_input(field, "the text is not base64");
  return std::move(*bytes);
}

Value read_value(JsonReader& reader, const InputField& field) {
  if (reader.peek() != JsonType::array) return read_plain(reader, field);
  reader.enter_array();
  if (!reader.next_element()) refuse_value(field, "an empty array");
  auto value = read_plain(reader, field);
  if (reader.next_element()) refuse_value(field, "an array of several values");
  return value;
}

void refuse_rows(std::int64_t max_rows) {
  throw Refusal(
      Refusal::Reason::too_large,
      "the request has more than " + std::to_string(max_rows) + " rows; send several requests");
}

void RowCollector::add(const Row& row) {
  if (rows_ == max_rows_) refuse_rows(max_rows_);
  if (model_.signature.output == OutputKind::language_model) {
    at_next_row([&] { texts_.push_back(text_of(row.front(), model_.signature.inputs.front())); });
  } else {
    at_next_row([&] {
      auto prepared = model_.host.prepare(row);
      if (rows_ == 0) {
        inputs_ = std::move(prepared);
      } else {
        inputs_.append(prepared);
      }
    });
  }
  ++rows_;
}

void RowCollector::rethrow_with_place() const {
  try {
    throw;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::request) throw;
    throw Error(error.kind(),
                std::string(place_) + "[" + std::to_string(rows_) + "]: " + error.what());
  }
}

}  // namespace candor
