// SPDX-License-Identifier: Apache-2.0
// Models without arithmetic, which remember what they were asked, and a server around them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <candor/error.h>

#include "core/serve/server.h"

namespace candor::test {

// What a test sees and steers of its fake models.
struct Observed {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::int64_t> batches;  // rows of each call of predict
  bool held = false;                  // predict and generate wait
  std::atomic<int> generating{0};
  std::atomic<int> cancelled{0};
  std::atomic<bool> endless{false};
  std::atomic<bool> digest_fails{false};  // so that no answer can be made

  void hold(bool value) {
    const std::lock_guard lock(mutex);
    held = value;
    changed.notify_all();
  }
  void enter(std::int64_t rows) {
    std::unique_lock lock(mutex);
    batches.push_back(rows);
    changed.notify_all();
    changed.wait(lock, [this] { return !held; });
  }
  bool wait_for_batches(std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(10),
                            [&] { return batches.size() >= count; });
  }
  std::vector<std::int64_t> seen() {
    const std::lock_guard lock(mutex);
    return batches;
  }
};

class Fake : public Servable {
 public:
  Fake(Signature signature, Observed& observed)
      : signature_(std::move(signature)), observed_(observed) {}
  const Signature& signature() const override { return signature_; }
  const std::string& digest() const override {
    static const std::string digest(64, 'd');
    if (observed_.digest_fails) throw std::bad_alloc();
    return digest;
  }
  std::int64_t count_tokens(std::string_view text) const override {
    return static_cast<std::int64_t>(text.size());
  }
  std::unique_ptr<Servable> replica() const override { return nullptr; }
  ModelInputs prepare(const Row&) const override { return {}; }
  std::vector<Prediction> predict(const ModelInputs&) override { return {}; }
  Generated generate(std::string_view, const GenerateOptions&,
                     const std::function<bool(std::string_view)>&) override {
    return {};
  }

 protected:
  Signature signature_;
  Observed& observed_;
};

// Columns age (number) and city (category: Cork, Bergen). Probability of "yes" is age / 100;
// missing: 0.5. Age 666 makes predict fail; 667 runs out of memory.
class FakeTable : public Fake {
 public:
  FakeTable(Observed& observed, OutputKind output = OutputKind::classification)
      : Fake({output,
              {{"age", InputKind::number}, {"city", InputKind::category}},
              {"no", "yes"},
              "happy",
              0,
              0},
             observed) {}

  ModelInputs prepare(const Row& row) const override {
    ModelInputs inputs;
    inputs.rows = 1;
    inputs.numeric = {number(row.at(0))};
    inputs.categorical = {category(row.at(1))};
    return inputs;
  }

  std::vector<Prediction> predict(const ModelInputs& batch) override {
    observed_.enter(batch.rows);
    std::vector<Prediction> predictions;
    for (std::size_t i = 0; i < batch.numeric.size(); ++i) {
      const float age = batch.numeric[i];
      if (age == 666.0f) throw std::runtime_error("secret-4711 inside the model");
      if (age == 667.0f) throw Error(ErrorKind::out_of_memory, "secret-4711 inside the model");
      predictions.push_back(prediction(age, batch.categorical[i]));
    }
    return predictions;
  }

 private:
  static float number(const Value& value) {
    if (std::holds_alternative<std::monostate>(value))
      return std::numeric_limits<float>::quiet_NaN();
    if (const auto* plain = std::get_if<double>(&value)) return static_cast<float>(*plain);
    try {
      return std::stof(std::get<std::string>(value));
    } catch (const std::exception&) {
      throw Error(ErrorKind::request, "input 'age': expected a number, found text");
    }
  }
  static std::int64_t category(const Value& value) {
    if (std::holds_alternative<std::monostate>(value)) return 0;
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? 4 : *text == "Cork" ? 2 : *text == "Bergen" ? 3 : 1;
  }
  Prediction prediction(float age, std::int64_t city) const {
    Prediction made;
    if (signature_.output == OutputKind::regression) {
      made.value = static_cast<double>(age) + 1000.0 * static_cast<double>(city);
      return made;
    }
    const float yes = age == age ? age / 100.0f : 0.5f;
    made.probabilities = {1.0f - yes, yes};
    made.label_index = yes >= 0.5f ? 1 : 0;
    made.label = signature_.labels[static_cast<std::size_t>(made.label_index)];
    return made;
  }
};

// A table that answers with all parts of a decision: the classes with at least 0.4, abstained below
// 0.7; values with 10 to either side, without a bound for the city Bergen.
class FakeDecisions : public FakeTable {
 public:
  using FakeTable::FakeTable;
  AnswerParts parts() const override {
    const bool classes = signature_.output == OutputKind::classification;
    return {.set = classes, .abstained = classes, .interval = !classes};
  }

  std::vector<Prediction> predict(const ModelInputs& batch) override {
    auto predictions = FakeTable::predict(batch);
    for (std::size_t i = 0; i < predictions.size(); ++i) {
      auto& made = predictions[i];
      for (std::size_t k = 0; k < made.probabilities.size(); ++k) {
        if (made.probabilities[k] >= 0.4f) made.set.push_back(static_cast<std::int64_t>(k));
      }
      made.abstained = made.set.size() != 1;
      const bool open = batch.categorical[i] == 3;
      made.low = open ? -std::numeric_limits<double>::infinity() : made.value - 10;
      made.high = open ? std::numeric_limits<double>::infinity() : made.value + 10;
    }
    return predictions;
  }
};

// Label "bytes" for encoded images, whose first byte is the probability in percent; "pixels" for
// pixels.
class FakeImages : public Fake {
 public:
  explicit FakeImages(Observed& observed)
      : Fake({OutputKind::classification,
              {{"image", InputKind::image}},
              {"bytes", "pixels"},
              "",
              1,
              0},
             observed) {}

  ModelInputs prepare(const Row& row) const override {
    ModelInputs inputs;
    inputs.rows = 1;
    if (const auto* pixels = std::get_if<Pixels>(&row.at(0))) {
      inputs.image = {pixels->rgb.at(0), static_cast<std::uint8_t>(pixels->height),
                      static_cast<std::uint8_t>(pixels->width)};
      inputs.categorical = {1};
      return inputs;
    }
    const auto& bytes = std::get<std::string>(row.at(0));
    if (bytes == "hello")
      throw Error(ErrorKind::request, "input 'image': expected a JPEG or PNG image");
    inputs.image = {static_cast<std::uint8_t>(bytes.empty() ? 0 : bytes[0]), 0, 0};
    inputs.categorical = {0};
    return inputs;
  }

  std::vector<Prediction> predict(const ModelInputs& batch) override {
    observed_.enter(batch.rows);
    std::vector<Prediction> predictions;
    for (std::size_t i = 0; i < static_cast<std::size_t>(batch.rows); ++i) {
      const auto index = static_cast<std::size_t>(batch.categorical[i]);
      const float first = static_cast<float>(batch.image[3 * i]) / 100.0f;
      predictions.push_back(
          {signature_.labels[index], batch.categorical[i], {first, 1.0f - first}, 0.0});
    }
    return predictions;
  }
};

// Answers with "a", "b", "c", ... one a token; the prompt "burst" fails after one token.
class FakeLanguage : public Fake {
 public:
  explicit FakeLanguage(Observed& observed)
      : Fake({OutputKind::language_model, {{"text", InputKind::text}}, {}, "", 0, 32}, observed) {}

  Generated generate(std::string_view prompt, const GenerateOptions& options,
                     const std::function<bool(std::string_view)>& sink) override {
    ++observed_.generating;
    observed_.enter(1);
    if (prompt == "refused") throw Error(ErrorKind::request, "the prompt is refused");
    Generated made;
    made.prompt_tokens = static_cast<std::int64_t>(prompt.size());
    made.finish_reason = "length";
    for (std::int64_t i = 0; i < options.max_tokens || observed_.endless; ++i) {
      const std::string piece(1, static_cast<char>('a' + i % 26));
      if (!options.stop.empty() && options.stop.front() == piece) {
        made.finish_reason = "stop";
        break;
      }
      made.text += piece;
      ++made.completion_tokens;
      if (!sink(piece)) {
        ++observed_.cancelled;
        break;
      }
      if (prompt == "burst") throw std::runtime_error("secret-4711 inside the model");
      if (observed_.endless) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return made;
  }
};

// serve() on a thread of its own with the four fakes "table", "house", "images" and "story"; with
// `decisions` also "sure" and "span", as table and house with all parts of a decision.
class FakeServer {
 public:
  explicit FakeServer(ServerOptions options = {}, bool decisions = false) : decisions_(decisions) {
    options.port = 0;
    std::promise<std::uint16_t> ready;
    options.on_ready = [&ready](std::uint16_t at) { ready.set_value(at); };
    options.stop_requested = [this] { return stopping_.load(); };
    auto future = ready.get_future();
    thread_ = std::thread([this, options] { serve(models(), options); });
    port = future.get();
  }
  ~FakeServer() { stop(); }

  void request_stop() { stopping_ = true; }
  void stop() {
    observed.hold(false);
    observed.endless = false;
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::uint16_t port = 0;
  Observed observed;

 private:
  std::vector<ServedModel> models() {
    std::vector<ServedModel> all;
    add(all, "table", std::make_unique<FakeTable>(observed));
    add(all, "house", std::make_unique<FakeTable>(observed, OutputKind::regression));
    add(all, "images", std::make_unique<FakeImages>(observed));
    add(all, "story", std::make_unique<FakeLanguage>(observed));
    if (!decisions_) return all;
    add(all, "sure", std::make_unique<FakeDecisions>(observed));
    add(all, "span", std::make_unique<FakeDecisions>(observed, OutputKind::regression));
    return all;
  }
  static void add(std::vector<ServedModel>& all, const std::string& name,
                  std::unique_ptr<Servable> model) {
    all.push_back({name, {}});
    all.back().replicas.push_back(std::move(model));
  }

  bool decisions_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace candor::test
