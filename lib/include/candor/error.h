// SPDX-License-Identifier: Apache-2.0
// The error that crosses the library's edge, and the exit code of each kind.
#pragma once

#include <stdexcept>
#include <string>

#include <candor/api.h>

namespace candor {

// Why something failed, as far as a caller acts on it. Values are exit codes of the programs,
// except `request` (a client's mistake, answered over HTTP) and are part of the command contract.
enum class ErrorKind {
  failed = 1,         // everything else: I/O, an internal error
  config = 2,         // usage or configuration
  data = 3,           // the user's data
  model = 4,          // model directory, checkpoint or export
  out_of_memory = 5,  // memory of host or device
  diverged = 6,       // the loss is not finite
  gate = 7,           // a gate was not passed
  stopped = 75,       // stopped by a signal after a checkpoint; the run can be resumed
  request = 100,      // a request that does not fit the model's signature
};

// what() is one or more lines, each complete in itself: what happened, where, what is allowed, what
// to do. A program prints it as `error: <what()>`.
class CANDOR_API Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

// The exit code for `kind`; `request` counts as `data`.
constexpr int exit_code(ErrorKind kind) noexcept {
  return kind == ErrorKind::request ? static_cast<int>(ErrorKind::data) : static_cast<int>(kind);
}

}  // namespace candor
