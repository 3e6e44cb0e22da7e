// SPDX-License-Identifier: Apache-2.0
// What every model is: features in, logits or values out. The list of models is make_model.cpp.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

#include <candor/config.h>

#include "core/base/random.h"
#include "engine/nn/dropout.h"

namespace candor {

// What the tensor stage gives a model.
//   tables: dense float [N, D]; indices int64 [N, E] of the embedded categorical columns (E may be
//   0: undefined tensor) images: dense float [N, 3, H, W], normalised text:   indices int64 [N, T],
//   token ids
//   tables whose numbers become vectors: numbers float [N, E, B] of the encoded columns
struct Features {
  at::Tensor dense;
  at::Tensor indices;
  at::Tensor numbers = {};
  // text: int64 [N, T]; a token sees only tokens before it with its own number. Undefined: all
  // tokens before it.
  at::Tensor segments = {};
  // tables with columns of text: the weighted terms of all rows one after the other, int64 [S] and
  // float [S], and where those of each row begin, int64 [N]. (As torch's EmbeddingBag takes them.)
  at::Tensor terms = {};
  at::Tensor term_weights = {};
  at::Tensor offsets = {};
};

// A layer of each encoded column's own (number_encoder.h).
struct NumberEncoderShape {
  std::int64_t columns = 0;      // E; 0: there is no such layer
  std::int64_t inputs = 1;       // B
  std::int64_t frequencies = 0;  // 0: the numbers come as vectors already
  double frequency_scale = 0.01;
  std::int64_t width = 0;  // of each column's vector behind the layer
};

// What the data decides about a model.
struct ModelShape {
  std::int64_t dense_width = 0;  // tables: D
  std::vector<std::int64_t>
      category_sizes;  // tables: vocabulary of each embedded column, E entries
  std::vector<std::int64_t> embedding_widths;  // E entries
  NumberEncoderShape numbers;
  std::int64_t terms = 0;    // tables: different terms of all columns of text
  std::int64_t outputs = 1;  // classes; 1 for regression; vocabulary for language models
  // Tokens that a text to classify, or to give a value, is made of. 0: there is no such text; a
  // model of tokens is then a language model.
  std::int64_t vocabulary = 0;
};

// Classification: logits [N, K]. Regression: standardised value [N, 1]. Language model: logits [N,
// T, V]. Forwards are shape-free (no C++ branch or view on a size), so that they trace with free N
// and T.
class Model : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const Features& features, DropoutStream& dropout) = 0;

  // Whether a row's output does not depend on the other rows of its batch while training.
  virtual bool rows_independent() const { return true; }

  // Layers that are fitted on training rows before training begins, and not learned: how many rows
  // they ask for (0: there are none), and the fit. Their values are buffers, part of the weights.
  virtual std::int64_t fitting_rows() const { return 0; }
  virtual void fit(const Features& rows) { (void)rows; }

  // Whether layers keep only their inputs in training, and are computed again for their gradients.
  void set_recomputing(bool on) { recomputes_ = on; }

  // Parameters of which a batch reaches few rows, so that their gradients are sparse tensors.
  virtual std::vector<at::Tensor> sparse_parameters() const { return {}; }

 protected:
  bool recomputes_ = false;
};

// Weights are drawn from `init`, on the CPU, as the reference implementation of each family draws
// them (PyTorch nn.Linear; Hugging Face Llama; torchvision ResNet).
std::shared_ptr<Model> make_model(const ModelConfig& config, const ModelShape& shape,
                                  const RandomStream& init);

// True for weights that regularisation and weight decay apply to: no biases, no normalisation
// weights. (Every parameter of two or more dimensions.)
bool decays(const at::Tensor& parameter);

}  // namespace candor
