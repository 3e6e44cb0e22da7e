// SPDX-License-Identifier: Apache-2.0
// What a server, or any caller without Torch, needs of a model.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema/model_inputs.h"
#include "core/schema/signature.h"

namespace candor {

// The answer for one row. Classification: label, label_index, probabilities (sum 1). Regression:
// value, in the target's own unit. The rest where AnswerParts says so.
struct Prediction {
  std::string label;
  std::int64_t label_index = -1;
  std::vector<float> probabilities;
  double value = 0.0;
  std::vector<std::int64_t> set;  // class indices, rising; may be empty
  bool abstained = false;         // the label is not to be relied on
  double low = 0.0, high = 0.0;   // of the interval around value; infinite: no bound
};

// What answers hold besides label and probabilities, or value (docs/decisions.md).
struct AnswerParts {
  bool set = false;
  bool abstained = false;
  bool interval = false;
};

struct GenerateOptions {
  std::int64_t max_tokens = 64;
  double temperature = 1.0;           // >= 0; 0 takes the most probable token
  std::optional<std::int64_t> top_k;  // >= 1
  double top_p = 1.0;                 // (0, 1]
  std::uint64_t seed = 0;
  std::vector<std::string> stop;  // text before which the answer ends
};

struct Generated {
  std::string text;  // without the prompt
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::string finish_reason;  // "stop" or "length", as OpenAI names them
};

// A model that answers. prepare() may be called from any thread at any time; predict() and
// generate() from one thread per Servable (a replica). All throw Error{request} for a client's
// mistake, whose text names field and type and never the value, and Error{out_of_memory} where
// memory of host or device runs out: a server tells its client to come again.
class Servable {
 public:
  virtual ~Servable() = default;

  virtual const Signature& signature() const = 0;
  virtual AnswerParts parts() const { return {}; }

  // sha256 (hex) of the model's manifest.
  virtual const std::string& digest() const = 0;

  // Host stage of one row: parse, look up, tokenise, decode, resize. rows == 1 in the answer.
  virtual ModelInputs prepare(const Row& row) const = 0;

  // One prediction per row; rows were prepared by this model. Not for language models.
  virtual std::vector<Prediction> predict(const ModelInputs& batch) = 0;

  // Number of tokens of `text`, for limits and usage counts. Language models only.
  virtual std::int64_t count_tokens(std::string_view text) const = 0;

  // Continues `prompt`. `sink` gets each piece of valid UTF-8 text as it is made and returns false
  // to end early (a client gone). Language models only.
  virtual Generated generate(std::string_view prompt, const GenerateOptions& options,
                             const std::function<bool(std::string_view)>& sink) = 0;

  // A second, independent replica that shares the weights; for one more serving thread.
  virtual std::unique_ptr<Servable> replica() const = 0;
};

}  // namespace candor
