// SPDX-License-Identifier: Apache-2.0
#include <png.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>

#include <candor/log.h>

#include "core/image/decode.h"
#include "engine/data/mix_batch.h"
#include "engine/data/open_data.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

namespace fs = std::filesystem;

constexpr int kSide = 4;

struct Color {
  std::uint8_t red, green, blue;
};

// One colour with a dark left column, so that a mirrored image is another one.
void write_image(const fs::path& path, Color color) {
  std::vector<std::uint8_t> rgb;
  for (int pixel = 0; pixel < kSide * kSide; ++pixel) {
    const bool dark = pixel % kSide == 0;
    for (const auto value : {color.red, color.green, color.blue}) rgb.push_back(dark ? 0 : value);
  }
  fs::create_directories(path.parent_path());
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = kSide;
  image.format = PNG_FORMAT_RGB;
  REQUIRE(png_image_write_to_file(&image, path.c_str(), 0, rgb.data(), 0, nullptr));
}

Color color_of(int number) {
  const auto part = [&](int factor) { return static_cast<std::uint8_t>(number * factor % 251); };
  return {part(37), part(91), part(113)};
}

// `count` images of each class, 00.png, 01.png, ..., all of different colours.
void write_classes(const fs::path& root, const std::vector<std::string>& classes, int count) {
  int number = 1;
  for (const auto& name : classes) {
    for (int i = 0; i < count; ++i) {
      write_image(root / name / (std::string(i < 10 ? "0" : "") + std::to_string(i) + ".png"),
                  color_of(number++));
    }
  }
}

RunConfig config_of(const fs::path& train) {
  RunConfig config;
  config.name = "images";
  ImageData data;
  data.files.train = train.string();
  data.size = kSide;
  config.data = data;
  config.model = ResNetConfig{};
  return config;
}

ImageData& data_of(RunConfig& config) { return std::get<ImageData>(config.data); }

std::vector<std::int64_t> targets(const Dataset& dataset) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(dataset.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  const auto target = dataset.batch(rows).target;
  return {target.data_ptr<std::int64_t>(), target.data_ptr<std::int64_t>() + target.numel()};
}

std::map<std::int64_t, int> class_counts(const Dataset& dataset) {
  std::map<std::int64_t, int> counts;
  for (const auto label : targets(dataset)) ++counts[label];
  return counts;
}

std::string message(const RunConfig& config) {
  const auto error = test::error_of([&] { open_data(config); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  return error->what();
}

// What candor says of a file that is no image.
std::string fault_of(const std::string& path) {
  return path + ": " + test::error_of([&] { decode_image(test::slurp(path)); })->what();
}

}  // namespace

TEST_CASE("mean and deviation are those of the training images only", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 15);
  auto config = config_of(folder / "all");
  data_of(config).split.validation = 0.2;
  data_of(config).split.test = 0.2;
  const auto data = open_data(config);

  const auto stage = data.preprocessor->stage()->to_json();
  double sum = 0.0, squares = 0.0;
  const auto paths = data.train->ids();
  REQUIRE(paths.size() == 18);
  for (const auto& path : paths) {
    for (std::size_t i = 1; const auto value : decode_image(test::slurp(path)).rgb) {
      if (i++ % 3 != 2) continue;  // the green channel
      sum += value / 255.0;
      squares += value / 255.0 * value / 255.0;
    }
  }
  const double pixels = 18.0 * kSide * kSide, mean = sum / pixels;
  CHECK(stage["mean"][1].get<double>() == Approx(mean));
  CHECK(stage["std"][1].get<double>() == Approx(std::sqrt(squares / pixels - mean * mean)));

  std::uint8_t bright = 200;  // no two files are equal, since equal ones are split together
  for (const auto* part : {&data.validation, &data.test}) {
    for (const auto& path : (*part)->ids()) write_image(path, {255, 255, bright++});
  }
  CHECK(open_data(config).preprocessor->to_json() == data.preprocessor->to_json());
  write_image(paths[0], {255, 255, 255});
  CHECK(open_data(config).preprocessor->to_json() != data.preprocessor->to_json());
}

TEST_CASE("every part keeps the shares of the classes", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 10);
  write_classes(folder / "all", {"eel"}, 20);
  auto config = config_of(folder / "all");
  data_of(config).split.validation = 0.2;
  data_of(config).split.test = 0.3;
  const auto data = open_data(config);
  using Counts = std::map<std::int64_t, int>;
  CHECK(class_counts(*data.train) == Counts{{0, 5}, {1, 5}, {2, 10}});
  CHECK(class_counts(*data.validation) == Counts{{0, 2}, {1, 2}, {2, 4}});
  CHECK(class_counts(*data.test) == Counts{{0, 3}, {1, 3}, {2, 6}});
}

TEST_CASE("an image that cannot be read is left out and counted", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 5);
  auto config = config_of(folder / "all");
  CHECK_FALSE(open_data(config).files[0].contains("images_left_out"));

  const auto broken = folder.write("all/dog/broken.png", "not an image");
  data_of(config).max_bad_fraction = 0.1;
  const auto data = open_data(config);
  CHECK(data.train->size() == 10);
  CHECK(data.files[0]["images"] == 11);
  CHECK(data.files[0]["images_left_out"] == 1);
  const auto ids = data.train->ids();
  CHECK(std::find(ids.begin(), ids.end(), broken) == ids.end());
  CHECK(targets(*data.train) == std::vector<std::int64_t>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1});
}

TEST_CASE("too many images that cannot be read end the run", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 5);
  const auto broken = folder.write("all/dog/broken.png", "not an image");
  auto config = config_of(folder / "all");
  data_of(config).max_bad_fraction = 0.05;
  CHECK(message(config) ==
        "1 of 11 images cannot be read, above data.max_bad_fraction; the first: " +
            fault_of(broken) + "; mend or remove them, or raise the limit");
}

TEST_CASE("a folder in which no image can be read is refused whatever is allowed", "[data]") {
  const test::TempDir folder;
  const auto first = folder.write("all/cat/1.png", "");
  folder.write("all/dog/1.png", "not an image");
  auto config = config_of(folder / "all");
  data_of(config).max_bad_fraction = 1.0;
  CHECK(message(config) == "2 of 2 images cannot be read, none is left; the first: " +
                               fault_of(first) + "; mend them, or name another folder");
}

TEST_CASE("folders of a user's own are the validation and the test, with the model's classes",
          "[data]") {
  const test::TempDir folder;
  write_classes(folder / "train", {"cat", "dog", "eel"}, 4);
  write_classes(folder / "validation", {"dog", "eel"}, 2);
  write_classes(folder / "test", {"cat", "eel"}, 1);
  auto config = config_of(folder / "train");
  data_of(config).files.validation = (folder / "validation").string();
  data_of(config).files.test = (folder / "test").string();
  const auto data = open_data(config);
  CHECK(data.preprocessor->signature().labels == std::vector<std::string>{"cat", "dog", "eel"});
  CHECK(data.train->size() == 12);
  CHECK(targets(*data.validation) == std::vector<std::int64_t>{1, 1, 2, 2});
  CHECK(targets(*data.test) == std::vector<std::int64_t>{0, 2});
  CHECK(data.test->ids()[1] == (folder / "test/eel/00.png").string());
  REQUIRE(data.files.size() == 3);
  CHECK(data.files[1]["part"] == "validation");
  CHECK(data.files[1]["images"] == 4);
}

TEST_CASE("a class folder that training never saw is refused", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "train", {"cat", "dog"}, 4);
  write_classes(folder / "test", {"cat", "eel"}, 1);
  auto config = config_of(folder / "train");
  data_of(config).files.test = (folder / "test").string();
  const auto expected = (folder / "test").string() +
                        ": class 'eel' was never seen in training; the classes here are cat, "
                        "eel, those of training are cat, dog; remove the class or train with it";
  CHECK(message(config) == expected);
  data_of(config).files.test.reset();
  const auto fitted = open_data(config).preprocessor;
  const auto error =
      test::error_of([&] { open_external(config, fitted, (folder / "test").string()); });
  REQUIRE(error);
  CHECK(std::string(error->what()) == expected);
}

TEST_CASE("a class that is missing in another part is told, with the classes of both", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "train", {"cat", "dog", "eel"}, 4);
  write_classes(folder / "test", {"cat", "eel"}, 1);
  auto config = config_of(folder / "train");
  data_of(config).files.test = (folder / "test").string();
  std::vector<std::string> lines;
  set_log([&](int, const std::string& line) { lines.push_back(line); });
  const auto data = open_data(config);
  set_log({});
  CHECK(targets(*data.test) == std::vector<std::int64_t>{0, 2});
  const auto expected =
      (folder / "test").string() +
      ": not all classes of training are here: here cat, eel, in training cat, dog, eel";
  CHECK(std::find(lines.begin(), lines.end(), expected) != lines.end());
}

TEST_CASE("a part opens without the folders of the others, at the model's own size", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "train", {"cat", "dog"}, 4);
  write_classes(folder / "test", {"cat", "dog"}, 2);
  auto config = config_of(folder / "train");
  data_of(config).files.test = (folder / "test").string();
  const auto fitted = open_data(config).preprocessor;
  fs::remove_all(folder / "train");
  data_of(config).size = 99;  // the model was fitted at another size, and that one counts
  const auto data = open_data(config, fitted, "test");
  CHECK_FALSE(data.train);
  CHECK(data.test->batch(std::array<std::int64_t, 1>{3}).inputs.image.sizes() ==
        at::IntArrayRef{1, 3, kSide, kSide});
  CHECK(data.files.size() == 1);
}

TEST_CASE("a folder's digest is that of its names and contents, not of its place", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "here", {"cat", "dog"}, 3);
  write_classes(folder / "there", {"cat", "dog"}, 3);
  const auto digest = [&](const char* name) {
    return open_data(config_of(folder / name)).files[0]["sha256"].get<std::string>();
  };
  const auto first = digest("here");
  CHECK(first.size() == 64);
  CHECK(digest("there") == first);
  write_image(folder / "there/dog/01.png", {1, 2, 3});
  const auto changed = digest("there");
  CHECK(changed != first);
  fs::rename(folder / "here/dog/02.png", folder / "here/dog/03.png");
  CHECK(digest("here") != first);
  CHECK(digest("here") != changed);
}

TEST_CASE("training sees changed images, the same ones again in the same epoch", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 8);
  auto config = config_of(folder / "all");
  config.augment.flip = true;
  config.augment.crop = 2;
  const auto data = open_data(config);
  const std::vector<std::int64_t> rows = {0, 3, 5, 9, 12};
  const RandomStream epochs(1, "augment");
  const auto plain = data.train->batch(rows);
  const auto first = data.train->training_batch(rows, epochs.at(0));
  CHECK(first.target.equal(plain.target));
  CHECK_FALSE(first.inputs.image.equal(plain.inputs.image));
  CHECK(first.inputs.image.equal(data.train->training_batch(rows, epochs.at(0)).inputs.image));
  CHECK_FALSE(
      first.inputs.image.equal(data.train->training_batch(rows, epochs.at(1)).inputs.image));
  const auto alone = data.train->training_batch(std::array<std::int64_t, 1>{9}, epochs.at(0));
  CHECK(alone.inputs.image[0].equal(first.inputs.image[3]));
}

TEST_CASE("an image is mirrored in every other epoch", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 20);
  auto config = config_of(folder / "all");
  config.augment.flip = true;
  const auto data = open_data(config);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(data.train->size()));
  std::iota(rows.begin(), rows.end(), 0);
  const RandomStream epochs(1, "augment"), turns(1, "turns");
  const auto seen_in = [&](std::int64_t epoch) {
    const auto stream = epochs.at(static_cast<std::uint64_t>(epoch));
    return data.train->training_batch(rows, {stream, epoch, turns}).inputs.image;
  };
  const auto first = seen_in(0), second = seen_in(1);
  CHECK(first.equal(second.flip(3)));
  CHECK(first.equal(seen_in(2)));
  const auto plain = data.train->batch(rows).inputs.image;
  std::int64_t mirrored = 0;
  for (std::int64_t i = 0; i < plain.size(0); ++i) mirrored += !first[i].equal(plain[i]);
  CHECK(mirrored > 5);  // about half of 40, less the test rows
  CHECK(mirrored < plain.size(0) - 5);
}

TEST_CASE("the first epochs train on smaller images", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 20);
  auto config = config_of(folder / "all");
  constexpr std::int64_t side = 8;
  data_of(config).size = side;
  const auto full = open_data(config);
  config.augment.progressive_resize = ProgressiveResizeConfig{side / 2, 2};
  const auto data = open_data(config);
  const auto seen_in = [&](const OpenedData& opened, std::int64_t epoch) {
    return opened.train
        ->training_batch(std::array<std::int64_t, 2>{3, 5}, {RandomStream(1, "augment"), epoch})
        .inputs.image;
  };
  const auto first = seen_in(data, 0);
  CHECK(first.sizes() == at::IntArrayRef{2, 3, side / 2, side / 2});
  CHECK(seen_in(data, 1).size(3) > side / 2);
  CHECK(seen_in(data, 1).size(3) < side);
  CHECK(seen_in(data, 2).equal(seen_in(full, 2)));
  // The same picture, resized.
  CHECK((first.to(torch::kFloat).mean() - seen_in(full, 0).to(torch::kFloat).mean())
            .abs()
            .item<float>() < 3.0f);
  CHECK(data.train->batch(std::array<std::int64_t, 1>{0}).inputs.image.size(3) == side);
}

TEST_CASE("a split of too few images is refused with the way out", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 2);
  const auto path = (folder / "all").string();
  auto config = config_of(path);
  data_of(config).split.test = 0.1;
  CHECK(message(config) == path +
                               ": data.split.test asks for a part, but its share of so little "
                               "data is empty; give more data, raise the share, or leave it out "
                               "(~data.split.test)");
  data_of(config).split.test = 0.9;
  CHECK(open_data(config).train->size() == 2);  // one of each class stays, whatever the share
}

TEST_CASE("equal image files stay in one part, whatever their folders say", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "images", {"a", "b"}, 20);
  std::vector<std::string> copies;
  for (int i = 10; i < 18; ++i) {
    const auto name = std::to_string(i) + ".png";
    fs::copy_file(folder / "images" / "a" / name, folder / "images" / "b" / ("copy" + name));
    copies.push_back(name);
  }
  auto config = config_of(folder / "images");
  data_of(config).split.test = 0.3;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    data_of(config).split.seed = seed;
    const auto data = open_data(config);
    CHECK(data.split["repeated_rows"] == 8);
    const auto ids = data.test->ids();
    const auto in_test = [&](const std::string& ending) {
      return std::any_of(ids.begin(), ids.end(),
                         [&](const std::string& id) { return id.ends_with(ending); });
    };
    for (const auto& name : copies) CHECK(in_test("a/" + name) == in_test("b/copy" + name));
  }
}

TEST_CASE("images are drawn so that every class comes equally often", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "images", {"a", "b"}, 3);
  fs::remove(folder / "images" / "b" / "00.png");
  auto config = config_of(folder / "images");
  CHECK(open_data(config).sampling_weights.empty());
  config.train.sampling.by = SamplingBy::by_class;
  const auto third = 1.0 / 3.0;
  CHECK(open_data(config).sampling_weights == std::vector<double>{third, third, third, 0.5, 0.5});
}

TEST_CASE("pixels that are not kept in memory are the same as those that are", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 6);
  auto config = config_of(folder / "all");
  config.augment.flip = true;
  const auto kept = open_data(config);
  data_of(config).memory = 0;
  const auto read = open_data(config);
  CHECK(kept.preprocessor->to_json() == read.preprocessor->to_json());
  const std::vector<std::int64_t> rows = {11, 0, 5, 7};
  CHECK(kept.train->batch(rows).inputs.image.equal(read.train->batch(rows).inputs.image));
  const auto epoch = RandomStream(1, "augment").at(3);
  CHECK(kept.train->training_batch(rows, epoch)
            .inputs.image.equal(read.train->training_batch(rows, epoch).inputs.image));

  write_image(kept.train->ids()[5], {7, 8, 9});
  const auto path = read.train->ids()[5];
  fs::resize_file(path, fs::file_size(path) - 1);
  const auto error = test::error_of([&] { read.train->batch(std::array<std::int64_t, 1>{5}); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  CHECK(std::string(error->what()).rfind(path + ": changed since it was opened: the image ", 0) ==
        0);
}

TEST_CASE("a random part is drawn by image and epoch, for training only", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 6);
  auto config = config_of(folder / "all");
  config.augment.resized_crop = ResizedCropConfig{};
  const auto data = open_data(config);
  config.augment.resized_crop.reset();
  const std::vector<std::int64_t> rows = {1, 2, 3, 8};
  CHECK(data.train->batch(rows).inputs.image.equal(
      open_data(config).train->batch(rows).inputs.image));
  const RandomStream epochs(1, "augment");
  const auto first = data.train->training_batch(rows, epochs.at(0)).inputs.image;
  CHECK(first.equal(data.train->training_batch(rows, epochs.at(0)).inputs.image));
  CHECK_FALSE(first.equal(data.train->training_batch(rows, epochs.at(1)).inputs.image));
  const auto alone = data.train->training_batch(std::array<std::int64_t, 1>{3}, epochs.at(0));
  CHECK(alone.inputs.image[0].equal(first[2]));
}

TEST_CASE("mixup mixes each image with the one before it, and says by which share", "[data]") {
  const test::TempDir folder;
  write_classes(folder / "all", {"cat", "dog"}, 6);
  auto config = config_of(folder / "all");
  config.augment.mixup = MixupConfig{1.0};
  const auto data = open_data(config);
  const std::vector<std::int64_t> rows = {0, 7, 3, 9};
  const auto plain = data.train->batch(rows);
  CHECK_FALSE(plain.second_target.defined());
  const auto mixed = data.train->training_batch(rows, RandomStream(1, "augment").at(0));
  CHECK(mixed.target.equal(plain.target));
  CHECK(mixed.second_target.equal(plain.target.roll(1)));
  CHECK(mixed.target_share > 0.0);
  CHECK(mixed.target_share < 1.0);
  const auto own = plain.inputs.image.to(torch::kFloat64);
  const auto expected = own * mixed.target_share + own.roll(1, 0) * (1.0 - mixed.target_share);
  CHECK((mixed.inputs.image.to(torch::kFloat64) - expected).abs().max().item<double>() < 0.51);
}

TEST_CASE("CutMix takes a rectangle of the image before, labels by its area", "[data]") {
  const auto stream = RandomStream(4, "batches");
  AugmentConfig augment;
  augment.cutmix = CutmixConfig{};
  for (std::uint64_t i = 0; i < 50; ++i) {
    Batch batch;
    batch.target = torch::arange(3);
    batch.inputs.image =
        torch::arange(3, torch::kUInt8).reshape({3, 1, 1, 1}).repeat({1, 3, 12, 10});
    mix_batch(augment, stream.at(i), batch);
    CHECK(batch.second_target.equal(torch::tensor({2, 0, 1}, torch::kInt64)));
    for (std::int64_t image = 0; image < 3; ++image) {
      const auto pixels = batch.inputs.image[image];
      const auto own = (pixels == image).sum().item<double>() / 360.0;
      CHECK(own == Approx(batch.target_share));
      CHECK((pixels == (image + 2) % 3).sum().item<double>() / 360.0 == Approx(1.0 - own));
    }
  }
}

TEST_CASE("shares come from a Beta distribution", "[data]") {
  const RandomStream stream(9, "beta");
  for (const double alpha : {0.2, 1.0, 4.0}) {
    double sum = 0.0, squares = 0.0;
    constexpr int kDraws = 4000;
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const auto share = draw_beta(alpha, stream.at(i));
      REQUIRE(share >= 0.0);
      REQUIRE(share <= 1.0);
      sum += share;
      squares += share * share;
    }
    const double mean = sum / kDraws;
    CAPTURE(alpha);
    CHECK(mean == Approx(0.5).margin(0.03));
    CHECK(squares / kDraws - mean * mean == Approx(1.0 / (4.0 * (2.0 * alpha + 1.0))).epsilon(0.1));
  }
}
