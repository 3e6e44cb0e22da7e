// SPDX-License-Identifier: Apache-2.0
// OpenAI's completions. What is not supported is refused, never ignored.
#include <algorithm>
#include <atomic>
#include <random>
#include <utility>

#include "core/base/json.h"
#include "core/base/nearest.h"
#include "core/serve/generation.h"
#include "core/serve/json_fields.h"
#include "core/serve/json_write.h"
#include "core/serve/protocols.h"
#include "core/serve/refusal.h"

namespace candor {
namespace {

struct Completion {
  std::string model;
  std::string prompt;
  Generation generation;
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
    completion_.generation.options.seed = std::random_device{}();
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
  static std::vector<std::string> names() {
    std::vector<std::string> all = generation_fields();
    all.insert(all.begin(), {"model", "prompt"});
    all.insert(all.end(), {"stream", "stream_options", "n", "best_of", "echo", "logprobs", "suffix",
                           "user", "presence_penalty", "frequency_penalty", "logit_bias"});
    return all;
  }

  static void known(const std::string& name) {
    static const auto all = names();
    if (std::find(all.begin(), all.end(), name) != all.end()) return;
    const auto near = nearest_name(name, all);
    refuse(near ? "a field is not known; did you mean '" + *near + "'?"
                : "a field is not known; known are " + join(all));
  }

  void field(const std::string& name, const Json& value) {
    if (name == "model") return void(completion_.model = read_text(name, value));
    if (name == "prompt") return void(completion_.prompt = prompt(value));
    if (name == "stream") return void(completion_.stream = read_flag(name, value));
    if (name == "stream_options") return stream_options(value);
    if (read_generation_field(name, value, completion_.generation)) return;
    known(name);
    if (!is_neutral(name, value))
      refuse("'" + name + "' is not supported with this value; leave it out");
  }

  // Clients send one prompt as it is, or alone in an array.
  static std::string prompt(const Json& value) {
    const auto& text = value.is_array() && value.size() == 1 ? value[0] : value;
    if (!text.is_string()) refuse("'prompt' must be a string, or an array of one string");
    return text.get<std::string>();
  }

  void stream_options(const Json& value) {
    if (!value.is_object()) refuse("'stream_options' must be an object");
    for (const auto& [name, option] : value.items()) {
      if (name != "include_usage") refuse("'stream_options' may have 'include_usage' only");
      completion_.stream_usage = read_flag("include_usage", option);
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
              std::to_string(std::time(nullptr)) + ",\"model\":" + json_string(model.name)) {
    call_.release_body();
  }

  bool abandoned() const override { return call_.client_gone(); }

  void run(Servable& model) override {
    const auto made = model.generate(
        completion_.prompt, completion_.generation.options, [this](std::string_view text) {
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
    const auto failure = failure_of(exception);
    call_.event(error_body(Protocol::openai, failure));
    call_.end_events(failure.status);
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

  bool piece(std::string_view text) { return begin() && chunk(choice(text, "")); }

  // Where usage is asked for, every chunk has the field; it is null in all but the last.
  bool chunk(const std::string& choice) {
    return call_.event(head_ + ",\"choices\":[" + choice + "]" +
                       (completion_.stream_usage ? ",\"usage\":null}" : "}"));
  }

  void end(const Generated& made) {
    begin();
    chunk(choice("", made.finish_reason));
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
  auto& [options, max_tokens] = completion.generation;
  options.max_tokens = tokens_to_make(model, completion.prompt, max_tokens, kUsualTokens);
  model.batcher->submit(
      std::make_unique<CompletionJob>(std::move(call), model, std::move(completion)));
}

}  // namespace candor
