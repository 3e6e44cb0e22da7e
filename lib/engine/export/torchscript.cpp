// SPDX-License-Identifier: Apache-2.0
#include "engine/export/torchscript.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/passes/normalize_ops.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "engine/nn/evaluation_mode.h"

namespace candor {
namespace {

namespace jit = torch::jit;

// Sizes of the traced example: distinct and above 1, so that a size baked into the graph shows at
// other shapes.
constexpr std::int64_t kTraceRows = 3;
constexpr std::int64_t kTraceLength = 7;
constexpr double kTolerance = 1e-5;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::model, "TorchScript export: " + what + "; no file was written");
}

// A jit::Module that holds the very tensors of `source`: the tracer finds them by identity and
// writes them as attributes, not as constants.
jit::Module mirror(const torch::nn::Module& source, const std::string& name,
                   const std::shared_ptr<jit::CompilationUnit>& unit) {
  jit::Module result(c10::QualifiedName("__torch__." + name), unit, /*shouldMangle=*/true);
  result.register_attribute("training", c10::BoolType::get(), false);
  for (const auto& item : source.named_parameters(/*recurse=*/false)) {
    result.register_parameter(item.key(), item.value(), /*is_buffer=*/false);
  }
  for (const auto& item : source.named_buffers(/*recurse=*/false)) {
    result.register_buffer(item.key(), item.value());
  }
  for (const auto& item : source.named_children()) {
    result.register_module(item.key(), mirror(*item.value(), "Candor", unit));
  }
  return result;
}

// Tensors that no parameter or buffer owns are baked into the graph, where no .to(device) reaches
// them.
void refuse_constants(const jit::Block& block) {
  for (const auto* node : block.nodes()) {
    if (node->kind() == c10::prim::Constant && node->hasAttribute(c10::attr::value) &&
        node->kindOf(c10::attr::value) == jit::AttributeKind::t &&
        node->t(c10::attr::value).numel() > 1) {
      fail("the graph holds a tensor constant of " +
           std::to_string(node->t(c10::attr::value).numel()) + " elements");
    }
    for (const auto* inner : node->blocks()) refuse_constants(*inner);
  }
}

jit::Module trace(Network& network, const InputTensors& example) {
  const auto unit = std::make_shared<jit::CompilationUnit>();
  auto module = mirror(network, "CandorNetwork", unit);
  const auto names = example.names();
  jit::Stack inputs;
  for (const auto& tensor : example.list()) inputs.emplace_back(tensor);
  const auto run = [&](jit::Stack stack) -> jit::Stack {
    std::vector<at::Tensor> tensors;
    for (const auto& value : stack) tensors.push_back(value.toTensor());
    return {network.predict(InputTensors::from_list(names, tensors))};
  };
  const auto no_name = [](const torch::autograd::Variable&) { return std::string(); };
  auto traced = jit::tracer::trace(std::move(inputs), run, no_name, /*strict=*/true,
                                   /*force_outplace=*/false, &module, names);
  auto graph = traced.first->graph;
  jit::NormalizeOps(graph);
  refuse_constants(*graph->block());
  auto* method =
      unit->create_function(c10::QualifiedName(*module.type()->name(), "forward"), graph);
  module.type()->addMethod(method);
  return module;
}

// Shapes of which none is the traced one: one row, one token, more of each, the longest.
std::vector<std::pair<std::int64_t, std::int64_t>> unseen_shapes(std::int64_t max_length) {
  const auto length = [&](std::int64_t wanted) {
    return std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(1, max_length));
  };
  return {{1, length(1)}, {1, length(max_length)}, {2, length(5)},
          {5, length(3)}, {8, length(11)},         {17, length(2)}};
}

double difference(const at::Tensor& native, const at::Tensor& exported, bool& within) {
  if (native.sizes() != exported.sizes()) fail("the exported model answers with another shape");
  const auto gap = (native - exported).abs();
  within = (gap <= kTolerance + kTolerance * native.abs()).all().item<bool>();
  return gap.numel() == 0 ? 0.0 : gap.max().item<double>();
}

Parity compare(Network& network, jit::Module& loaded, const SampleInputs& samples,
               std::int64_t max_length) {
  Parity parity;
  parity.passed = true;
  std::set<std::vector<std::int64_t>> seen;  // only text has shapes that differ in their length
  for (const auto& [rows, length] : unseen_shapes(max_length)) {
    const auto inputs = samples(rows, length);
    if (!seen.insert(inputs.list().front().sizes().vec()).second) continue;
    std::vector<c10::IValue> arguments;
    for (const auto& tensor : inputs.list()) arguments.emplace_back(tensor);
    bool within = false;
    const auto gap =
        difference(network.predict(inputs), loaded.forward(arguments).toTensor(), within);
    parity.max_difference = std::max(parity.max_difference, gap);
    parity.passed = parity.passed && within && std::isfinite(gap);
    ++parity.shapes;
  }
  return parity;
}

TorchScript export_checked(Network& network, const SampleInputs& samples, std::int64_t max_length,
                           const std::map<std::string, std::string>& extra_files) {
  const EvaluationMode mode(network);
  const torch::NoGradGuard no_gradients;
  const auto length = std::min<std::int64_t>(kTraceLength, std::max<std::int64_t>(1, max_length));
  auto module = trace(network, samples(kTraceRows, length));
  jit::ExtraFilesMap extra(extra_files.begin(), extra_files.end());
  // Into memory: LibTorch's file writer throws in its destructor when the disk is full.
  std::stringstream stream;
  module.save(stream, extra);
  auto loaded = jit::load(stream, at::kCPU);
  TorchScript result{stream.str(), compare(network, loaded, samples, max_length)};
  if (!result.parity.passed) {
    fail("the file does not compute what the native model computes (largest difference " +
         std::to_string(result.parity.max_difference) + ")");
  }
  return result;
}

}  // namespace

TorchScript export_torchscript(Network& network, const SampleInputs& samples,
                               std::int64_t max_length,
                               const std::map<std::string, std::string>& extra_files) {
  try {
    return export_checked(network, samples, max_length, extra_files);
  } catch (const Error&) {
    throw;
  } catch (const c10::Error& error) {
    fail(error.what_without_backtrace());
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

}  // namespace candor
