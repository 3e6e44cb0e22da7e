// SPDX-License-Identifier: Apache-2.0
#include "core/base/byte_reader.h"

#include "core/base/files.h"
#include "core/base/random.h"
#include "support/catch.h"
#include "support/gzip.h"
#include "support/temp.h"

using namespace candor;
using test::gzip;

namespace {

std::string noise(std::size_t length) {
  const RandomStream stream(1, "test/bytes");
  std::string text;
  for (std::uint64_t i = 0; text.size() < length; ++i) {
    text += static_cast<char>('a' + stream.below(i, 4));
  }
  return text;
}

std::string all_of(ByteReader& reader) {
  std::string content;
  for (auto part = reader.read(); !part.empty(); part = reader.read()) content += part;
  return content;
}

std::string refusal(const std::string& path) {
  const auto error = test::error_of([&] {
    ByteReader reader(path, ErrorKind::data);
    all_of(reader);
  });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  return error->what();
}

}  // namespace

TEST_CASE("a file comes part by part as it is, with its own hash", "[base]") {
  const test::TempDir folder;
  for (const std::size_t length : {0u, 1u, 262144u, 262145u, 700000u}) {
    const auto content = noise(length);
    ByteReader reader(folder.write("plain.txt", content), ErrorKind::data);
    CHECK(all_of(reader) == content);
    CHECK(reader.read().empty());
    CHECK(reader.file_bytes() == static_cast<std::int64_t>(length));
    CHECK(reader.digest() == sha256(content));
  }
}

TEST_CASE("gzip is unpacked, one member or several, and hashed as it lies on the disk", "[base]") {
  const test::TempDir folder;
  const auto content = noise(900000);
  const auto one = gzip(content);
  const auto three = gzip(content.substr(0, 10)) + gzip("") + gzip(content.substr(10));
  for (const auto& packed : {one, three}) {
    ByteReader reader(folder.write("a.txt.gz", packed), ErrorKind::data);
    CHECK(all_of(reader) == content);
    CHECK(reader.file_bytes() == static_cast<std::int64_t>(packed.size()));
    CHECK(reader.digest() == sha256(packed));
  }
  ByteReader nothing(folder.write("nothing.gz", gzip("")), ErrorKind::data);
  CHECK(all_of(nothing).empty());
}

TEST_CASE("a gzip file that is cut, damaged or none is refused", "[base]") {
  const test::TempDir folder;
  const auto packed = gzip(noise(5000));
  for (std::size_t cut = 0; cut < packed.size(); cut += 1 + cut / 4) {
    const auto path = folder.write("cut.gz", packed.substr(0, cut));
    CHECK(refusal(path) == path + ": the gzip file ends before its time; get it again");
  }
  const auto path = folder.write("plain.gz", "this is plain text");
  CHECK(refusal(path) == path +
                             ": is no gzip file, or is damaged; unpack it by other means, or "
                             "rename it when it is plain text");
  auto wrong = packed;
  wrong[wrong.size() - 6] = static_cast<char>(wrong[wrong.size() - 6] ^ 1);  // of the checksum
  CHECK(refusal(folder.write("wrong.gz", wrong)).find("is damaged") != std::string::npos);
  const auto behind = folder.write("behind.gz", packed + "more");
  CHECK(refusal(behind) ==
        behind + ": has bytes behind its gzip data that are not gzip, or is damaged");
}

TEST_CASE("a folder or a file that is not there is refused by name", "[base]") {
  const test::TempDir folder;
  const auto missing = (folder / "none.txt").string();
  CHECK(refusal(missing) == missing + ": cannot be opened: No such file or directory");
  const auto self = folder.path().string();
  CHECK(refusal(self) == self + ": is a folder, but a file is expected");
}
