// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/gate_record.h"

#include <candor/error.h>

namespace candor {

void require_gates(const Json& metrics, const std::string& name) {
  const auto gates = metrics.value("gates", Json::array());
  if (!gates.is_array() || gates.empty()) {
    throw Error(ErrorKind::gate,
                "model '" + name +
                    "' was never measured against gates; set evaluate.gates and train it again, or "
                    "leave --require-gates out");
  }
  std::string refused;
  for (const auto& gate : gates) {
    if (gate.is_object() && gate.value("passed", false)) continue;
    const auto metric = gate.is_object() ? gate.value("metric", std::string("?")) : "?";
    const auto reason = gate.is_object() ? gate.value("reason", std::string()) : "";
    refused += "\n  " + metric + (reason.empty() ? "" : ": " + reason);
  }
  if (refused.empty()) return;
  throw Error(ErrorKind::gate, "model '" + name + "' did not pass its gates:" + refused);
}

}  // namespace candor
