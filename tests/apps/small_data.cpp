// SPDX-License-Identifier: Apache-2.0
#include "apps/small_data.h"

#include <png.h>

#include <cstdint>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace candor::test {
namespace {

// A small linear congruential generator: the data is the same everywhere.
class Numbers {
 public:
  explicit Numbers(std::uint32_t seed) : state_(seed * 2654435761u + 1u) {}
  int below(int bound) {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<int>((state_ >> 8) % static_cast<std::uint32_t>(bound));
  }

 private:
  std::uint32_t state_;
};

std::string people() {
  std::ostringstream csv;
  csv << "age,income,city,outcome\n";
  Numbers numbers(1);
  const char* cities[] = {"Aarhus", "Bergen", "Cork"};
  for (int row = 0; row < 240; ++row) {
    const int age = 20 + numbers.below(50);
    const int income = 100 * (100 + numbers.below(400));
    const int city = numbers.below(3);
    const bool yes = age * 400 + income + city * 4000 > 50000;
    csv << age << ',';
    if (numbers.below(10) > 0) csv << income;
    csv << ',' << cities[city] << ',' << (yes ? "yes" : "no") << '\n';
  }
  return csv.str();
}

// Spam has an offer in it; a few rows have no text, and say nothing.
std::string messages() {
  const char* who[] = {"my friend", "the office", "your mother", "a colleague", "our neighbour"};
  const char* does[] = {"waits at home", "calls this evening", "is late again", "comes by train"};
  const char* offers[] = {"win a free prize", "claim your cash now", "free tickets call now"};
  std::ostringstream csv;
  csv << "message,words,kind\n";
  Numbers numbers(4);
  for (int row = 0; row < 240; ++row) {
    const bool spam = row % 3 == 0;
    std::string text = std::string(who[numbers.below(5)]) + " " + does[numbers.below(4)];
    if (spam) text += std::string(", ") + offers[numbers.below(3)] + "!";
    text += " no " + std::to_string(numbers.below(1000));
    if (row % 40 == 7) text.clear();
    csv << '"' << text << "\"," << numbers.below(20) << ',' << (spam ? "spam" : "ham") << '\n';
  }
  return csv.str();
}

std::string story() {
  const char* who[] = {"the cat", "the dog", "a bird", "the old fox", "my friend", "a small boat"};
  const char* does[] = {"sees", "likes", "follows", "finds", "forgets"};
  const char* what[] = {"the sun", "a red ball", "the river", "an apple", "the long road"};
  std::string text;
  Numbers numbers(2);
  while (text.size() < 12'000) {
    text += std::string(who[numbers.below(6)]) + " " + does[numbers.below(5)] + " " +
            what[numbers.below(5)] + ".\n";
  }
  return text;
}

}  // namespace

void write_png(const std::string& path, int side, int brightness, int seed) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  Numbers numbers(static_cast<std::uint32_t>(seed));
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(side * side * 3));
  for (auto& value : rgb) value = static_cast<std::uint8_t>(brightness + numbers.below(50));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_RGB;
  if (!png_image_write_to_file(&image, path.c_str(), 0, rgb.data(), 0, nullptr)) {
    throw std::runtime_error("cannot write " + path);
  }
}

std::string write_table_config(const TempDir& folder) {
  folder.write("people.csv", people());
  return folder.write("table.json", R"({
  "name": "people",
  "task": {"type": "classification", "target": "outcome", "positive": "yes"},
  "data": {"type": "table", "files": {"train": "people.csv"}, "split": {"validation": 0.2, "test": 0.2}},
  "model": {"type": "mlp", "hidden": [16, 8], "dropout": 0.2},
  "train": {"epochs": 25, "batch_size": 16, "log_every": 1,
            "optimizer": {"type": "adamw", "learning_rate": 0.01}}
})");
}

std::string write_regression_config(const TempDir& folder) {
  std::ostringstream csv;
  csv << "a,b,when\n";
  Numbers numbers(3);
  for (int row = 0; row < 400; ++row) {
    const int a = numbers.below(100), b = numbers.below(100);
    csv << a << ',' << b << ',' << 1'700'000'000 + 4 * a - 2 * b << '\n';
  }
  folder.write("times.csv", csv.str());
  return folder.write("times.json", R"({
  "name": "times",
  "task": {"type": "regression", "target": "when"},
  "data": {"type": "table", "files": {"train": "times.csv"}, "split": {"validation": 0.2, "test": 0.2}},
  "model": {"type": "mlp", "hidden": [32]},
  "train": {"epochs": 60, "batch_size": 16, "optimizer": {"type": "adamw", "learning_rate": 0.01}}
})");
}

std::string write_text_config(const TempDir& folder) {
  folder.write("story.txt", story());
  return folder.write("text.json", R"({
  "name": "story",
  "task": {"type": "language_model"},
  "data": {"type": "text", "files": {"train": "story.txt"}, "split": {"validation": 0.1, "test": 0.1}},
  "model": {"type": "transformer", "layers": 1, "heads": 2, "width": 32, "context": 32, "dropout": 0.1},
  "train": {"steps": 150, "batch_size": 8, "log_every": 1, "validate": {"every_steps": 50},
            "optimizer": {"type": "adamw", "learning_rate": 0.01}}
})");
}

std::string write_messages_config(const TempDir& folder) {
  folder.write("messages.csv", messages());
  return folder.write("messages.json", R"({
  "name": "messages",
  "task": {"type": "classification", "target": "kind", "positive": "spam"},
  "data": {"type": "table", "files": {"train": "messages.csv"}, "split": {"validation": 0.2, "test": 0.2}},
  "model": {"type": "mlp", "hidden": [8], "dropout": 0.2},
  "train": {"epochs": 15, "batch_size": 16, "log_every": 1,
            "optimizer": {"type": "sgd", "learning_rate": 0.5, "momentum": 0.9}}
})");
}

std::string write_images_config(const TempDir& folder) {
  for (int index = 0; index < 40; ++index) {
    const auto name = std::to_string(index) + ".png";
    write_png((folder.path() / "shapes" / "bright" / name).string(), 16, 150, index + 1);
    write_png((folder.path() / "shapes" / "dark" / name).string(), 16, 40, index + 101);
  }
  return folder.write("images.json", R"({
  "name": "shapes",
  "task": {"type": "classification"},
  "data": {"type": "images", "files": {"train": "shapes"}, "size": 16, "split": {"validation": 0.2, "test": 0.2}},
  "augment": {"crop": 2, "flip": true, "rotate": 5},
  "model": {"type": "resnet", "depth": null, "blocks": [1, 1], "width": 8, "stem": "small"},
  "train": {"epochs": 8, "batch_size": 8, "log_every": 1,
            "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}}
})");
}

std::string write_config(const std::string& family, const TempDir& folder) {
  if (family == "table") return write_table_config(folder);
  if (family == "text") return write_text_config(folder);
  if (family == "regression") return write_regression_config(folder);
  if (family == "images") return write_images_config(folder);
  if (family == "messages") return write_messages_config(folder);
  throw std::runtime_error("unknown family " + family);
}

}  // namespace candor::test
