// SPDX-License-Identifier: Apache-2.0
// The models that a server answers for, found by name. A name from a request is only ever compared.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/serve/batcher.h"
#include "core/serve/server.h"
#include "core/serve/telemetry.h"

namespace candor {

// Positions of a signature's inputs by name. The signature outlives it.
class FieldIndex {
 public:
  explicit FieldIndex(const Signature& signature);
  FieldIndex(const FieldIndex&) = delete;  // the copy's positions would view the other's names
  FieldIndex& operator=(const FieldIndex&) = delete;
  // `expected` is tried first: clients send columns in the same order each time.
  std::optional<std::size_t> find(std::string_view name, std::size_t expected) const;
  // "unknown column; the model's inputs are age, city; did you mean 'age'?", never with `name`.
  std::string unknown(std::string_view name) const;

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string_view, std::size_t> positions_;  // views into names_
};

struct Model {
  explicit Model(ServedModel served)
      : name(std::move(served.name)),
        replicas(std::move(served.replicas)),
        host(*replicas.front()),
        signature(host.signature()),
        fields(signature) {}

  const std::string name;
  const std::vector<std::unique_ptr<Servable>> replicas;
  const Servable& host;  // its prepare() and count_tokens(), from any thread
  const Signature& signature;
  const FieldIndex fields;
  ModelTelemetry telemetry;
  std::unique_ptr<Batcher> batcher;  // after the server has started; ends before the replicas do
};

class ModelTable {
 public:
  // Throws Error{config} for a name that is not allowed, stands twice, or has no replica, and for
  // no model.
  explicit ModelTable(std::vector<ServedModel> served);

  // Throws Refusal{not_found}, which names the models there are. A version is "1" or absent.
  Model& find(std::string_view name, std::string_view version = {}) const;
  const std::vector<std::unique_ptr<Model>>& all() const { return models_; }

 private:
  std::vector<std::unique_ptr<Model>> models_;
};

}  // namespace candor
