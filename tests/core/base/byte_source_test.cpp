// SPDX-License-Identifier: Apache-2.0
#include "core/base/byte_source.h"

#include "core/base/files.h"
#include "core/base/random.h"
#include "support/catch.h"
#include "support/gzip.h"
#include "support/temp.h"
#include "support/xz.h"

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

std::string refusal(const std::string& path) {
  const auto error = test::error_of([&] { read_rest(*open_bytes(path, ErrorKind::data)); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::data);
  return std::string(error->what()).substr(path.size());
}

void check_unpacks(const std::string& path, const std::string& packed, const std::string& content) {
  const auto source = open_bytes(path, ErrorKind::data, true);
  CHECK(read_rest(*source) == content);
  char more = 0;
  CHECK(source->read(&more, 1) == 0);
  CHECK(source->bytes_read() == packed.size());
  CHECK(source->digest() == sha256(packed));
}

}  // namespace

TEST_CASE("a file comes as it is, with its own hash", "[base]") {
  const test::TempDir folder;
  for (const std::size_t length : {0u, 1u, 5u, 262144u, 262145u, 700000u}) {
    const auto content = noise(length);
    check_unpacks(folder.write("plain.txt", content), content, content);
  }
}

TEST_CASE("gzip and xz are unpacked, one member or several, and hashed as they lie on the disk",
          "[base]") {
  const test::TempDir folder;
  const auto content = noise(900000);
  for (const auto& pack : {test::gzip, test::xz}) {
    const auto one = pack(content);
    const auto three = pack(content.substr(0, 10)) + pack("") + pack(content.substr(10));
    for (const auto& packed : {one, three})
      check_unpacks(folder.write("a", packed), packed, content);
    check_unpacks(folder.write("b", pack("")), pack(""), "");
  }
}

TEST_CASE("packed bytes are given as they are where they are asked for raw", "[base]") {
  const test::TempDir folder;
  const auto packed = test::gzip("text");
  CHECK(read_rest(*open_raw_bytes(folder.write("a.gz", packed), ErrorKind::data)) == packed);
}

TEST_CASE("a packed file that is cut or changed anywhere is refused", "[base]") {
  const test::TempDir folder;
  const std::pair<std::string, std::string> kinds[] = {{"gzip", test::gzip(noise(5000))},
                                                       {"xz", test::xz(noise(5000))}};
  for (const auto& [name, packed] : kinds) {
    for (std::size_t cut = 6; cut < packed.size(); cut += 1 + cut / 4) {
      CHECK(refusal(folder.write("cut", packed.substr(0, cut))) ==
            ": the " + name + " data is cut short; the file is not whole, get it anew");
    }
    for (std::size_t at = name == "xz" ? 6 : 10; at < packed.size(); at += 1 + at / 8) {
      auto changed = packed;
      changed[at] = static_cast<char>(changed[at] ^ 4);
      const auto what = refusal(folder.write("changed", changed));
      CHECK(what.starts_with(": the " + name + " data is "));
    }
    const auto what = refusal(folder.write("behind", packed + "bytes that are neither"));
    CHECK(what.starts_with(": the " + name + " data is damaged ("));
  }
}

TEST_CASE("a name that promises what the file is not is refused", "[base]") {
  const test::TempDir folder;
  CHECK(refusal(folder.write("plain.gz", "this is plain text")) ==
        ": its name ends in .gz, but it does not begin as gzip does; rename it, or get the file "
        "anew");
  CHECK(
      refusal(folder.write("plain.xz", "")) ==
      ": its name ends in .xz, but it does not begin as xz does; rename it, or get the file anew");
}

TEST_CASE("packed data that grows beyond all measure is refused", "[base]") {
  const test::TempDir folder;
  const std::string flat(1 << 20, 'a');
  for (const auto& [name, packed] : {std::pair{"gzip", test::gzip(flat)}, {"xz", test::xz(flat)}}) {
    const auto path = folder.write("bomb", packed);
    const auto error = test::error_of([&] {
      read_rest(*open_bytes(path, ErrorKind::data, false, {500, 1000}));
    });
    REQUIRE(error);
    CHECK(error->what() == path + ": the " + name +
                               " data grows to more than 500 times its size, as no data file does; "
                               "decompress it yourself if you trust it");
  }
}

TEST_CASE("xz data that wants more memory than is allowed is refused before it gets any",
          "[base]") {
  // The block header (the xz file format, section 3.1) says how large the dictionary is: filter
  // 0x21, one byte of properties, 2^29 bytes; behind it the header's CRC32.
  auto packed = test::xz(noise(5000));
  const std::size_t block = 12;
  const auto size = (static_cast<unsigned char>(packed[block]) + 1u) * 4;
  const auto filter = packed.find("\x21\x01", block);
  REQUIRE(filter < block + size);
  packed[filter + 2] = 34;
  const auto check =
      lzma_crc32(reinterpret_cast<const std::uint8_t*>(packed.data()) + block, size - 4, 0);
  for (unsigned i = 0; i < 4; ++i) {
    packed[block + size - 4 + i] = static_cast<char>(check >> (8 * i));
  }
  const test::TempDir folder;
  CHECK(refusal(folder.write("large.xz", packed)) ==
        ": the xz data takes more than 128 MiB of memory to unpack; pack it with a smaller "
        "dictionary");
}

TEST_CASE("a folder or a file that is not there is refused by name", "[base]") {
  const test::TempDir folder;
  CHECK(refusal((folder / "none.txt").string()) == ": cannot be opened: No such file or directory");
  CHECK(refusal(folder.path().string()) == ": is a folder, but a file is expected");
}
