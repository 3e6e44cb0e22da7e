// SPDX-License-Identifier: Apache-2.0
#include "core/base/content_name.h"

#include "support/catch.h"

using namespace candor;

TEST_CASE("a name tells its content, packed or not", "[base]") {
  CHECK(content_extension("a/B.CSV.gz") == ".csv");
  CHECK(content_extension("b.jsonl.XZ") == ".jsonl");
  CHECK(content_extension("b.csv.zst") == ".zst");  // which nothing here unpacks
  CHECK(content_extension("gz") == "");
  CHECK(content_extension("only.gz") == "");
  CHECK(is_named_table("a.tsv.gz"));
  CHECK(is_named_table("a.parquet"));
  CHECK_FALSE(is_named_table("a.csv.txt"));
}
