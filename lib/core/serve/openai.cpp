// SPDX-License-Identifier: Apache-2.0
// OpenAI's completions. What is not supported is refused, never ignored.
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <random>
#include <utility>

#include <candor/error.h>

#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/serve/json_write.h"
#include "core/serve/protocols.h"

namespace candor {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorKind::request, message); }

struct Completion {
  std::string model;
  std::string prompt;
  GenerateOptions options;
  std::optional<std::int64_t> max_tokens;
  bool stream = false;
  bool stream_usage = false;
};

// What a field without support may hold: the value that changes nothing.
bool is_neutral(const std::string& name, const Json& value) {
  if (name == "user") return value.is_string();
  if (name == "n" || name == "best_of") return value == 1;
  if (name == "echo") return value == false;
  if (name == "presence_penalty" || name == "frequency_penalty") return value == 0;
  if (name == "logit_bias") return value.is_object() && value.empty();
  if (name == "suffix") return value == "";
  return false;  // logprobs: null only, which is taken for every field
}

class CompletionReader {
 public:
  explicit CompletionReader(std::string_view body)
      : json_(parse_json(body, "request body", ErrorKind::request)) {}

  Completion read() {
    if (!json_.is_object()) refuse("the request body must be a JSON object");
    completion_.options.seed = std::random_device{}();
    bool prompted = false;
    for (const auto& [name, value] : json_.items()) {
      prompted = prompted || name == "prompt";
      if (!value.is_null() || name == "prompt" || name == "model") field(name, value);
      if (value.is_null()) known(name);
    }
    if (completion_.model.empty()) refuse("'model' is missing");
    if (!prompted) refuse("'prompt' is missing");
    if (completion_.stream_usage && !completion_.stream)
      refuse("'stream_options' needs 'stream': true");
    return std::move(completion_);
  }

 private:
  static constexpr std::array kNames{"model",
                                     "prompt",
                                     "max_tokens",
                                     "temperature",
                                     "top_p",
                                     "top_k",
                                     "seed",
                                     "stop",
                                     "stream",
                                     "stream_options",
                                     "n",
                                     "best_of",
                                     "echo",
                                     "logprobs",
                                     "suffix",
                                     "user",
                                     "presence_penalty",
                                     "frequency_penalty",
                                     "logit_bias"};

  static void known(const std::string& name) {
    if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return;
    const auto near = nearest_name(name, {kNames.begin(), kNames.end()});
    refuse(near ? "a field is not known; did you mean '" + *near + "'?"
                : "a field is not known; known are " + join({kNames.begin(), kNames.end()}));
  }

  void field(const std::string& name, const Json& value) {
    auto& options = completion_.options;
    if (name == "model") return void(completion_.model = string(name, value));
    if (name == "prompt") return void(completion_.prompt = string(name, value));
    if (name == "max_tokens") return void(completion_.max_tokens = integer(name, value, 1));
    if (name == "temperature") return void(options.temperature = number(name, value, 0.0, 2.0));
    if (name == "top_p") return top_p(value);
    if (name == "top_k") return void(options.top_k = integer(name, value, 1));
    if (name == "seed")
      return void(options.seed = static_cast<std::uint64_t>(integer(name, value, INT64_MIN)));
    if (name == "stop") return stop(value);
    if (name == "stream") return void(completion_.stream = boolean(name, value));
    if (name == "stream_options") return stream_options(value);
    known(name);
    if (!is_neutral(name, value))
      refuse("'" + name + "' is not supported with this value; leave it out");
  }

  static std::string string(const std::string& name, const Json& value) {
    if (!value.is_string()) refuse("'" + name + "' must be a string");
    return value.get<std::string>();
  }
  static bool boolean(const std::string& name, const Json& value) {
    if (!value.is_boolean()) refuse("'" + name + "' must be true or false");
    return value.get<bool>();
  }
  static std::int64_t integer(const std::string& name, const Json& value, std::int64_t least) {
    const bool fits = value.is_number_integer() &&
                      !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX);
    if (!fits) refuse("'" + name + "' must be an integer");
    const auto found = value.get<std::int64_t>();
    if (found < least) refuse("'" + name + "' must be at least " + std::to_string(least));
    return found;
  }
  static double number(const std::string& name, const Json& value, double least, double most) {
    const double found = value.is_number() ? value.get<double>() : std::nan("");
    if (found >= least && found <= most) return found;
    std::string range;
    append_json_number(range, least);
    append_json_number(range += " to ", most);
    refuse("'" + name + "' must be a number from " + range);
  }

  void top_p(const Json& value) {
    const double found = number("top_p", value, 0.0, 1.0);
    if (found == 0.0) refuse("'top_p' must be above 0");
    completion_.options.top_p = found;
  }

  void stop(const Json& value) {
    constexpr std::size_t kMost = 4;
    const Json list = value.is_array() ? value : Json::array({value});
    if (list.size() > kMost) refuse("'stop' may have at most 4 strings");
    for (const auto& word : list) {
      if (!word.is_string() || word.get<std::string>().empty()) {
        refuse("'stop' must be a string that is not empty, or an array of such");
      }
      completion_.options.stop.push_back(word.get<std::string>());
    }
  }

  void stream_options(const Json& value) {
    if (!value.is_object()) refuse("'stream_options' must be an object");
    for (const auto& [name, option] : value.items()) {
      if (name != "include_usage") refuse("'stream_options' may have 'include_usage' only");
      completion_.stream_usage = boolean("include_usage", option);
    }
  }

  Json json_;
  Completion completion_;
};

std::string new_id() {
  static std::atomic<std::uint64_t> count{0};
  return "cmpl-" + std::to_string(count.fetch_add(1) + 1);
}

class CompletionJob final : public ExclusiveWork {
 public:
  CompletionJob(Call call, Model& model, Completion completion)
      : call_(std::move(call)),
        model_(model),
        completion_(std::move(completion)),
        head_("{\"id\":" + json_string(new_id()) + ",\"object\":\"text_completion\",\"created\":" +
              std::to_string(std::time(nullptr)) + ",\"model\":" + json_string(model.name)) {}

  bool abandoned() const override { return call_.client_gone(); }

  void run(Servable& model) override {
    const auto made =
        model.generate(completion_.prompt, completion_.options, [this](std::string_view text) {
          return completion_.stream ? piece(text) : !call_.client_gone();
        });
    model_.telemetry.tokens(made.prompt_tokens, made.completion_tokens);
    if (completion_.stream) return end(made);
    call_.answer_json(head_ + ",\"choices\":[" + choice(made.text, made.finish_reason) + "]" +
                      usage(made) + "}");
  }

  // Once a stream has begun there is no status left to tell an error with: it is an event.
  void fail(const std::exception_ptr& exception) override {
    if (!begun_) return call_.fail(exception);
    call_.event(error_body(Protocol::openai, failure_of(exception)));
    call_.end_events();
  }

 private:
  static std::string choice(std::string_view text, std::string_view reason) {
    std::string out = "{\"text\":";
    append_json_string(out, text);
    out += ",\"index\":0,\"logprobs\":null,\"finish_reason\":";
    return out + (reason.empty() ? "null" : json_string(reason)) + "}";
  }

  static std::string usage(const Generated& made) {
    return ",\"usage\":{\"prompt_tokens\":" + std::to_string(made.prompt_tokens) +
           ",\"completion_tokens\":" + std::to_string(made.completion_tokens) +
           ",\"total_tokens\":" + std::to_string(made.prompt_tokens + made.completion_tokens) + "}";
  }

  // The answer begins with the first piece, so that a refused prompt still gets its status.
  bool begin() { return std::exchange(begun_, true) || call_.begin_events(); }

  bool piece(std::string_view text) {
    return begin() && call_.event(head_ + ",\"choices\":[" + choice(text, "") + "]}");
  }

  void end(const Generated& made) {
    begin();
    call_.event(head_ + ",\"choices\":[" + choice("", made.finish_reason) + "]}");
    if (completion_.stream_usage) call_.event(head_ + ",\"choices\":[]" + usage(made) + "}");
    call_.event("[DONE]");
    call_.end_events();
  }

  Call call_;
  Model& model_;
  Completion completion_;
  std::string head_;
  bool begun_ = false;
};

}  // namespace

std::string openai_models(const ModelTable& models, const ProtocolLimits& limits) {
  std::string list;
  for (const auto& model : models.all()) {
    if (!list.empty()) list += ',';
    list += "{\"id\":" + json_string(model->name) +
            ",\"object\":\"model\",\"created\":" + std::to_string(limits.started) +
            ",\"owned_by\":\"candor\"}";
  }
  return "{\"object\":\"list\",\"data\":[" + list + "]}";
}

void openai_completions(Call& call, const ModelTable& models, const ProtocolLimits&) {
  auto completion = CompletionReader(call.request().body).read();
  auto& model = models.find(completion.model);
  call.set_model(model);
  if (model.signature.output != OutputKind::language_model) {
    refuse("model '" + model.name + "' is not a language model; use /v1/models/" + model.name +
           ":predict");
  }
  constexpr std::int64_t kUsualTokens = 16;  // as OpenAI has it
  completion.options.max_tokens =
      tokens_to_make(model, completion.prompt, completion.max_tokens, kUsualTokens);
  model.batcher->submit(
      std::make_unique<CompletionJob>(std::move(call), model, std::move(completion)));
}

}  // namespace candor
