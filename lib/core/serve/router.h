// SPDX-License-Identifier: Apache-2.0
// From a request's target to what it asks for. Parts are views into the decoded path.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace candor {

enum class Endpoint {
  server_metadata,
  live,
  ready,
  kserve_model,
  kserve_ready,
  infer,
  model_list,
  tfserving_status,
  tfserving_metadata,
  predict,
  completions,
  metrics
};

struct Destination {
  Endpoint endpoint = Endpoint::live;
  std::string_view model;    // empty where the path names none
  std::string_view version;  // empty: any
};

// Path without its query, percent-decoded; nothing where that would give a separator or a control.
std::optional<std::string> decode_path(std::string_view target);

// Nothing where there is no such route.
std::optional<Destination> find_route(std::string_view path);

// POST for what computes, GET (and HEAD) for the rest.
bool takes_post(Endpoint endpoint);

}  // namespace candor
