// SPDX-License-Identifier: Apache-2.0
#include "core/base/json.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/files.h"
#include "core/base/printable.h"
#include "core/base/utf8.h"

namespace candor {
namespace {

struct Place {
  std::ptrdiff_t line = 1;
  std::size_t column = 1;
};

Place place_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.rfind('\n');
  return {line, before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1};
}

// ":3:14", as compilers write it, behind a file's name.
std::string suffix_of(const Place& place) {
  return ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

// nlohmann's account of a syntax error without its own places and without the text it read: that
// may be a client's data.
std::string syntax_fault(const std::string& what) {
  if (what.find("number overflow") != std::string::npos) return "a number beyond 64-bit floats";
  const auto place = what.find(": ");
  auto fault = place == std::string::npos ? what : what.substr(place + 2);
  fault.erase(std::min(fault.find("; last read"), fault.size()));
  return fault;
}

// Walks over text and notes how far the parser has come: its callbacks are not told.
class TrackedText {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedText(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  TrackedText& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  TrackedText operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackedText& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// Builds the tree and refuses what nlohmann would let pass: duplicate keys, depth, integers that
// become doubles.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& text) override {
    if (text.find_first_of(".eE") == string_t::npos) {
      return refuse("an integer beyond 64 bits at " + here());
    }
    return add(value);
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary data"); }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool key(string_t& key) override {
    auto& frame = frames_.back();
    if (!frame.keys.insert(key).second) {
      return refuse("the key " + pointer() + pointer_step(key) + " stands twice");
    }
    frame.key = std::move(key);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    syntax_position_ = position;
    return refuse(syntax_fault(error.what()));
  }

  Json take() { return std::move(root_); }
  const std::string& fault() const { return fault_; }
  // Of a syntax error: how many bytes were read, from 1. 0: what was refused is well-formed JSON.
  std::size_t syntax_position() const { return syntax_position_; }

 private:
  struct Frame {
    Json value;
    std::string key;
    std::unordered_set<std::string> keys;
    std::size_t next = 0;
  };

  bool refuse(const std::string& fault) {
    if (fault_.empty()) fault_ = fault;
    return false;
  }

  std::string pointer() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < frames_.size(); ++i) text += step(frames_[i]);
    return text;
  }
  std::string here() const {
    return frames_.empty() ? "the top" : pointer() + step(frames_.back());
  }
  static std::string step(const Frame& frame) {
    return frame.value.is_object() ? pointer_step(frame.key) : "/" + std::to_string(frame.next);
  }

  bool add(Json value) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return true;
    }
    auto& frame = frames_.back();
    if (frame.value.is_object()) {
      // Not push_back(): that looks through all keys, and frame.keys knows already.
      frame.value.get_ref<Json::object_t&>().emplace_back(frame.key, std::move(value));
    } else {
      frame.value.push_back(std::move(value));
      ++frame.next;
    }
    return true;
  }

  bool open(Json value) {
    if (frames_.size() >= limits_.max_depth) {
      return refuse("nested deeper than " + std::to_string(limits_.max_depth) + " levels");
    }
    frames_.push_back({std::move(value), {}, {}, 0});
    return true;
  }

  bool close() {
    auto value = std::move(frames_.back().value);
    frames_.pop_back();
    return add(std::move(value));
  }

  JsonLimits limits_;
  std::vector<Frame> frames_;
  Json root_;
  std::string fault_;
  std::size_t syntax_position_ = 0;
};

}  // namespace

std::string pointer_step(std::string_view key) {
  std::string text = "/";
  for (const char c : key) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

Json parse_json(std::string_view text, const std::string& where, ErrorKind kind,
                const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    throw Error(kind, where + ": " + std::to_string(text.size()) +
                          " bytes of JSON, more than the " + std::to_string(limits.max_bytes) +
                          " allowed");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const auto invalid = find_invalid_utf8(text)) {
    throw Error(kind, where + suffix_of(place_of(text, *invalid)) + ": not valid UTF-8");
  }
  Builder builder(limits);
  const char* reached = text.data();
  const TrackedText begin(text.data(), &reached), end(text.data() + text.size(), &reached);
  const bool parsed = Json::sax_parse(begin, end, &builder, Json::input_format_t::json,
                                      /*strict=*/true, limits.comments);
  if (parsed) return builder.take();
  const auto what = ": not valid JSON: " + builder.fault();
  if (builder.syntax_position() > 0) {
    throw Error(kind, where + suffix_of(place_of(text, builder.syntax_position() - 1)) + what);
  }
  const auto place = place_of(text, static_cast<std::size_t>(reached - text.data()));
  throw Error(kind, where + what + " (line " + std::to_string(place.line) + ", column " +
                        std::to_string(place.column) + ")");
}

Json parse_json_file(const std::string& path, ErrorKind kind, const JsonLimits& limits) {
  return parse_json(read_file(path, kind), path, kind, limits);
}

namespace {

std::string without_hidden(const std::string& json) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) < 0x7F; };
  if (std::all_of(json.begin(), json.end(), plain))
    return json;  // what nlohmann escapes is escaped
  std::string result;
  result.reserve(json.size());
  for (std::string_view rest = json; !rest.empty();) {
    const auto point = read_code_point(rest);
    const auto own = rest.substr(0, point.length);
    rest.remove_prefix(point.length);
    if (point.value == '\n' || !is_hidden(point.value)) {
      result += own;
    } else {  // in a string, which is dumped in ASCII
      const auto quoted = Json(own).dump(-1, ' ', true);
      result += std::string_view(quoted).substr(1, quoted.size() - 2);
    }
  }
  return result;
}

}  // namespace

std::string json_document(const Json& json) {
  return without_hidden(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string json_line(const Json& json) {
  return without_hidden(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace candor
