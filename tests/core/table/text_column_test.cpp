// SPDX-License-Identifier: Apache-2.0
// Columns of text in a table: terms that share one space of indices, tokens, and their JSON.
#include "core/table/text_column.h"

#include <candor/error.h>

#include <numeric>

#include "core/table/table_stage.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using test::error_of;

namespace {

using Indices = std::vector<std::int64_t>;
using Floats = std::vector<float>;

TaskConfig classify() {
  TaskConfig task;
  task.target = "y";
  return task;
}

// Single words, counted.
TableData words() {
  TableData data;
  data.text.words.weighting = Weighting::count;
  data.text.words.ngrams = {1, 1};
  data.text.words.vocabulary.min_count = 1;
  return data;
}

TableData with_texts(TableData data, const std::vector<std::string>& columns) {
  for (const auto& column : columns) data.columns[column].type = ColumnType::text;
  return data;
}

Indices all_rows(const Table& table) {
  Indices rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

TableStage fit(std::string_view text, const TableData& data, const TextForm& form = {}) {
  const auto table = parse_table(text, "t.csv", data);
  return TableStage::fit(table, all_rows(table), classify(), data, form);
}

ModelInputs apply(const TableStage& stage, std::string_view text, const TableData& data) {
  const auto table = parse_table(text, "t.csv", data);
  return stage.apply(table, all_rows(table));
}

template <class Action>
std::string message(ErrorKind kind, Action&& action) {
  const auto error = error_of(action);
  if (!error) return "accepted";
  return error->kind() == kind ? error->what() : std::string("wrong kind: ") + error->what();
}

TableStage reread(const TableStage& stage) {
  return TableStage::from_json(Json::parse(stage.to_json().dump()), stage.tokenizer());
}

void check_equal(const ModelInputs& a, const ModelInputs& b) {
  CHECK(a.rows == b.rows);
  CHECK(a.numeric == b.numeric);
  CHECK(a.categorical == b.categorical);
  CHECK(a.ids == b.ids);
  CHECK(a.terms == b.terms);
  CHECK(a.term_weights == b.term_weights);
  CHECK(a.term_counts == b.term_counts);
}

// Title: b c d; body: a b. So the terms of body are 3 (a) and 4 (b).
constexpr const char* kNotes =
    "title,age,body,y\n"
    "b c,1,a b a,p\n"
    "c d d,2,,q\n";

constexpr TextForm kTokens{TextUse::tokens, 4};

}  // namespace

TEST_CASE("terms of all columns of text share one space of indices", "[table]") {
  const auto data = with_texts(words(), {"title", "body"});
  const auto stage = fit(kNotes, data);
  CHECK(stage.columns().terms == 5);
  CHECK(stage.columns().vocabulary == 0);
  CHECK(stage.tokenizer() == nullptr);
  const auto inputs = apply(stage, kNotes, data);
  CHECK(inputs.terms == Indices{0, 1, 3, 4, 1, 2});
  CHECK(inputs.term_weights == Floats{1, 1, 2, 1, 1, 2});
  CHECK(inputs.term_counts == Indices{4, 2});
  CHECK(inputs.numeric == Floats{1, 2});
  CHECK(inputs.ids.empty());
  const auto& signature = stage.signature();
  REQUIRE(signature.inputs.size() == 3);
  CHECK(signature.inputs[0].kind == InputKind::text);
  CHECK(signature.inputs[1].kind == InputKind::number);
  CHECK(signature.inputs[2].kind == InputKind::text);
}

TEST_CASE("unknown words count for nothing, and a missing text is an empty one", "[table]") {
  const auto data = with_texts(words(), {"title", "body"});
  const auto stage = fit(kNotes, data);
  const auto inputs = apply(stage, "body,title,age\nz z,NA,1\n,x b,2\n", data);
  CHECK(inputs.terms == Indices{0});
  CHECK(inputs.term_counts == Indices{0, 1});
}

TEST_CASE("a request's row becomes what the same row of a file becomes, also of texts", "[table]") {
  auto data = with_texts(words(), {"title", "body"});
  data.columns["body"].values = {{"-", "a"}};
  data.format.trim = true;
  const auto stage = fit(kNotes, data);
  const std::vector<std::pair<std::string, Row>> cases = {
      {"b d,1,a b,p", {"b d", 1.0, "a b"}},
      {"NA,1, - ,p", {std::monostate{}, 1.0, " - "}},
      {"7,1,,p", {7.0, 1.0, std::nan("")}}};
  for (const auto& [line, row] : cases) {
    CAPTURE(line);
    check_equal(stage.prepare(row), apply(stage, "title,age,body,y\n" + line + "\n", data));
  }
  Pixels pixels;
  CHECK(message(ErrorKind::request, [&] {
          stage.prepare({pixels, 1.0, "a"});
        }) == "input 'title': expected text, got an image");
}

TEST_CASE("what inference calls free text is one, phrases that recur are categories", "[table]") {
  const auto table = [](int different, int rows = 200) {
    std::string csv = "note,y\n";
    for (int i = 0; i < rows; ++i) {
      csv += "this is what was written as note number " + std::to_string(i % different) + "," +
             (i % 2 ? "p" : "q") + "\n";
    }
    return csv;
  };
  const auto kind = [](const TableStage& stage) { return stage.signature().inputs[0].kind; };
  CHECK(kind(fit(table(200), {})) == InputKind::text);
  CHECK(kind(fit(table(21), {})) == InputKind::text);
  CHECK(kind(fit(table(20), {})) == InputKind::category);
  CHECK(kind(fit(table(50, 50), {})) == InputKind::text);
  CHECK(kind(fit(table(49, 49), {})) == InputKind::category);
  TableData data;
  data.columns["note"].type = ColumnType::category;
  CHECK(kind(fit(table(200), data)) == InputKind::category);
}

TEST_CASE("many rows are read by several threads and stay in order", "[table]") {
  const auto data = with_texts(words(), {"title"});
  std::string csv = "title,y\n";
  Indices expected;
  for (int i = 0; i < 1000; ++i) {
    const auto digit = i * 7 % 10;
    csv += std::string(1, static_cast<char>('a' + digit)) + (i % 2 ? ",p\n" : ",q\n");
    expected.push_back(digit);
  }
  const auto inputs = apply(fit(csv, data), csv, data);
  CHECK(inputs.terms == expected);
  CHECK(inputs.term_counts == Indices(1000, 1));
}

TEST_CASE("a column of tokens gives the ids of each row, cut at the context", "[table]") {
  const auto data = with_texts({}, {"title"});
  const std::string csv = "title,y\nabc,p\nab cba,q\n,p\n";
  const auto stage = fit(csv, data, kTokens);
  const auto& tokenizer = *stage.tokenizer();
  CHECK(stage.columns().vocabulary == tokenizer.size());
  CHECK(stage.columns().terms == 0);
  CHECK(stage.context() == 4);
  const auto inputs = apply(stage, csv, data);
  Indices expected;
  for (const std::string text : {"abc", "ab c"}) {
    const auto ids = tokenizer.encode(text);
    expected.insert(expected.end(), ids.begin(), ids.end());
  }
  CHECK(inputs.ids == expected);
  CHECK(inputs.id_counts == Indices{3, 4, 0});
  CHECK(inputs.terms.empty());
  CHECK(inputs.numeric.empty());
  CHECK(stage.prepare({""}).ids.empty());
  CHECK(stage.prepare({""}).id_counts == Indices{0});
  CHECK(stage.prepare({"ab"}).ids == tokenizer.encode("ab"));
}

TEST_CASE("tokens are of cleaned text", "[table]") {
  auto data = with_texts({}, {"title"});
  data.text.clean.case_fold = true;
  const auto stage = fit("title,y\nab,p\nb,q\n", data, kTokens);
  CHECK(stage.prepare({"AB"}).ids == stage.prepare({"ab"}).ids);
  CHECK(stage.tokenizer()->size() == 3);
}

TEST_CASE("tokens are taken of one column of text that stands alone", "[table]") {
  auto data = with_texts(words(), {"title"});
  data.columns["body"].type = ColumnType::category;
  CHECK(message(ErrorKind::config, [&] { fit(kNotes, data, kTokens); }) ==
        "model.type transformer reads one column of text and nothing else, but the features of "
        "t.csv are 'title' (text), 'age' (number), 'body' (category); set data.columns.NAME.type "
        "to text for one column and use to ignore for the others, or model.type to mlp");
  auto alone = with_texts(words(), {"title"});
  alone.columns["age"].use = alone.columns["body"].use = ColumnUse::ignore;
  CHECK(fit(kNotes, alone, kTokens).columns().vocabulary > 0);
}

TEST_CASE("a column of text without a term to learn is named", "[table]") {
  auto data = with_texts(words(), {"title"});
  data.text.words.vocabulary.min_count = 3;
  CHECK(message(ErrorKind::data, [&] { fit(kNotes, data); }) ==
        "t.csv: column 'title': no term occurs in 3 training texts; lower "
        "data.text.words.vocabulary.min_count, or set data.columns.title.use to ignore");
}

TEST_CASE("stages with texts say the same after a round trip", "[table]") {
  const auto data = with_texts(words(), {"title", "body"});
  const auto stage = fit(kNotes, data);
  check_equal(apply(reread(stage), kNotes, data), apply(stage, kNotes, data));
  const auto alone = with_texts({}, {"title"});
  const std::string csv = "title,y\nabc,p\nab cba,q\n";
  const auto tokens = fit(csv, alone, kTokens);
  check_equal(apply(reread(tokens), csv, alone), apply(tokens, csv, alone));
  CHECK(message(ErrorKind::model, [&] { TableStage::from_json(tokens.to_json()); }) ==
        "preprocess.json: /features/0/text: tokens need the model's tokenizer.json");
}

TEST_CASE("a stage with another feature beside a column of tokens is refused", "[table]") {
  const auto tokens = fit("title,y\nabc,p\nab cba,q\n", with_texts({}, {"title"}), kTokens);
  auto json = tokens.to_json();
  auto second = json["features"][0];
  second["name"] = "other";
  json["features"].push_back(second);
  CHECK(message(ErrorKind::model, [&] { TableStage::from_json(json, tokens.tokenizer()); }) ==
        "table stage: /features: a column of tokens must be the only one");
}

namespace {

// Every place of a JSON document, deepest last.
void list_places(const Json& json, const std::string& at, std::vector<std::string>& places) {
  places.push_back(at);
  if (json.is_object()) {
    for (const auto& [key, value] : json.items())
      list_places(value, at + pointer_step(key), places);
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) {
      list_places(json[i], at + "/" + std::to_string(i), places);
    }
  }
}

std::vector<Json> damaged(const Json& json, const std::string& place) {
  std::vector<Json> all;
  for (const auto* other : {"null", "-1", "1.5", "1e300", "\"x\"", "[]", "{}", "[[]]", "true"}) {
    auto changed = json;
    changed[Json::json_pointer(place)] = Json::parse(other);
    all.push_back(changed);
  }
  const Json::json_pointer at(place);
  if (at.empty()) return all;
  auto removed = json;
  auto& parent = removed[at.parent_pointer()];
  parent.is_array() ? (void)parent.erase(std::stoul(at.back())) : (void)parent.erase(at.back());
  all.push_back(removed);
  return all;
}

// It is read, and then can be used; or it is refused as a model's fault, and nothing else happens.
int refusals(const TextColumn& column) {
  const auto json = column.to_json();
  std::vector<std::string> places;
  list_places(json, "", places);
  int refused = 0;
  for (const auto& place : places) {
    for (const auto& changed : damaged(json, place)) {
      INFO(changed.dump());
      try {
        const auto read = TextColumn::from_json(changed, "/text", column.tokenizer());
        std::vector<WeightedTerm> terms;
        if (read.use() == TextUse::terms) read.apply("ab ba c ab", terms);
        for (const auto& term : terms) CHECK((term.index >= 0 && term.index < read.size()));
        if (read.use() == TextUse::tokens) CHECK(read.tokens("abc").size() <= 3);
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::model);
        ++refused;
      }
    }
  }
  return refused;
}

}  // namespace

TEST_CASE("a damaged column of text is refused as a model's fault", "[table]") {
  const std::vector<std::string_view> texts = {"ab ba", "ab c", "c c"};
  auto config = words().text;
  config.clean.case_fold = true;
  CHECK(refusals(TextColumn::fit({}, config, texts)) > 100);
  config.words.weighting = Weighting::tfidf;
  config.words.hashing = 4;
  CHECK(refusals(TextColumn::fit({}, config, texts)) > 100);
  CHECK(refusals(TextColumn::fit({TextUse::tokens, 3}, config, texts)) > 50);
}
