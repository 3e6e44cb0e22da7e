// SPDX-License-Identifier: Apache-2.0
// SHA-256 of bytes that come in parts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace candor {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(std::string_view bytes);
  // Lower-case hex of all that was added; once.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace candor
