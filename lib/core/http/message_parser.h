// SPDX-License-Identifier: Apache-2.0
// Beast's parser without input or output of its own: it takes the body apart (length or chunks) of
// a request whose head the guard has passed, and is a second opinion on that head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace candor::http {

class MessageParser {
 public:
  MessageParser(std::size_t max_head, std::uint64_t max_body);
  ~MessageParser();

  enum class State { more, done, bad, too_large };
  struct Step {
    State state = State::more;
    std::size_t used = 0;  // bytes of the input that are done with
  };
  // Feeds what has arrived and was not used yet; the first call gets at least the whole head.
  Step feed(std::string_view bytes);
  std::size_t body_size() const;  // bytes gathered so far
  std::string take_body();
  void reset();

 private:
  class Parser;
  std::size_t max_head_;
  std::uint64_t max_body_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace candor::http
