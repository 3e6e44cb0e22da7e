// SPDX-License-Identifier: Apache-2.0
#include "core/serve/router.h"

#include <charconv>
#include <span>
#include <vector>

namespace candor {
namespace {

using Parts = std::span<const std::string_view>;

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  path.remove_prefix(1);  // the leading '/'
  for (;;) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

// Takes "/versions/V" off the front of `rest`.
std::string_view take_version(Parts& rest) {
  if (rest.size() < 2 || rest[0] != "versions" || rest[1].empty()) return {};
  const auto version = rest[1];
  rest = rest.subspan(2);
  return version;
}

std::optional<Destination> kserve_model(Parts rest) {
  if (rest[0].empty()) return std::nullopt;
  Destination to{Endpoint::kserve_model, rest[0], {}};
  rest = rest.subspan(1);
  to.version = take_version(rest);
  if (rest.empty()) return to;
  if (rest.size() != 1) return std::nullopt;
  if (rest[0] == "ready") to.endpoint = Endpoint::kserve_ready;
  if (rest[0] == "infer") to.endpoint = Endpoint::infer;
  if (to.endpoint == Endpoint::kserve_model) return std::nullopt;
  return to;
}

std::optional<Destination> kserve(Parts parts) {
  if (parts.size() == 1) return Destination{Endpoint::server_metadata, {}, {}};
  if (parts.size() == 3 && parts[1] == "health") {
    if (parts[2] == "live") return Destination{Endpoint::live, {}, {}};
    if (parts[2] == "ready") return Destination{Endpoint::ready, {}, {}};
  }
  if (parts.size() >= 3 && parts[1] == "models") return kserve_model(parts.subspan(2));
  return std::nullopt;
}

// Takes ":predict" off the end of the last part.
bool take_verb(std::string_view& part) {
  constexpr std::string_view verb = ":predict";
  if (part.size() <= verb.size() || part.substr(part.size() - verb.size()) != verb) return false;
  part.remove_suffix(verb.size());
  return true;
}

std::optional<Destination> tfserving_model(Parts rest) {
  if (rest[0].empty()) return std::nullopt;
  Destination to{Endpoint::tfserving_status, rest[0], {}};
  rest = rest.subspan(1);
  to.version = take_version(rest);
  auto& last = to.version.empty() ? to.model : to.version;
  if (rest.empty()) {
    if (take_verb(last)) to.endpoint = Endpoint::predict;
    return to;
  }
  if (rest.size() != 1 || rest[0] != "metadata") return std::nullopt;
  to.endpoint = Endpoint::tfserving_metadata;
  return to;
}

std::optional<Destination> version_one(Parts parts) {
  if (parts.size() == 2 && parts[1] == "completions")
    return Destination{Endpoint::completions, {}, {}};
  if (parts.size() == 2 && parts[1] == "models") return Destination{Endpoint::model_list, {}, {}};
  if (parts.size() >= 3 && parts[1] == "models") return tfserving_model(parts.subspan(2));
  return std::nullopt;
}

}  // namespace

std::optional<std::string> decode_path(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  std::string decoded;
  decoded.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded += path[i];
      continue;
    }
    unsigned value = 0;
    const auto digits = path.substr(i + 1, 2);
    const auto end = digits.data() + digits.size();
    if (digits.size() < 2 || std::from_chars(digits.data(), end, value, 16).ptr != end)
      return std::nullopt;
    if (value < 0x20 || value == 0x7f || value == '/' || value == '\\') return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

std::optional<Destination> find_route(std::string_view path) {
  const auto parts = split(path);
  if (parts.front() == "v2") return kserve(parts);
  if (parts.front() == "v1") return version_one(parts);
  if (parts.size() == 1 && parts.front() == "metrics")
    return Destination{Endpoint::metrics, {}, {}};
  return std::nullopt;
}

bool takes_post(Endpoint endpoint) {
  return endpoint == Endpoint::infer || endpoint == Endpoint::predict ||
         endpoint == Endpoint::completions;
}

}  // namespace candor
