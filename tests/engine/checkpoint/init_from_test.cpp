// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/init_from.h"

#include <torch/torch.h>

#include "core/base/files.h"
#include "engine/checkpoint/weights.h"
#include "engine/models/model.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

std::shared_ptr<Model> mlp(std::int64_t outputs, std::uint64_t seed) {
  MlpConfig config;
  config.hidden = {4};
  config.norm = Norm::batch;
  ModelShape shape;
  shape.dense_width = 3;
  shape.outputs = outputs;
  return make_model(config, shape, RandomStream(seed, "init"));
}

std::string saved(const test::TempDir& folder, const torch::nn::Module& module) {
  const auto path = folder / "weights.safetensors";
  save_tensors(path, module_state(module));
  return path.string();
}

std::string fault(const InitFromConfig& config, torch::nn::Module& module, ErrorKind kind) {
  const auto error = test::error_of([&] { begin_from(config, module); });
  return error && error->kind() == kind ? error->what() : "";
}

}  // namespace

TEST_CASE("a model begins with the weights of another one", "[checkpoint]") {
  const test::TempDir folder;
  const auto from = mlp(2, 1), to = mlp(2, 2);
  const auto path = saved(folder, *from);
  const auto entry = begin_from({path, {}}, *to);
  const auto expected = module_state(*from);
  for (const auto& [name, tensor] : module_state(*to)) CHECK(tensor.equal(expected.at(name)));
  CHECK(entry["path"] == path);
  CHECK(entry["sha256"] == sha256_file(path, ErrorKind::model));
}

TEST_CASE("a new head begins at random, the rest does not", "[checkpoint]") {
  const test::TempDir folder;
  const auto from = mlp(2, 1), to = mlp(5, 2), untouched = mlp(5, 2);
  begin_from({saved(folder, *from), {"layers.1.*"}}, *to);
  const auto given = module_state(*from), random = module_state(*untouched);
  for (const auto& [name, tensor] : module_state(*to)) {
    INFO(name);
    const bool head = name.starts_with("layers.1.");
    CHECK(tensor.equal(head ? random.at(name) : given.at(name)));
  }
}

TEST_CASE("all that does not fit is told at once", "[checkpoint]") {
  const test::TempDir folder;
  const auto from = mlp(2, 1), to = mlp(5, 2);
  auto tensors = module_state(*from);
  tensors.erase("norms.0.bias");
  tensors["extra.weight"] = torch::zeros({2});
  tensors["layers.0.bias"] = torch::zeros({4}, torch::kInt64);
  const auto path = (folder / "other.safetensors").string();
  save_tensors(path, tensors);
  const auto before = module_state(*to).at("layers.0.weight").clone();
  CHECK(fault({path, {}}, *to, ErrorKind::model) ==
        path +
            ": its weights are not those of the model; begin with others, or name what may begin "
            "at random in train.init_from.new:\n"
            "  layers.0.bias: is [4] int64, the model has [4] float32\n"
            "  layers.1.bias: is [2] float32, the model has [5] float32\n"
            "  layers.1.weight: is [2, 4] float32, the model has [5, 4] float32\n"
            "  norms.0.bias: is not in the file\n"
            "  extra.weight: is not in the model");
  CHECK(module_state(*to).at("layers.0.weight").equal(before));
}

TEST_CASE("a pattern of new weights fits some of the model's", "[checkpoint]") {
  const test::TempDir folder;
  const auto from = mlp(2, 1);
  const auto path = saved(folder, *from);
  CHECK(fault({path, {"fc.*"}}, *from, ErrorKind::config)
            .starts_with("train.init_from.new: pattern \"fc.*\" fits no parameter of the model; "
                         "the nearest are "));
}

TEST_CASE("a folder that is no model says what it is instead", "[checkpoint]") {
  const test::TempDir folder;
  const auto model = mlp(2, 1);
  CHECK(fault({folder.path().string(), {}}, *model, ErrorKind::model) ==
        folder.path().string() +
            ": is a folder without a model; MODEL is a model directory or a run directory");
  const auto missing = (folder / "none").string();
  CHECK(fault({missing, {}}, *model, ErrorKind::model) ==
        missing + ": no such folder; MODEL is a model directory or a run directory");
}
