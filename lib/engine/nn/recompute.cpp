// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/recompute.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include <utility>

#include "engine/nn/products.h"

namespace candor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

thread_local bool running_again = false;

struct RunsAgain {
  RunsAgain() : before(std::exchange(running_again, true)) {}
  ~RunsAgain() { running_again = before; }
  RunsAgain(const RunsAgain&) = delete;
  RunsAgain& operator=(const RunsAgain&) = delete;
  bool before;
};

struct Call : torch::CustomClassHolder {
  Call(LayerFunction l, const DropoutStream& d) : layer(std::move(l)), dropout(d) {}
  LayerFunction layer;
  DropoutStream dropout;                  // as it was before the first run
  ProductKind products = product_kind();  // backward may run on another thread
  const WorkingWeights* working = working_weights();
};

struct Recompute : torch::autograd::Function<Recompute> {
  // `anchor` needs a gradient even where no input does, so that backward comes here for the
  // parameters.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& anchor,
                            at::TensorList inputs, const c10::intrusive_ptr<Call>& call,
                            DropoutStream* dropout) {
    (void)anchor;
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    context->save_for_backward(inputs.vec());
    return call->layer(inputs.vec(), *dropout);  // Function::apply() has switched gradients off
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto call =
        c10::static_intrusive_pointer_cast<Call>(context->saved_data["call"].toCapsule());
    std::vector<at::Tensor> inputs;
    for (const auto& saved : context->get_saved_variables()) {
      inputs.push_back(saved.detach().set_requires_grad(saved.requires_grad()));
    }
    auto dropout = call->dropout;
    {
      const torch::AutoGradMode with_gradients(true);
      const RunsAgain again;
      const ProductScope products(call->products, call->working);
      const auto output = call->layer(inputs, dropout);
      if (output.requires_grad()) torch::autograd::backward({output}, {gradients[0]});
    }
    variable_list result = {{}};
    for (const auto& input : inputs) result.push_back(input.grad());
    result.insert(result.end(), 2, at::Tensor());  // of the call and of the stream
    return result;
  }
};

}  // namespace

bool recomputing() { return running_again; }

at::Tensor recompute(LayerFunction layer, std::vector<at::Tensor> inputs, DropoutStream& dropout) {
  if (!at::GradMode::is_enabled() || torch::jit::tracer::isTracing()) return layer(inputs, dropout);
  const auto anchor = at::empty({0}).set_requires_grad(true);
  return Recompute::apply(anchor, at::TensorList(inputs),
                          c10::make_intrusive<Call>(std::move(layer), dropout), &dropout);
}

}  // namespace candor
