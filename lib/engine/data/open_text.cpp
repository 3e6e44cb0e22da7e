// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <candor/error.h>

#include "core/base/content_name.h"
#include "core/base/expand_paths.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/normalizer.h"
#include "engine/data/datasets.h"
#include "engine/data/open_parts.h"

namespace candor {
namespace {

std::int64_t context_of(const Preprocessor& preprocessor) {
  return std::get<TextHost>(preprocessor.host()).context;
}

DocumentRules rules_of(const TextData& data) {
  return {data.documents, data.field, data.tokenizer.type == TokenizerType::bytes, data.groups};
}

// All that decides about documents, besides the files and the split.
std::string settings_of(const TextData& data) {
  const auto rules = rules_of(data);
  return Json{{"documents", static_cast<int>(rules.unit)},
              {"field", rules.field},
              {"any_bytes", rules.any_bytes},
              {"clean", Normalizer(data.clean).to_json()}}
      .dump();
}

// The same without what only tokenizers decide, of whatever the model was fitted with.
std::string reading_of(const TextData& data, const Normalizer& clean) {
  const auto rules = rules_of(data);
  return Json{{"documents", static_cast<int>(rules.unit)},
              {"field", rules.field},
              {"clean", clean.to_json()}}
      .dump();
}

// A corpus that is a part of its own, or of which the parts are taken.
class TextOpener {
 public:
  TextOpener(const TextData& data, OpenedData& opened) : data_(data), opened_(opened) {}

  Corpus read(const std::string& part, const Paths& paths) {
    // A fitted model cleans as it did in training.
    const auto& fitted = opened_.preprocessor;
    const auto normalizer =
        fitted ? std::get<TextHost>(fitted->host()).clean : Normalizer(data_.clean);
    opened_.reading = reading_of(data_, normalizer);
    const auto clean = [normalizer](std::string_view text) { return normalizer.apply(text); };
    Corpus corpus(expand_paths(paths.list), rules_of(data_),
                  normalizer.any() ? Corpus::Clean(clean) : nullptr);
    for (const auto& entry : corpus.entries()) {
      Json json = {{"part", part}, {"path", entry.path}, {"sha256", entry.sha256}};
      const bool folder = entry.files.size() != 1 || entry.files[0] != entry.path;
      if (folder) json["files"] = static_cast<std::int64_t>(entry.files.size());
      json["bytes"] = entry.bytes;
      opened_.files.push_back(json);
    }
    if (corpus.empty_documents() > 0) {
      opened_.summary.push_back(std::to_string(corpus.empty_documents()) + " empty documents of " +
                                paths.text() + " are left out");
    }
    return corpus;
  }

  // Datasets of the parts of `wanted`, named for messages by `name_of_part`.
  template <class Name>
  void take(const Corpus& corpus, const CorpusSplit& split, const std::vector<CorpusPart>& wanted,
            const Name& name_of_part) {
    const TokenCache cache{data_.cache.value_or(""), settings_of(data_)};
    auto tokens = tokenise(corpus, split, *opened_.preprocessor->tokenizer(), wanted,
                           data_.cache ? &cache : nullptr);
    for (const auto& path : tokens.caches) opened_.caches.push_back(path);
    if (!tokens.caches.empty()) {
      opened_.summary.push_back("token cache: " + std::string(tokens.cached ? "read" : "written") +
                                " in " + cache.folder);
    }
    for (const auto part : kCorpusParts) {
      auto& store = tokens.parts[static_cast<std::size_t>(part)];
      if (!store) continue;
      into(part) = make_text_dataset(std::move(*store), context_of(*opened_.preprocessor),
                                     data_.cross_documents, name_of_part(part),
                                     groups_of(corpus, split, part));
    }
  }

  // Values of data.groups of the part's documents.
  DocumentGroups groups_of(const Corpus& corpus, const CorpusSplit& split, CorpusPart part) const {
    DocumentGroups groups;
    const auto& values = corpus.document_groups();
    for (std::size_t d = 0; d < values.size(); ++d) {
      if (!split.has(part, static_cast<std::int64_t>(d))) continue;
      for (std::size_t i = 0; i < data_.groups.size(); ++i) {
        groups[data_.groups[i]].push_back(values[d][i]);
      }
    }
    return groups;
  }

  std::shared_ptr<const Dataset>& into(CorpusPart part) {
    switch (part) {
      case CorpusPart::train: return opened_.train;
      case CorpusPart::validation: return opened_.validation;
      case CorpusPart::test: break;
    }
    return opened_.test;
  }

 private:
  const TextData& data_;
  OpenedData& opened_;
};

class RunOpener {
 public:
  explicit RunOpener(const OpenRequest& request)
      : request_(request), data_(std::get<TextData>(request.config.data)), texts_(data_, opened_) {
    opened_.files = Json::array();
    opened_.preprocessor = request.fitted;
  }

  OpenedData open() {
    open_parts(
        request_, data_.files, opened_, [&] { open_training_files(); },
        [&](const std::string& part, const Paths& paths, const auto&) {
          open_own(part == "test" ? CorpusPart::test : CorpusPart::validation, paths);
        });
    const auto context = std::to_string(context_of(*opened_.preprocessor));
    opened_.summary.push_back(count_line("windows of " + context + " tokens", opened_));
    opened_.summary.push_back(
        "vocabulary: " + std::to_string(opened_.preprocessor->tokenizer()->size()) + " tokens");
    return std::move(opened_);
  }

 private:
  void open_training_files() {
    const auto corpus = texts_.read("train", data_.files.train);
    const auto name = data_.files.train.text();
    const CorpusSplit split(corpus, data_.split);
    const auto size = [&](CorpusPart part) { return static_cast<std::size_t>(split.size(part)); };
    require_split(name,
                  {size(CorpusPart::train), size(CorpusPart::validation), size(CorpusPart::test)},
                  data_.split);
    opened_.split_digest = split.digest();
    for (const auto part : kCorpusParts) {
      opened_.part_digests[name_of(part)] = split.digest(part);
    }
    opened_.split["kind"] = corpus.documents() > 1 ? "documents" : "contiguous";
    if (corpus.documents() > 1) opened_.split["seed"] = data_.split.seed;
    if (!opened_.preprocessor) fit(corpus, split);
    if (corpus.documents() > 1) {
      opened_.summary.push_back("documents: " + std::to_string(size(CorpusPart::train)) +
                                " for training, " + std::to_string(size(CorpusPart::validation)) +
                                " for validation, " + std::to_string(size(CorpusPart::test)) +
                                " for the test");
    }
    std::vector<CorpusPart> wanted;
    for (const auto part : kCorpusParts) {
      if (request_.wants(name_of(part))) wanted.push_back(part);
    }
    texts_.take(corpus, split, wanted,
                [&](CorpusPart part) { return name + " (" + name_of(part) + ")"; });
    if (!request_.fitted) require_one_window(name);
  }

  void fit(const Corpus& corpus, const CorpusSplit& split) {
    TextHost host;
    host.clean = Normalizer(data_.clean);
    host.tokenizer = train_tokenizer(data_.tokenizer, corpus, split);
    host.context = std::get<TransformerConfig>(request_.config.model).context;
    opened_.preprocessor = std::make_shared<const Preprocessor>(std::move(host), make_text_stage());
  }

  void require_one_window(const std::string& name) const {
    const auto context = context_of(*opened_.preprocessor);
    if (opened_.train->tokens()->tokens() > context) return;
    throw Error(ErrorKind::data, name +
                                     ": the training text has fewer tokens than "
                                     "model.context + 1 (" +
                                     std::to_string(context + 1) +
                                     "); lower model.context or give more text");
  }

  void open_own(CorpusPart part, const Paths& paths) {
    const auto corpus = texts_.read(name_of(part), paths);
    texts_.take(corpus, CorpusSplit(corpus, part), {part},
                [&](CorpusPart) { return paths.text(); });
  }

  const OpenRequest& request_;
  const TextData& data_;
  OpenedData opened_;
  TextOpener texts_;
};

}  // namespace

OpenedData open_text(const OpenRequest& request) { return RunOpener(request).open(); }

OpenedData open_external_text(const RunConfig& config, Fitted fitted, const std::string& path) {
  OpenedData opened;
  opened.files = Json::array();
  opened.preprocessor = std::move(fitted);
  if (is_named_table(path)) {
    throw Error(ErrorKind::data,
                display_name(path) +
                    ": a language model reads texts, or JSON lines where it was trained on them; "
                    "write this table's texts into such a file");
  }
  TextOpener texts(std::get<TextData>(config.data), opened);
  const auto corpus = texts.read("test", path);
  texts.take(corpus, CorpusSplit(corpus, CorpusPart::test), {CorpusPart::test},
             [&](CorpusPart) { return path; });
  return opened;
}

}  // namespace candor
