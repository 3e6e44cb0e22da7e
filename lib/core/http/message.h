// SPDX-License-Identifier: Apache-2.0
// One request and one answer, as a handler sees them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/body_budget.h"
#include "core/http/head.h"

namespace candor::http {

struct Request {
  RequestHead head;
  std::string body;                               // whole, chunks joined
  BodyShare body_share;                           // the body's; lives as long as the body
  std::chrono::steady_clock::time_point arrived;  // when its last byte had come

  // Frees the body, for a handler that has read it and goes on for long.
  void release_body() {
    std::string().swap(body);
    body_share.release();
  }
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  // Names and values must be the program's own: they are written as they are.
  std::vector<std::pair<std::string_view, std::string>> headers;
};

// "Not Found" for 404.
std::string_view reason_phrase(int status);

}  // namespace candor::http
