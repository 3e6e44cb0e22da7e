// SPDX-License-Identifier: Apache-2.0
#include "core/predictions/text_losses.h"

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using namespace candor::test;

namespace {

Scored scored_text() {
  Scored scored;
  scored.kind = OutputKind::language_model;
  scored.nll.assign(12, 0.7);
  scored.sliding_nll.assign(12, 0.3);
  scored.sliding_stride = 4;
  scored.cells = {{0, 0, 30, 7, 4.9, 2.1}, {1, 0, 20, 5, 3.5, 1.5}};
  return scored;
}

std::string refused(const TempDir& folder, const std::string& text) {
  const auto path = folder.write("test.jsonl", text);
  const auto error = error_of([&] { read_text_losses(path); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  const std::string what = error->what();
  REQUIRE(what.starts_with(path));
  return what.substr(path.size());
}

}  // namespace

TEST_CASE("losses of a text come back as they were written", "[predictions]") {
  const TempDir folder;
  const auto scored = scored_text();
  const auto path = folder.write("test.jsonl", predictions_jsonl(scored));
  CHECK(holds_text_losses(path));
  const auto cells = read_text_losses(path);
  REQUIRE(cells.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(cells[i].document == scored.cells[i].document);
    CHECK(cells[i].byte == scored.cells[i].byte);
    CHECK(cells[i].bytes == scored.cells[i].bytes);
    CHECK(cells[i].tokens == scored.cells[i].tokens);
    CHECK(cells[i].nll == Approx(scored.cells[i].nll));
    CHECK(cells[i].sliding_nll == Approx(scored.cells[i].sliding_nll));
  }
}

TEST_CASE("predictions of rows are no losses of a text", "[predictions]") {
  const TempDir folder;
  for (const std::string text :
       {"", "{\"id\":1,\"target\":2,\"output\":{\"value\":3}}\n", "id,label\n", "{\"output\":1}"}) {
    CHECK_FALSE(holds_text_losses(folder.write("p.jsonl", text)));
  }
}

TEST_CASE("a damaged line of losses is named, and one of an earlier version told",
          "[predictions]") {
  const TempDir folder;
  const auto good = predictions_jsonl(scored_text());
  CHECK(refused(folder, "{\"id\":0,\"first\":0,\"tokens\":1024,\"output\":{\"nll\":0.5}}\n") ==
        ":1: is of a version of candor that kept no bytes of the parts; measure the model again "
        "(candor eval MODEL --out DIR)");
  CHECK(refused(folder, good + good) == ":3: the same part of the text stands in an earlier line");
  const std::string part = "{\"document\":7,\"byte\":0,\"bytes\":3,\"tokens\":";
  CHECK(refused(folder, good + part + "0,\"output\":{\"nll\":1}}\n") ==
        ":3: tokens is 0, but a part without tokens has no loss");
  CHECK(refused(folder, good + part + "1,\"output\":{\"nll\":-1e308}}\n") ==
        ":3: nll is not a number of 0 or more");
  CHECK(refused(folder, good + part + "1,\"output\":{\"nll\":1}}\n") ==
        ":3: sliding_nll stands in some lines only");
  CHECK(refused(folder, good + "{\"id\":2,\"output\":{\"value\":1}}\n") ==
        ":3: has no loss of a part of a text, 'output' with 'nll'");
  CHECK(refused(folder, good + "{\"document\":0,\"byte\":-1,\"bytes\":3,\"tokens\":1,"
                               "\"output\":{\"nll\":1}}\n") ==
        ":3: byte is not a whole number of 0 or more");
  CHECK(refused(folder, good + "{\"document\":0,\"byte\":1,\"bytes\":3,\"tokens\":1,"
                               "\"output\":{\"nll\":\"1\"}}\n") ==
        ":3: nll is not a number of 0 or more");
}
