// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 request on a connection of its own, for tests of the real server.
#pragma once

#include <cstdint>
#include <string>

namespace candor::test {

struct HttpAnswer {
  int status = 0;       // 0: no answer
  std::string headers;  // lower case
  std::string body;     // chunks joined
};

HttpAnswer http(std::uint16_t port, const std::string& method, const std::string& target,
                const std::string& body = "", const std::string& more_headers = "");

}  // namespace candor::test
