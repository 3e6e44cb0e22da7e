// SPDX-License-Identifier: Apache-2.0
// A `candor serve` process on a free port of this machine.
#pragma once

#include <csignal>
#include <cstdint>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "apps/http_client.h"
#include "apps/run_program.h"

namespace candor::test {

class Served {
 public:
  // `words` are models and options, without --port.
  explicit Served(std::vector<std::string> words) {
    words.insert(words.begin(), {"candor", "serve"});
    words.insert(words.end(), {"--port", "0"});
    process_ = std::make_unique<Process>(words);
    const std::string address = "http://127.0.0.1:";
    if (!process_->wait_for(address)) return;
    std::smatch found;
    // The line may be half-written when its beginning is seen.
    for (int tries = 0; tries < 200 && port == 0; ++tries) {
      const auto text = process_->err() + "\n" + process_->out();
      if (std::regex_search(text, found, std::regex(address + "([0-9]+)[^0-9]"))) {
        port = static_cast<std::uint16_t>(std::stoi(found[1]));
      }
    }
  }

  HttpAnswer get(const std::string& target) const { return http(port, "GET", target); }
  HttpAnswer post(const std::string& target, const std::string& body,
                  const std::string& more_headers = "") const {
    return http(port, "POST", target, body, more_headers);
  }
  bool running() { return process_->running(); }
  std::string err() const { return process_->err(); }
  Outcome stop() {
    process_->signal(SIGTERM);
    return process_->wait();
  }

  std::uint16_t port = 0;

 private:
  std::unique_ptr<Process> process_;
};

}  // namespace candor::test
