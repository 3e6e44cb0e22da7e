// SPDX-License-Identifier: Apache-2.0
// From what went wrong to what the client is told: one place for all protocols.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace candor {

// What the server itself refuses, before or instead of the model.
class Refusal : public std::runtime_error {
 public:
  enum class Reason { no_route, no_model, method, too_large, queue_full, expired, stopping };
  Refusal(Reason reason, const std::string& what) : std::runtime_error(what), reason_(reason) {}
  Reason reason() const { return reason_; }

 private:
  Reason reason_;
};

// Throws Error{request}: a client's mistake.
[[noreturn]] void refuse(const std::string& message);

struct Failure {
  int status = 500;
  std::string message;  // for the client; never a value that it sent, never the server's internals
  std::string_view code;  // OpenAI's `code`, such as "model_not_found"; may be empty
  bool retry = false;     // worth trying again in a second
};

// Error{request} 400; no_route and no_model 404; method 405; too_large 413; queue_full, expired,
// stopping and out of memory (std::bad_alloc or Error{out_of_memory}) 503; everything else 500,
// "internal error", and a line in the log.
Failure failure_of(const std::exception_ptr& exception);

}  // namespace candor
