// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include <candor/error.h>

#include "core/base/files.h"
#include "engine/data/datasets.h"
#include "engine/data/open_parts.h"

namespace candor {
namespace {

// The next start of a UTF-8 sequence at or after `at`.
std::size_t code_point_start(const std::string& text, std::int64_t at) {
  auto position = static_cast<std::size_t>(at);
  while (position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80) {
    ++position;
  }
  return position;
}

std::string read_part(const std::string& part, const std::string& path, OpenedData& opened) {
  auto text = read_file(path, ErrorKind::data);
  if (text.empty()) throw Error(ErrorKind::data, path + ": the file is empty; a text is expected");
  opened.files.push_back(file_entry(part, path, text));
  return text;
}

Fitted fit_preprocessor(std::string_view training, const RunConfig& config) {
  const auto& data = std::get<TextData>(config.data);
  TextHost host;
  host.tokenizer = train_tokenizer(data.tokenizer, training);
  host.context = std::get<TransformerConfig>(config.model).context;
  return std::make_shared<const Preprocessor>(std::move(host), make_text_stage());
}

class TextOpener {
 public:
  explicit TextOpener(const OpenRequest& request)
      : request_(request), data_(std::get<TextData>(request.config.data)) {
    opened_.files = Json::array();
    opened_.preprocessor = request.fitted;
  }

  OpenedData open() {
    open_parts(
        request_, data_.files, opened_, [&] { open_training_file(); },
        [&](const char* part, const Paths& paths, std::shared_ptr<const Dataset>& into) {
          own_file(part, one_path(part, paths), into);
        });
    const auto context = std::to_string(context_of(*opened_.preprocessor));
    opened_.summary.push_back(count_line("windows of " + context + " tokens", opened_));
    opened_.summary.push_back(
        "vocabulary: " + std::to_string(opened_.preprocessor->tokenizer()->size()) + " tokens");
    return std::move(opened_);
  }

 private:
  static std::int64_t context_of(const Preprocessor& preprocessor) {
    return std::get<TextHost>(preprocessor.host()).context;
  }

  void open_training_file() {
    const auto path = one_path("train", data_.files.train);
    const auto text = read_part("train", path, opened_);
    const auto spans = split_text(static_cast<std::int64_t>(text.size()), data_.split);
    const auto train_end = code_point_start(text, spans.train_end);
    const auto test_end = code_point_start(text, spans.test_end);
    require_split(path, {train_end, text.size() - test_end, test_end - train_end}, data_.split);
    opened_.split_digest = sha256(std::to_string(train_end) + " " + std::to_string(test_end) + " " +
                                  std::to_string(text.size()));
    opened_.split["kind"] = "contiguous";
    const std::string_view all = text;
    const auto training = all.substr(0, train_end);
    if (!opened_.preprocessor) {
      opened_.preprocessor = fit_preprocessor(training, request_.config);
    }
    take("train", training, path + " (train)", opened_.train);
    take("validation", all.substr(test_end), path + " (validation)", opened_.validation);
    take("test", all.substr(train_end, test_end - train_end), path + " (test)", opened_.test);
    if (!request_.fitted) require_one_window(path);
  }

  void require_one_window(const std::string& path) const {
    const auto context = context_of(*opened_.preprocessor);
    const std::array<std::int64_t, 1> first = {0};
    if (opened_.train->batch(first).target.size(1) == context) return;
    throw Error(ErrorKind::data, path +
                                     ": the training text has fewer tokens than "
                                     "model.context + 1 (" +
                                     std::to_string(context + 1) +
                                     "); lower model.context or give more text");
  }

  void own_file(const char* part, const std::string& path, std::shared_ptr<const Dataset>& into) {
    take(part, read_part(part, path, opened_), path, into);
  }

  void take(const char* part, std::string_view text, const std::string& name,
            std::shared_ptr<const Dataset>& into) {
    if (text.empty() || !request_.wants(part)) return;
    into = make_text_dataset(*opened_.preprocessor, text, name);
  }

  const OpenRequest& request_;
  const TextData& data_;
  OpenedData opened_;
};

}  // namespace

OpenedData open_text(const OpenRequest& request) { return TextOpener(request).open(); }

OpenedData open_external_text(Fitted fitted, const std::string& path) {
  OpenedData opened;
  opened.files = Json::array();
  opened.test = make_text_dataset(*fitted, read_part("test", path, opened), path);
  opened.preprocessor = std::move(fitted);
  return opened;
}

}  // namespace candor
