// SPDX-License-Identifier: Apache-2.0
// Host stage + tensor stage of one model: fitted once on training rows, saved, and the same
// object's code everywhere after that.
#pragma once

#include <filesystem>
#include <memory>
#include <variant>

#include "core/base/json.h"
#include "core/image/prepare.h"
#include "core/schema/model_inputs.h"
#include "core/schema/signature.h"
#include "core/table/table_stage.h"
#include "core/text/normalizer.h"
#include "core/text/tokenizer.h"
#include "engine/preprocess/tensor_stage.h"

namespace candor {

// Host stage of text: tokens of one string, which is cleaned before.
struct TextHost {
  std::shared_ptr<const Tokenizer> tokenizer;
  std::int64_t context = 0;
  Normalizer clean = Normalizer({});

  std::vector<std::int64_t> encode(std::string_view text) const {
    return tokenizer->encode(clean.any() ? clean.apply(text) : text);
  }
};

// Host stage of images: decode, resize to size x size.
struct ImageHost {
  std::vector<std::string> labels;
  ImagePreparation preparation;
};

using HostStage = std::variant<TableStage, TextHost, ImageHost>;

class Preprocessor {
 public:
  Preprocessor(HostStage host, std::shared_ptr<TensorStage> stage);

  const Signature& signature() const { return signature_; }
  // One raw row through the host stage; rows == 1. `limits` are those of an encoded image: what a
  // client may send, or kFileLimits. Throws Error{request} naming field and type.
  ModelInputs prepare(const Row& row, const ImageLimits& limits = {}) const;
  // Host rows as arguments of the tensor stage; `copy` as for to_tensors().
  InputTensors tensors(const ModelInputs& inputs, bool copy = true) const {
    return to_tensors(inputs, widths_, copy);
  }
  const InputWidths& widths() const { return widths_; }
  const HostStage& host() const { return host_; }
  const std::shared_ptr<TensorStage>& stage() const { return stage_; }
  // The tokenizer of a text model, or of a table's column of tokens; null otherwise.
  const Tokenizer* tokenizer() const;

  // preprocess.json; the tokenizer has a file of its own.
  Json to_json() const;
  // `tokenizer` is tokenizer.json's content for models of tokens, else null. Throws Error{model}.
  static std::shared_ptr<const Preprocessor> from_json(const Json& json, const Json& tokenizer);

 private:
  HostStage host_;
  std::shared_ptr<TensorStage> stage_;
  Signature signature_;
  InputWidths widths_;
};

// What the fitted preprocessing decides about a model. Of `data` the widths that are not fitted:
// data.categorical.embedding_width (empty: min(50, (n + 1) / 2) for n indices), and the layers of
// data.numeric.encoding.
ModelShape model_shape(const Preprocessor& preprocessor, const DataConfig& data);

}  // namespace candor
