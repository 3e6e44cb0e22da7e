// SPDX-License-Identifier: Apache-2.0
#include "core/table/clean_rows.h"

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;
using candor::test::error_of;

namespace {

using Rows = std::vector<std::int64_t>;

Table table_of(const std::string& text) {
  TableData data;
  data.clean.max_bad_fraction = 1.0;
  return parse_table(text, "t.csv", data);
}

}  // namespace

TEST_CASE("rows without a target are named by place, up to the share allowed", "[table]") {
  const auto table = table_of("a,y\n1,no\n2,\n3\n4,yes\n");
  const auto usable = rows_with_target(table, "y", 0.5);
  CHECK(usable.rows == Rows{0, 2});
  REQUIRE(usable.left_out.size() == 1);
  CHECK(usable.left_out[0].file == "t.csv");
  CHECK(usable.left_out[0].line == 3);
  CHECK(usable.left_out[0].reason == "the target is missing");
  // The row that cannot be read counts too.
  CHECK(error_of([&] { rows_with_target(table, "y", 0.49); })->what() ==
        std::string("t.csv:3: the target 'y' is missing; fill it in, remove the row, or set "
                    "data.clean.max_bad_fraction to leave such rows out (1 of 4 rows has none)"));
  CHECK(rows_with_target(table, "z", 0.0).rows == Rows{0, 1, 2});
}

TEST_CASE("the ledger has a line of JSON for each row that is left out, without content",
          "[table]") {
  const auto table = table_of("a,y\n1,no\nsecret\n\"b\"c,no\n");
  CHECK(ledger_lines("train", unreadable_rows(table)) ==
        "{\"part\":\"train\",\"file\":\"t.csv\",\"line\":3,\"reason\":\"1 cell, but the header has "
        "2\"}\n"
        "{\"part\":\"train\",\"file\":\"t.csv\",\"line\":4,\"reason\":\"text after a closing "
        "quote\"}\n");
  CHECK(ledger_lines("train", {}).empty());
}

TEST_CASE("rows that are not usable leave a part, the others stay in order", "[table]") {
  Rows rows = {1, 3, 4, 9};
  keep_only(rows, {0, 3, 4, 8});
  CHECK(rows == Rows{3, 4});
}
