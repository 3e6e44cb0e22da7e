// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/init_from.h"

#include <torch/torch.h>

#include "core/artifact/run_directory.h"
#include "core/base/files.h"
#include "engine/checkpoint/weights.h"
#include "engine/models/model.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
namespace fs = std::filesystem;

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

Json begin(const InitFromConfig& config, torch::nn::Module& module) {
  return begin_from(find_weights(config.path), config.new_ones, module);
}

std::string fault(const InitFromConfig& config, torch::nn::Module& module, ErrorKind kind) {
  const auto error = test::error_of([&] { begin(config, module); });
  return error && error->kind() == kind ? error->what() : "";
}

}  // namespace

TEST_CASE("a model begins with the weights of another one", "[checkpoint]") {
  const test::TempDir folder;
  const auto from = mlp(2, 1), to = mlp(2, 2);
  const auto path = saved(folder, *from);
  const auto entry = begin({path, {}}, *to);
  const auto expected = module_state(*from);
  for (const auto& [name, tensor] : module_state(*to)) CHECK(tensor.equal(expected.at(name)));
  CHECK(entry["path"] == path);
  CHECK(entry["sha256"] == sha256_file(path, ErrorKind::model));
}

TEST_CASE("a new head begins at random, the rest does not", "[checkpoint]") {
  const test::TempDir folder;
  const auto from = mlp(2, 1), to = mlp(5, 2), untouched = mlp(5, 2);
  begin({saved(folder, *from), {"layers.1.*"}}, *to);
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
        "/train/init_from/path: " + path +
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

TEST_CASE("what is no weights says what it is instead, and which field named it", "[checkpoint]") {
  const test::TempDir folder;
  const auto model = mlp(2, 1);
  const std::string expected =
      "; expected a run directory, a model directory or a .safetensors file";
  const auto refused = [&](const std::string& path) {
    return fault({path, {}}, *model, ErrorKind::config);
  };
  const auto place = "/train/init_from/path: " + folder.path().string();
  CHECK(refused(folder.path().string()) ==
        place + ": is neither a run directory with a model, nor a model directory" + expected);
  CHECK(refused((folder / "none").string()) ==
        place + "/none: there is no such file or folder" + expected);
  CHECK(refused((folder / "none.safetensors").string()) ==
        place + "/none.safetensors: there is no such file or folder" + expected);
  CHECK(refused(folder.write("weights.txt", "no")) ==
        place + "/weights.txt: is a file, but not of the kind .safetensors" + expected);
  RunDirectory::create(folder / "run", false).begin();
  CHECK(refused((folder / "run").string()) ==
        place + "/run: is a run directory without a model, because training has not ended there" +
            expected);
}

TEST_CASE("damaged weights are a damaged model, of the field that named them", "[checkpoint]") {
  const test::TempDir folder;
  const auto model = mlp(2, 1);
  const auto path = folder.write("torn.safetensors", "no header");
  CHECK(fault({path, {}}, *model, ErrorKind::model)
            .starts_with("/train/init_from/path: " + path + ": "));
  fs::create_directory(folder / "model");
  folder.write("model/model.json", "{}");
  folder.write("model/MANIFEST.json", "{}");
  CHECK(fault({(folder / "model").string(), {}}, *model, ErrorKind::model)
            .starts_with("/train/init_from/path: "));
}
