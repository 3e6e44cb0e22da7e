// SPDX-License-Identifier: Apache-2.0
#include "core/text/token_store.h"

#include <sys/stat.h>

#include <fstream>
#include <numeric>

#include <candor/error.h>

#include "core/base/files.h"
#include "core/base/random.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int64_t>;

const std::string kKey = sha256("the corpus");
const std::string kOther = sha256("another one");

std::vector<Ids> documents(std::int64_t vocabulary) {
  const RandomStream stream(3, "test/tokens");
  std::vector<Ids> result;
  std::uint64_t at = 0;
  for (const std::size_t length : {1, 0, 5000, 2, 77}) {
    auto& ids = result.emplace_back();
    while (ids.size() < length) {
      ids.push_back(
          static_cast<std::int64_t>(stream.below(at++, static_cast<std::uint64_t>(vocabulary))));
    }
  }
  result[2][0] = vocabulary - 1;
  return result;
}

TokenStore write(TokenWriter&& writer, const std::vector<Ids>& all) {
  std::uint64_t bytes = 10;
  for (const auto& ids : all) {
    // In two parts, as a long document comes.
    const auto half = ids.size() / 2;
    writer.add(std::span(ids).first(half));
    writer.add(std::span(ids).subspan(half));
    writer.end_document({2 * bytes, bytes});
    ++bytes;
  }
  return writer.finish();
}

std::vector<Ids> contents(const TokenStore& store) {
  std::vector<Ids> result;
  for (std::int64_t d = 0; d < store.documents(); ++d) {
    const auto count = store.start(d + 1) - store.start(d);
    Ids ids(static_cast<std::size_t>(count));
    store.copy(store.start(d), count, ids.data());
    std::vector<std::uint32_t> same(ids.size());
    store.copy(store.start(d), count, same.data());
    CHECK(std::equal(ids.begin(), ids.end(), same.begin()));
    result.push_back(ids);
  }
  return result;
}

void check_facts(const TokenStore& store) {
  CHECK(store.tokens() == 5080);
  CHECK(store.predicted() == 4999 + 1 + 76);
  CHECK(store.bytes() == 10 + 11 + 12 + 13 + 14);
  for (std::int64_t d = 0; d < 5; ++d) {
    CHECK(store.bytes_of(d).rest == static_cast<std::uint64_t>(10 + d));
    CHECK(store.bytes_of(d).first == static_cast<std::uint64_t>(2 * (10 + d)));
  }
  CHECK(store.document_of(0) == 0);
  CHECK(store.document_of(1) == 2);
  CHECK(store.document_of(5000) == 2);
  CHECK(store.document_of(5001) == 3);
  CHECK(store.document_of(5079) == 4);
}

}  // namespace

TEST_CASE("a token store gives back its documents, in memory and from a file", "[text]") {
  const test::TempDir folder;
  for (const std::int64_t vocabulary : {2, 65536, 65537, 200000}) {
    const auto all = documents(vocabulary);
    const auto memory = write(TokenWriter(vocabulary), all);
    CHECK(contents(memory) == all);
    check_facts(memory);
    const fs::path path = folder.path() / std::to_string(vocabulary);
    const auto written = write(TokenWriter(vocabulary, path, kKey), all);
    CHECK(contents(written) == all);
    check_facts(written);
    const auto opened = open_token_file(path, kKey, vocabulary);
    REQUIRE(opened);
    CHECK(contents(*opened) == all);
    check_facts(*opened);
  }
}

TEST_CASE("tokens take two bytes while the vocabulary allows it, else four", "[text]") {
  const test::TempDir folder;
  const auto size = [&](std::int64_t vocabulary) {
    const fs::path path = folder.path() / "tokens";
    TokenWriter writer(vocabulary, path, kKey);
    writer.add(Ids(100000, 1));
    writer.end_document({0, 1});
    writer.finish();
    return fs::file_size(path);
  };
  CHECK(size(65536) == 100000 * 2 + 16 + 16 + 176);
  CHECK(size(65537) == 100000 * 4 + 16 + 16 + 176);
}

TEST_CASE("only the owner can read a token file", "[text]") {
  const test::TempDir folder;
  const fs::path path = folder.path() / "tokens";
  const auto before = umask(0);
  write(TokenWriter(100, path, kKey), documents(100));
  umask(before);
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a token file of something else, cut or damaged is not taken", "[text]") {
  const test::TempDir folder;
  const fs::path path = folder.path() / "tokens";
  CHECK_FALSE(open_token_file(path, kKey, 100));
  write(TokenWriter(100, path, kKey), documents(100));
  REQUIRE(open_token_file(path, kKey, 100));
  CHECK_FALSE(open_token_file(path, kOther, 100));
  CHECK_FALSE(open_token_file(path, kKey, 70000));  // other width
  CHECK_FALSE(open_token_file(path, kKey, 99));     // token 99 would have no embedding
  const auto whole = test::slurp(path.string());
  const auto refused = [&](const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    return !open_token_file(path, kKey, 100);
  };
  for (std::size_t cut = 0; cut < whole.size(); cut += 1 + cut / 3) {
    CHECK(refused(whole.substr(0, cut)));
    CHECK(refused(whole.substr(whole.size() - cut)));
  }
  // One flipped bit anywhere: tokens, padding, starts, bytes, key, digest, counts, version, magic.
  for (std::size_t at = 0; at<whole.size(); at += at> whole.size() - 250 ? 1 : 97) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    CHECK(refused(damaged));
  }
  CHECK_FALSE(refused(whole));
}

TEST_CASE("a token file that cannot be finished leaves nothing behind", "[text]") {
  const test::TempDir folder;
  {
    TokenWriter writer(100, folder.path() / "tokens", kKey);
    writer.add(Ids(3000000, 7));
  }
  CHECK(fs::is_empty(folder.path()));
  // A device that is always full.
  if (fs::exists("/dev/full")) {
    const auto full = folder.path() / "nowhere" / "tokens";
    CHECK_THROWS_AS(TokenWriter(100, full, kKey), Error);
  }
}

TEST_CASE("a store without documents is empty", "[text]") {
  const auto store = TokenWriter(10).finish();
  CHECK(store.tokens() == 0);
  CHECK(store.documents() == 0);
  CHECK(store.predicted() == 0);
}
