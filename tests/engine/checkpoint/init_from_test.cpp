// SPDX-License-Identifier: Apache-2.0
#include "engine/checkpoint/init_from.h"

#include <torch/torch.h>

#include "core/artifact/model_directory.h"
#include "core/artifact/run_directory.h"
#include "core/base/files.h"
#include "engine/checkpoint/weights.h"
#include "engine/data/table_runs.h"
#include "engine/models/model.h"
#include "engine/predict/model_files.h"
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

namespace {

// A model of a table, written as training writes one.
struct Source {
  RunConfig config;
  OpenedData data;
  fs::path file;

  Source(const RunConfig& of, const fs::path& directory) : config(of), data(open_data(of)) {
    const auto network = make_network(config, *data.preprocessor);
    Json metrics;
    metrics["format_version"] = 1;
    metrics["data"] = data.files;
    metrics["split_sha256"] = data.split_digest;
    write_model(directory, config, *data.preprocessor, *network, metrics);
    file = directory / "model.safetensors";
  }
};

std::string table_of(const std::vector<std::string>& cities) {
  std::string csv = "age,city,outcome\n";
  for (int i = 0; i < 40; ++i) {
    csv += std::to_string(20 + i * 7 % 50) + "," +
           cities[static_cast<std::size_t>(i) % cities.size()] + "," + (i % 3 ? "low" : "top") +
           "\n";
  }
  return csv;
}

RunConfig run_on(const std::string& file, std::optional<double> test_share = std::nullopt,
                 std::int64_t seed = 0) {
  auto config = test::config_of(file);
  test::data_of(config).split.test = test_share;
  test::data_of(config).split.seed = static_cast<std::uint64_t>(seed);
  return config;
}

// What check_meaning() says about a run by `config` that begins with the weights of `source`.
std::vector<std::string> meaning(const Source& source, const RunConfig& config,
                                 const std::vector<std::string>& new_ones = {}) {
  const auto data = open_data(config);
  const auto network = make_network(config, *data.preprocessor);
  return check_meaning(source.file, new_ones, network->model(), *data.preprocessor, config.model);
}

std::string refusal(const Source& source, const RunConfig& config,
                    const std::vector<std::string>& new_ones = {}) {
  const auto error = test::error_of([&] { meaning(source, config, new_ones); });
  return error && error->kind() == ErrorKind::model ? error->what() : "";
}

}  // namespace

TEST_CASE("weights of other categories, classes or columns are refused, whatever their shapes",
          "[checkpoint]") {
  const test::TempDir folder;
  const Source source(run_on(folder.write("a.csv", table_of({"Aarhus", "Bergen"}))),
                      folder / "model");
  CHECK(meaning(source, source.config).empty());
  const auto begin =
      "/train/init_from/path: " + source.file.string() +
      ": its weights are of other columns, categories, classes or tokens; begin with "
      "others, or name what may begin at random in train.init_from.new:";
  const auto other = run_on(folder.write("b.csv", table_of({"Aarhus", "Cork"})));
  CHECK(
      refusal(source, other) ==
      begin +
          "\n  layers.0.weight: input 3 is \"city = Cork\" here and \"city = Bergen\" there (1 of "
          "3 differ)");
  auto text = table_of({"Aarhus", "Bergen"});
  for (auto at = text.find("top"); at != std::string::npos; at = text.find("top")) {
    text.replace(at, 3, "up");
  }
  const auto classes = run_on(folder.write("c.csv", text));
  CHECK(refusal(source, classes) ==
        begin + "\n  layers.1.*: class 2 is \"up\" here and \"top\" there (1 of 2 differ)");
  text = table_of({"Aarhus", "Bergen"});
  text.replace(0, 3, "years");
  CHECK(refusal(source, run_on(folder.write("d.csv", text))) ==
        begin + "\n  layers.0.weight: input 1 is \"years\" here and \"age\" there (1 of 3 differ)");
}

TEST_CASE("what differs may begin at random, and is told", "[checkpoint]") {
  const test::TempDir folder;
  auto config = run_on(folder.write("a.csv", table_of({"Aarhus", "Bergen"})));
  test::data_of(config).categorical.encoding = Encoding::embedding;
  const Source source(config, folder / "model");
  test::data_of(config).files.train = folder.write("b.csv", table_of({"Aarhus", "Cork"}));
  CHECK_THAT(refusal(source, config),
             CANDOR_CONTAINS("\n  embeddings.0.weight: value of city 4 is \"Cork\" here and "
                             "\"Bergen\" there (1 of 4 differ)"));
  CHECK(meaning(source, config, {"embeddings.*"}) ==
        std::vector<std::string>{"train.init_from: begins at random: embeddings.0.weight: value of "
                                 "city 4 is \"Cork\" here and \"Bergen\" there (1 of 4 differ)"});
  // A new head, of more classes.
  auto text = table_of({"Aarhus", "Bergen"});
  text += "30,Aarhus,middle\n31,Bergen,middle\n";
  test::data_of(config).files.train = folder.write("c.csv", text);
  CHECK(meaning(source, config, {"layers.1.*"}) ==
        std::vector<std::string>{"train.init_from: begins at random: layers.1.*: has 3 here and 2 "
                                 "there, one for each class"});
}

TEST_CASE("a file of weights alone tells nothing of its columns, and that is said",
          "[checkpoint]") {
  const test::TempDir folder;
  const Source source(run_on(folder.write("a.csv", table_of({"Aarhus", "Bergen"}))),
                      folder / "model");
  fs::copy_file(source.file, folder / "alone.safetensors");
  const auto network = make_network(source.config, *source.data.preprocessor);
  CHECK(
      check_meaning(folder / "alone.safetensors", {}, network->model(), *source.data.preprocessor,
                    source.config.model) ==
      std::vector<std::string>{"train.init_from: " + (folder / "alone.safetensors").string() +
                               " lies in no model directory, so that nothing tells which columns, "
                               "classes or tokens its weights are of"});
}

TEST_CASE("test rows that the weights may have seen are told", "[checkpoint]") {
  const test::TempDir folder;
  const auto path = folder.write("a.csv", table_of({"Aarhus", "Bergen"}));
  const Source source(run_on(path, 0.25), folder / "model");
  CHECK_FALSE(seen_rows(source.file, open_data(run_on(path, 0.25))));
  CHECK(seen_rows(source.file, open_data(run_on(path, 0.25, 1))) ==
        "train.init_from: the test rows come from a.csv, which the weights of " +
            (folder / "model").string() +
            " were trained on, by another split: rows that they have seen make the report look "
            "better than it is; take the data.split of that run, or test rows of their own");
  const auto other = folder.write("b.csv", table_of({"Aarhus", "Cork"}));
  CHECK_FALSE(seen_rows(source.file, open_data(run_on(other, 0.25))));
  auto apart = run_on(path);
  test::data_of(apart).files.test = other;
  CHECK_FALSE(seen_rows(source.file, open_data(apart)));
}
