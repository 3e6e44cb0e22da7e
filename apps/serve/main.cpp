// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <candor/model.h>

#include "common/run_app.h"

namespace {

int run(const candor::app::Arguments& arguments) {
  candor::ServeOptions options;
  options.device = arguments.text("device");
  options.threads = static_cast<int>(arguments.whole("threads", 1, 1024));
  arguments.required(0, "MODEL");
  options.models = arguments.words();
  options.host = arguments.text("host");
  options.port = static_cast<std::uint16_t>(arguments.whole("port", 0, 65535));
  options.replicas = static_cast<int>(arguments.whole("replicas", 1, 64));
  options.max_batch = arguments.whole("max-batch", 1, 65536);
  options.max_delay_ms = arguments.number("max-delay-ms", 0, 10'000);
  options.queue_rows = arguments.whole("queue-rows", 1, 1000000);
  options.max_body = arguments.whole("max-body", 1, std::int64_t{1} << 30);
  options.require_gates = arguments.flag("require-gates");
  options.stop_requested = candor::app::stop_requested;
  candor::serve_models(options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("serve", argc, argv, run); }
