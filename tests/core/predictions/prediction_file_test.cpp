// SPDX-License-Identifier: Apache-2.0
#include "core/predictions/prediction_file.h"

#include <algorithm>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using namespace candor::test;

namespace {

Scored read(const std::string& path, const PredictionRules& rules = {}) {
  return read_prediction_file(path, rules).scored;
}

// The message behind the folder's name; the kind is checked.
std::string refusal(const TempDir& folder, const std::string& name, const std::string& text,
                    ErrorKind kind = ErrorKind::data, const PredictionRules& rules = {}) {
  const auto path = folder.write(name, text);
  const auto error = error_of([&] { read_prediction_file(path, rules); });
  REQUIRE(error);
  CHECK(error->kind() == kind);
  std::string what = error->what();
  const auto place = folder.path().string() + "/";
  for (auto at = what.find(place); at != std::string::npos; at = what.find(place)) {
    what.erase(at, place.size());
  }
  return what;
}

PredictionRules positive(const std::string& name) { return {name, std::nullopt, false, {}}; }
PredictionRules threshold(double value) { return {std::nullopt, value, false, {}}; }

const std::string kScores = "id,label,score,sex\na,0,0.25,F\nb,1,0.75,M\nc,1,0.5,F\n";

}  // namespace

TEST_CASE("a score and a label are predictions of two classes", "[predictions]") {
  const TempDir folder;
  const auto file = read_prediction_file(folder.write("p.csv", kScores), {});
  const auto& scored = file.scored;
  CHECK(scored.kind == OutputKind::classification);
  CHECK(scored.labels == std::vector<std::string>{"0", "1"});
  CHECK(scored.target == std::vector<std::int64_t>{0, 1, 1});
  CHECK(scored.probabilities == std::vector<float>{0.75f, 0.25f, 0.25f, 0.75f, 0.5f, 0.5f});
  CHECK(scored.ids == std::vector<std::string>{"a", "b", "c"});
  CHECK(file.has_ids);
  CHECK(scored.decided.empty());
  CHECK_FALSE(scored.ranking);
  CHECK(file.files.at(0).at("name") == "p.csv");
  CHECK(file.files.at(0).at("sha256").get<std::string>().size() == 64);
  CHECK(file.files.at(0).at("bytes") == kScores.size());
}

TEST_CASE("JSON lines say the same as CSV", "[predictions]") {
  const TempDir folder;
  const auto lines =
      "{\"id\":\"a\",\"label\":0,\"score\":0.25,\"sex\":\"F\"}\n"
      "{\"id\":\"b\",\"label\":1,\"score\":0.75,\"sex\":\"M\"}\n"
      "{\"id\":\"c\",\"label\":1,\"score\":0.5,\"sex\":\"F\"}\n";
  PredictionRules rules;
  rules.groups = {"sex"};
  const auto one = read(folder.write("p.jsonl", lines), rules);
  const auto other = read(folder.write("p.csv", kScores), rules);
  CHECK(one.ids == other.ids);
  CHECK(one.labels == other.labels);
  CHECK(one.target == other.target);
  CHECK(one.probabilities == other.probabilities);
  CHECK(one.groups == other.groups);
  CHECK(one.groups.at("sex") == std::vector<std::string>{"F", "M", "F"});
}

TEST_CASE("semicolons or tabs stand for commas where the first line has none", "[predictions]") {
  const TempDir folder;
  const auto usual = read(folder.write("p.csv", kScores));
  for (const char separator : {';', '\t'}) {
    auto text = kScores;
    std::replace(text.begin(), text.end(), ',', separator);
    const auto other = read(folder.write("q.csv", text));
    CHECK(other.ids == usual.ids);
    CHECK(other.probabilities == usual.probabilities);
  }
}

TEST_CASE("classes without a score are told what to pass", "[predictions]") {
  const TempDir folder;
  CHECK_THAT(refusal(folder, "p.csv", "label,prediction\nyes,no\n"),
             CANDOR_CONTAINS("2: prediction is not a number, and alone it is taken for one "
                             "(regression); for classes pass a column score (two classes) or "
                             "p_CLASS for each class"));
  const auto numbers =
      read_prediction_file(folder.write("q.csv", "label,prediction\n1,0\n0,0\n1,1\n"), {});
  REQUIRE(numbers.findings.size() == 1);
  CHECK_THAT(numbers.findings[0],
             CANDOR_CONTAINS("the same two values, and are taken for numbers"));
  CHECK(read_prediction_file(folder.write("r.csv", "label,prediction\n1,0\n2,0\n3,1\n"), {})
            .findings.empty());
}

TEST_CASE("without ids, rows are named by their places", "[predictions]") {
  const TempDir folder;
  const auto file =
      read_prediction_file(folder.write("p.csv", "label,score\n0,0.1\n\n1,0.9\n"), {});
  CHECK_FALSE(file.has_ids);
  CHECK(file.scored.ids == std::vector<std::string>{"p.csv:2", "p.csv:4"});
}

TEST_CASE("the positive class is given, or known by its name", "[predictions]") {
  const TempDir folder;
  const auto path = folder.write("p.csv", "label,score\n>50K,0.9\n<=50K,0.2\n");
  CHECK(read(path, positive(">50K")).labels == std::vector<std::string>{"<=50K", ">50K"});
  CHECK(read(path, positive("<=50K")).labels == std::vector<std::string>{">50K", "<=50K"});
  for (const auto& [labels, known] :
       std::vector<std::pair<std::string, std::string>>{{"yes,0.9\nno,0.1", "yes"},
                                                        {"False,0.9\nTrue,0.1", "True"},
                                                        {"1,0.9\n-1,0.1", "1"},
                                                        {"1.0,0.9\n0.0,0.1", "1.0"}}) {
    INFO(labels);
    CHECK(read(folder.write("q.csv", "label,score\n" + labels + "\n")).labels.back() == known);
  }
  CHECK(refusal(folder, "r.csv", "label,score\ncat,0.9\ndog,0.2\n", ErrorKind::config) ==
        "r.csv: labels are 'cat' and 'dog'; say with --positive which class the score is for");
  CHECK(refusal(folder, "r.csv", "label,score\ncat,0.9\ndog,0.2\n", ErrorKind::config,
                positive("cats")) ==
        "--positive: 'cats' is no class of r.csv; did you mean 'cat'? (classes: cat, dog)");
}

TEST_CASE("a probability for each class", "[predictions]") {
  const TempDir folder;
  const auto three =
      read(folder.write("p.csv", "label,p_a,p_b,p_c\nb,0.2,0.5,0.3\nc,0.1,0.1,0.8\n"));
  CHECK(three.labels == std::vector<std::string>{"a", "b", "c"});
  CHECK(three.target == std::vector<std::int64_t>{1, 2});
  CHECK(three.probabilities == std::vector<float>{0.2f, 0.5f, 0.3f, 0.1f, 0.1f, 0.8f});
  const auto two = "label,p_yes,p_no\nyes,0.7,0.3\nno,0.4,0.6\n";
  const auto scored = read(folder.write("q.csv", two));
  CHECK(scored.labels == std::vector<std::string>{"no", "yes"});
  CHECK(scored.target == std::vector<std::int64_t>{1, 0});
  CHECK(scored.probabilities == std::vector<float>{0.3f, 0.7f, 0.6f, 0.4f});
  CHECK(read(folder.write("q.csv", two), positive("no")).labels.back() == "no");
}

TEST_CASE("a prediction alone is a number", "[predictions]") {
  const TempDir folder;
  const auto scored =
      read(folder.write("p.csv", "id,label,prediction,weight\na,1.5,2,1\nb,-3,1e2,0.5\n"));
  CHECK(scored.kind == OutputKind::regression);
  CHECK(scored.target_value == std::vector<double>{1.5, -3});
  CHECK(scored.value == std::vector<double>{2, 100});
  CHECK(scored.weight == std::vector<double>{1, 0.5});
  CHECK(scored.weight_column == "weight");
}

TEST_CASE("a threshold decides as the file's own digits say", "[predictions]") {
  const TempDir folder;
  // As float, 0.29999999999 is 0.3.
  const auto path = folder.write("p.csv", "label,score\n0,0.29999999999\n1,0.3\n1,0.9\n");
  const auto scored = read(path, threshold(0.3));
  CHECK(scored.decided == std::vector<std::int64_t>{0, 1, 1});
  REQUIRE(scored.threshold);
  CHECK(scored.threshold->value == 0.3);
  CHECK(scored.threshold->chosen_by == "--threshold");
  CHECK(read(folder.write("q.csv", "label,p_yes,p_no\nyes,0.7,0.3\nno,0.4,0.6\n"), threshold(0.75))
            .decided == std::vector<std::int64_t>{0, 0});
}

TEST_CASE("a prediction beside a score is the class that was decided on", "[predictions]") {
  const TempDir folder;
  const auto path = folder.write("p.csv", "label,score,prediction\n0,0.6,0\n1,0.7,1\n");
  CHECK(read(path).decided == std::vector<std::int64_t>{0, 1});
  CHECK(read(path, threshold(0.5)).decided == std::vector<std::int64_t>{1, 1});
  CHECK(refusal(folder, "q.csv", "label,score,prediction\n0,0.6,0\n1,0.7,2\n") ==
        "q.csv:3: prediction '2' is no class of these predictions (0, 1)");
}

TEST_CASE("scores outside of 0 to 1 are a ranking, whose order is kept exactly", "[predictions]") {
  const TempDir folder;
  // Two scores that are one as float.
  const auto path =
      folder.write("p.csv", "label,score\n0,10.000000001\n1,10.000000002\n0,1\n1,10.000000001\n");
  const auto file = read_prediction_file(path, {});
  const auto& p = file.scored.probabilities;
  CHECK(file.scored.ranking);
  CHECK(p[5] < p[1]);
  CHECK(p[1] < p[3]);
  CHECK(p[1] == p[7]);
  CHECK(file.scored.decided.empty());
  CHECK(file.findings.at(0) ==
        "Some scores lie outside of 0 to 1, so they are taken for a ranking, not for "
        "probabilities.");
  CHECK(read(path, threshold(10.0000000015)).decided == std::vector<std::int64_t>{0, 1, 0, 0});
  PredictionRules declared;
  declared.ranking = true;
  CHECK(read(folder.write("q.csv", kScores), declared).ranking);
}

TEST_CASE("rows without a group's value are a group of their own, and that is told",
          "[predictions]") {
  const TempDir folder;
  PredictionRules rules;
  rules.groups = {"sex"};
  const auto file = read_prediction_file(
      folder.write("p.csv", "label,score,sex\n0,0.1,F\n1,0.9,\n1,0.8,M\n0,0.2,\n"), rules);
  CHECK(file.scored.groups.at("sex") ==
        std::vector<std::string>{"F", "(missing)", "M", "(missing)"});
  CHECK(file.findings.at(0) ==
        "sex is missing in 2 of 4 rows, first in line 3; they are the group '(missing)'.");
}

TEST_CASE("what is wrong in a file is named by line", "[predictions]") {
  const TempDir folder;
  const auto of = [&](const std::string& text, const std::string& name = "p.csv") {
    return refusal(folder, name, text);
  };
  CHECK(of("") ==
        "p.csv: the file is empty; a table needs rows and a header line with the columns' names");
  CHECK(of("label,score\n") == "p.csv: the file has a header line and no rows");
  CHECK(of("", "p.jsonl") ==
        "p.jsonl: the file is empty; JSON lines have one JSON object per line");
  CHECK(of("lable,score\n0,0.1\n") ==
        "no column 'label' in p.csv; did you mean 'lable'? ('label' is the true class or value of "
        "each row)");
  CHECK(of("id,label\na,0\n") ==
        "p.csv: has no predictions: a column 'score' (two classes), one 'p_CLASS' for each class, "
        "or 'prediction' (a number); it has: id, label");
  CHECK(of("label,score,p_a,p_b\na,0.1,0.5,0.5\n") ==
        "p.csv: has a score and p_CLASS columns; leave one of them out");
  CHECK(of("label,p_a\na,1\n") ==
        "p.csv: has one p_CLASS column; pass one for each class, or a column score");
  CHECK(of("label,score\n0,0.1\n,0.2\n") == "p.csv:3: label is missing");
  CHECK(of("label,score\n0,0.1\n1,\n") == "p.csv:3: score is missing");
  CHECK(of("label,score\n0,0.1\n1,NaN\n") == "p.csv:3: score is not a finite number");
  CHECK(of("label,score\n0,0.1\n1,inf\n") == "p.csv:3: score is not a finite number");
  CHECK(of("label,score\n0,0.1\n1,high\n") == "p.csv:3: score is not a number");
  CHECK(of("label,score\n0,0.1\n1,0.2\n2,0.3\n") ==
        "p.csv:4: label '2' is a third class, after '0' and '1'; a score is for two (for more pass "
        "a column p_CLASS for each)");
  CHECK(of("label,p_a,p_b\na,0.5,0.5\nc,0.5,0.5\n") ==
        "p.csv:3: label 'c' is no class of these predictions (a, b)");
  CHECK(of("label,p_a,p_b\na,0.5,0.5\na,0.5,0.3\n") ==
        "p.csv:3: the 2 probabilities sum to 0.8, not to 1 (within 0.001)");
  CHECK(of("label,p_a,p_b\na,1.5,-0.5\n") ==
        "p.csv:2: the probability of 'a' is 1.5, outside of [0, 1]; scores that are no "
        "probabilities go into a column score (two classes)");
  CHECK(of("id,label,score\na,0,0.1\nb,1,0.2\na,1,0.3\n") ==
        "p.csv:4: id 'a' stands in line 2 already; every row needs its own");
  CHECK(of("id,label,score\na,0,0.1\n,1,0.2\n") == "p.csv:3: id is missing");
  CHECK(of("label,score,weight\n0,0.1,1\n1,0.2,-1\n") ==
        "p.csv:3: weight is neither 0 nor a number from 1e-30 to 1e30");
  CHECK(of("label,score,weight\n0,0.1,1\n1,0.2,1e-300\n") ==
        "p.csv:3: weight is neither 0 nor a number from 1e-30 to 1e30");
  CHECK(of("label,score,weight\n0,0.1,1\n1,0.2,1e300\n") ==
        "p.csv:3: weight is neither 0 nor a number from 1e-30 to 1e30");
  CHECK(of("label,score,weight\n0,0.1,0\n1,0.2,0\n") == "p.csv: all weights are 0");
  CHECK(of("label,prediction\n1.5,1\nnan,1\n") == "p.csv:3: label is not a finite number");
  CHECK(of("label,prediction\n1.5,1\ncat,1\n") ==
        "p.csv:3: label is not a number, as a column prediction says; for classes pass a column "
        "score, or p_CLASS for each");
  CHECK_THAT(of("label,score\n0,0.1\n1,0.2,3\n"), CANDOR_CONTAINS("p.csv:3: "));
  CHECK_THAT(of("label,score\n0,0.1\n1,0.2,3\n"),
             CANDOR_CONTAINS("; every row counts, so fix it or leave it out"));
  const auto error = error_of([&] { read_prediction_file(folder.path().string(), {}); });
  REQUIRE(error);
  CHECK(error->what() ==
        folder.path().string() + ": is a folder; predictions are one CSV or JSON lines file");
}

TEST_CASE("rules that do not fit the file are refused", "[predictions]") {
  const TempDir folder;
  const auto numbers = "label,prediction\n1.5,1\n2,1\n";
  const auto classes = "label,p_a,p_b,p_c\na,0.5,0.3,0.2\n";
  PredictionRules ranking, groups;
  ranking.ranking = true;
  groups.groups = {"race"};
  const auto of = [&](const std::string& text, const PredictionRules& rules) {
    return refusal(folder, "p.csv", text, ErrorKind::config, rules);
  };
  CHECK(of(numbers, threshold(0.5)) ==
        "--threshold is for classes; p.csv has predictions of a number (for classes pass a column "
        "score, or p_CLASS for each)");
  CHECK_THAT(of(numbers, positive("a")), CANDOR_CONTAINS("--positive is for classes; p.csv"));
  CHECK_THAT(of(numbers, ranking), CANDOR_CONTAINS("--ranking is for classes; p.csv"));
  CHECK(of(classes, threshold(0.5)) == "--threshold is for two classes; p.csv has 3");
  CHECK(of(classes, positive("a")) == "--positive is for two classes; p.csv has 3");
  CHECK(of(classes, ranking) ==
        "--ranking is for a column score; p.csv has a probability for each class");
  CHECK(of(kScores, threshold(5)) ==
        "--threshold: expected a number in [0, 1], as the scores of p.csv are probabilities, found "
        "5 (say --ranking if they are none)");
  CHECK(of(kScores, groups) ==
        "--groups: no column 'race' in p.csv; it has: id, label, score, sex");
}

TEST_CASE("one class only is read; what it leaves undefined is the report's to say",
          "[predictions]") {
  const TempDir folder;
  CHECK(read(folder.write("p.csv", "label,score\n0,0.1\n0,0.2\n")).labels ==
        std::vector<std::string>{"0", "1"});
  CHECK(read(folder.write("p.csv", "label,score\n1,0.1\n1,0.2\n")).labels ==
        std::vector<std::string>{"0", "1"});
  const auto path = folder.write("p.csv", "label,score\nbad,0.1\nbad,0.2\n");
  CHECK(read(path, positive("bad")).labels == std::vector<std::string>{"not bad", "bad"});
  CHECK(read(path, positive("good")).labels == std::vector<std::string>{"bad", "good"});
  CHECK(refusal(folder, "q.csv", "label,score\nbad,0.1\n", ErrorKind::config) ==
        "q.csv: every label is 'bad'; say with --positive which class the score is for");
}

// ---- candor's own files -------------------------------------------------------------------------

namespace {

Scored own() {
  Scored scored;
  scored.labels = {"no", "yes"};
  scored.ids = {"a.csv:2", "a.csv:3", "a.csv:4"};
  scored.target = {1, 0, 1};
  scored.probabilities = {0.25f, 0.75f, 0.5f, 0.5f, 0.625f, 0.375f};
  return scored;
}

}  // namespace

TEST_CASE("candor's own predictions read back as they were", "[predictions]") {
  const TempDir folder;
  auto scored = own();
  scored.weight = {1, 2, 0.1};
  scored.groups["sex"] = {"F", "M", "\"x\""};
  PredictionRules rules;
  rules.groups = {"sex"};
  const auto file = read_prediction_file(
      folder.write("predictions/test.jsonl", predictions_jsonl(scored)), rules);
  CHECK(file.has_ids);
  CHECK(file.scored.ids == scored.ids);
  CHECK(file.scored.labels == scored.labels);
  CHECK(file.scored.target == scored.target);
  CHECK(file.scored.probabilities == scored.probabilities);
  CHECK(file.scored.weight == scored.weight);
  CHECK(file.scored.groups == scored.groups);

  Scored numbers;
  numbers.kind = OutputKind::regression;
  numbers.ids = {"a.csv:2", "a.csv:3"};
  numbers.target_value = {1.5, 0.1};
  numbers.value = {1.0 / 3.0, 2e-300};
  const auto back = read(folder.write("predictions/test.jsonl", predictions_jsonl(numbers)));
  CHECK(back.kind == OutputKind::regression);
  CHECK(back.target_value == numbers.target_value);
  CHECK(back.value == numbers.value);
}

TEST_CASE("the classes' order is the report's, else what the rows tell of it", "[predictions]") {
  const TempDir folder;
  auto scored = own();
  scored.labels = {"zebra", "ant"};  // in no order of names
  const auto path = folder.write("predictions/test.jsonl", predictions_jsonl(scored));
  CHECK(read(path).labels == scored.labels);  // both are the most probable one somewhere

  scored.labels = {"zebra", "ant", "bee"};
  scored.probabilities = {0.2f, 0.5f, 0.3f, 0.6f, 0.3f, 0.1f, 0.1f, 0.8f, 0.1f};
  scored.target = {1, 0, 1};
  folder.write("predictions/test.jsonl", predictions_jsonl(scored));
  const auto error = error_of([&] { read(path); });
  REQUIRE(error);
  CHECK(error->what() ==
        path +
            ": does not tell which probability is which class's; keep it where candor wrote it, "
            "in predictions/ beside its report.json");
  folder.write("report.json", report_json(make_report(scored, EvaluateConfig{})).dump());
  CHECK(read(path).labels == scored.labels);
  CHECK(read(path).target == scored.target);
}

TEST_CASE("a decision that is not the most probable class is kept", "[predictions]") {
  const TempDir folder;
  auto scored = own();
  scored.decided = {1, 1, 1};
  folder.write("report.json", report_json(make_report(scored, EvaluateConfig{})).dump());
  const auto path = folder.write("predictions/test.jsonl", predictions_jsonl(scored));
  CHECK(read(path).decided == scored.decided);
}

TEST_CASE("what is damaged in candor's own file is named by line", "[predictions]") {
  const TempDir folder;
  const auto of = [&](const std::string& second) {
    return refusal(folder, "p.jsonl",
                   "{\"id\":1,\"target\":\"a\",\"output\":{\"label\":\"a\","
                   "\"probabilities\":[0.9,0.1]}}\n" +
                       second);
  };
  CHECK_THAT(of("{\"id\""), CANDOR_CONTAINS("p.jsonl:2"));
  CHECK(of("{\"id\":2,\"output\":{\"label\":\"a\",\"probabilities\":[0.9,0.1]}}") ==
        "p.jsonl:2: has no 'target', which candor writes into every line");
  CHECK(of("{\"id\":2,\"target\":\"b\",\"output\":{\"label\":\"b\",\"probabilities\":[1]}}") ==
        "p.jsonl:2: probabilities is not a list of two numbers or more");
  CHECK(of("{\"id\":2,\"target\":\"b\",\"output\":{\"label\":\"b\","
           "\"probabilities\":[0.1,0.2,0.7]}}") ==
        "p.jsonl:2: has 3 probabilities, the first line 2");
  CHECK(of("{\"id\":2,\"target\":1,\"output\":{\"value\":2}}") ==
        "p.jsonl:2: output is of another kind than in the first line");
  CHECK(
      refusal(folder, "q.jsonl", "{\"id\":0,\"first\":0,\"tokens\":9,\"output\":{\"nll\":2}}\n") ==
      "q.jsonl:1: holds the loss of a part of a text; a language model's predictions have no rows "
      "to be evaluated by (candor eval MODEL does it from the text)");
}
