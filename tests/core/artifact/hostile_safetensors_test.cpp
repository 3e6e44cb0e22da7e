// SPDX-License-Identifier: Apache-2.0
// Files that nobody should open without care: each is refused with one line that names the file and
// the fault.
#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/artifact/safetensors.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

std::string length_prefix(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(length >> 8 * i));
  return bytes;
}

std::string file_of(const std::string& header, std::size_t data = 0) {
  return length_prefix(header.size()) + header + std::string(data, '\1');
}

// {"a": {...}} with 8 bytes of data.
std::string one(const std::string& entry, std::size_t data = 8) {
  return file_of("{\"a\":" + entry + "}", data);
}

std::string entry(const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "\"F32\"") {
  return "{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

struct Hostile {
  std::string name;
  std::string bytes;
  std::string fault;  // what stands behind "FILE: "
};

std::vector<Hostile> broken_frames() {
  return {
      {"no byte at all", "",
       "has 0 bytes; a safetensors file begins with 8 bytes of header length"},
      {"one byte", "x", "has 1 bytes; a safetensors file begins with 8 bytes of header length"},
      {"seven bytes", "1234567",
       "has 7 bytes; a safetensors file begins with 8 bytes of header length"},
      {"length zero", length_prefix(0), "header does not begin with '{'"},
      {"length zero, data behind", length_prefix(0) + "{}", "header does not begin with '{'"},
      {"length one too many", length_prefix(3) + "{}",
       "header length is 3 bytes; the file has only 2 after the length"},
      {"length of a header that is not there", length_prefix(100),
       "header length is 100 bytes; the file has only 0 after the length"},
      {"length at the limit", length_prefix(100000000) + "{}",
       "header length is 100000000 bytes; the file has only 2 after the length"},
      {"length over the limit", length_prefix(100000001) + "{}",
       "header length is 100000001 bytes; at most 100000000 are allowed"},
      {"length 2^63", length_prefix(std::uint64_t{1} << 63) + "{}",
       "header length is 9223372036854775808 bytes; at most 100000000 are allowed"},
      {"length 2^64 - 1", length_prefix(~std::uint64_t{0}) + "{}",
       "header length is 18446744073709551615 bytes; at most 100000000 are allowed"},
      {"length 2^64 - 8, which wraps with the prefix", length_prefix(~std::uint64_t{7}) + "{}",
       "header length is 18446744073709551608 bytes; at most 100000000 are allowed"},
      {"text instead of a length", "hello world, this is no tensor file",
       "header length is 8031924123371070824 bytes; at most 100000000 are allowed"},
      {"a zip archive (a pickle of Python)",
       std::string("PK\3\4\0\0\10\10", 8) + std::string(64, 'x'),
       "header length is 578712552184433488 bytes; at most 100000000 are allowed"},
      {"array header", file_of("[]"), "header does not begin with '{'"},
      {"string header", file_of("\"a\""), "header does not begin with '{'"},
      {"blank before the header", file_of(" {}"), "header does not begin with '{'"},
      {"byte order mark", file_of("\xef\xbb\xbf{}"), "header does not begin with '{'"},
      {"data without a tensor", file_of("{}", 1), "holds 1 bytes of data that belong to no tensor"},
  };
}

std::vector<Hostile> broken_entries() {
  const std::string long_name(300, 'n');
  return {
      {"entry is a number", one("1"), "tensor 'a' is not described by a JSON object"},
      {"entry is null", one("null"), "tensor 'a' is not described by a JSON object"},
      {"entry is an array", one("[]"), "tensor 'a' is not described by a JSON object"},
      {"entry is empty", one("{}"), "tensor 'a' has no data_offsets"},
      {"no dtype", one(R"({"shape":[2],"data_offsets":[0,8]})"), "tensor 'a' has no dtype"},
      {"no shape", one(R"({"dtype":"F32","data_offsets":[0,8]})"), "tensor 'a' has no shape"},
      {"no offsets", one(R"({"dtype":"F32","shape":[2]})"), "tensor 'a' has no data_offsets"},
      {"a key more",
       one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"file":"/etc/passwd"})"),
       "tensor 'a' has the unknown key 'file'; allowed: data_offsets, dtype, shape"},
      {"dtype is a number", one(entry("[2]", "[0,8]", "32")),
       "tensor 'a' has a dtype that is not a string"},
      {"dtype is null", one(entry("[2]", "[0,8]", "null")),
       "tensor 'a' has a dtype that is not a string"},
      {"dtype of nobody", one(entry("[2]", "[0,8]", "\"F33\"")),
       "tensor 'a' has unknown dtype 'F33'; allowed: F32, I64, U8"},
      {"dtype in lower case", one(entry("[2]", "[0,8]", "\"f32\"")),
       "tensor 'a' has unknown dtype 'f32'; allowed: F32, I64, U8"},
      {"dtype is empty", one(entry("[2]", "[0,8]", "\"\"")),
       "tensor 'a' has unknown dtype ''; allowed: F32, I64, U8"},
      {"dtype F64", one(entry("[1]", "[0,8]", "\"F64\"")),
       "tensor 'a' has dtype F64; candor reads F32, I64 and U8: convert the file first"},
      {"dtype F16", one(entry("[4]", "[0,8]", "\"F16\"")),
       "tensor 'a' has dtype F16; candor reads F32, I64 and U8: convert the file first"},
      {"dtype BF16", one(entry("[4]", "[0,8]", "\"BF16\"")),
       "tensor 'a' has dtype BF16; candor reads F32, I64 and U8: convert the file first"},
      {"dtype BOOL", one(entry("[8]", "[0,8]", "\"BOOL\"")),
       "tensor 'a' has dtype BOOL; candor reads F32, I64 and U8: convert the file first"},
      {"empty name", file_of("{\"\":" + entry("[2]", "[0,8]") + "}", 8),
       "a tensor has an empty name"},
      {"NUL in the name", file_of("{\"a\\u0000b\":" + entry("[2]", "[0,8]") + "}", 8),
       "tensor 'a\\x00b' has a NUL byte in its name"},
      {"terminal escape in the name", file_of("{\"\\u001b[2J\\n\":1}", 8),
       "tensor '\\x1b[2J\\x0a' is not described by a JSON object"},
      {"very long name", file_of("{\"" + long_name + "\":1}", 8),
       "tensor '" + long_name.substr(0, 64) + "...' is not described by a JSON object"},
      {"metadata is a string", file_of(R"({"__metadata__":"x"})"),
       "__metadata__ is not a JSON object"},
      {"metadata is a tensor", file_of("{\"__metadata__\":" + entry("[2]", "[0,8]") + "}", 8),
       "__metadata__ entry 'shape' is not a string"},
      {"metadata holds a number", file_of(R"({"__metadata__":{"epoch":3}})"),
       "__metadata__ entry 'epoch' is not a string"},
  };
}

std::vector<Hostile> broken_shapes() {
  const std::string bad =
      "tensor 'a' has a dimension that is not a whole number from 0 to 2^63 - 1";
  const std::string large = "tensor 'a' has a shape whose size does not fit into 64 bits";
  return {
      {"shape is a number", one(entry("2", "[0,8]")),
       "tensor 'a' has a shape that is not an array"},
      {"shape is an object", one(entry("{}", "[0,8]")),
       "tensor 'a' has a shape that is not an array"},
      {"negative dimension", one(entry("[-2]", "[0,8]")), bad},
      {"two negative dimensions", one(entry("[-1,-2]", "[0,8]")), bad},
      {"fraction", one(entry("[2.5]", "[0,8]")), bad},
      {"fraction that is whole", one(entry("[2.0]", "[0,8]")), bad},
      {"exponent", one(entry("[2e0]", "[0,8]")), bad},
      {"string dimension", one(entry("[\"2\"]", "[0,8]")), bad},
      {"true as dimension", one(entry("[true,2]", "[0,8]")), bad},
      {"null dimension", one(entry("[null]", "[0,8]")), bad},
      {"dimension 2^63", one(entry("[9223372036854775808]", "[0,8]")), bad},
      {"dimension 2^64 - 1", one(entry("[18446744073709551615]", "[0,8]")), bad},
      {"offset of 1e40", one(entry("[2,3]", "[0,1e40]")),
       "tensor 'a' has data_offsets that are not whole numbers >= 0"},
      {"product 2^64 + 8", one(entry("[4611686018427387906]", "[0,8]")), large},
      {"product wraps to 8", one(entry("[2,2305843009213693953,4]", "[0,8]")), large},
      {"product wraps to 0", one(entry("[4294967296,4294967296]", "[0,0]"), 0), large},
      {"product hides behind a zero", one(entry("[0,4294967296,4294967296]", "[0,0]"), 0), large},
      {"nine dimensions", one(entry("[1,1,1,1,1,1,1,1,2]", "[0,8]")),
       "tensor 'a' has 9 dimensions; at most 8 are allowed"},
      {"shape larger than the data", one(entry("[3]", "[0,8]")),
       "tensor 'a' has 8 bytes of data; its dtype and shape need 12"},
      {"shape smaller than the data", one(entry("[1]", "[0,8]")),
       "tensor 'a' has 8 bytes of data; its dtype and shape need 4"},
      {"scalar with two values", one(entry("[]", "[0,8]")),
       "tensor 'a' has 8 bytes of data; its dtype and shape need 4"},
      {"empty tensor with data", one(entry("[0]", "[0,8]")),
       "tensor 'a' has 8 bytes of data; its dtype and shape need 0"},
      {"wrong dtype for its bytes", one(entry("[2]", "[0,8]", "\"I64\"")),
       "tensor 'a' has 8 bytes of data; its dtype and shape need 16"},
  };
}

std::string two(const std::string& first, const std::string& second, std::size_t data) {
  return file_of("{\"a\":" + entry("[2]", first) + ",\"b\":" + entry("[2]", second) + "}", data);
}

std::vector<Hostile> broken_offsets() {
  const std::string pair = "tensor 'a' has data_offsets that are not [begin, end]";
  const std::string whole = "tensor 'a' has data_offsets that are not whole numbers >= 0";
  return {
      {"offsets are a number", one(entry("[2]", "8")), pair},
      {"no offset", one(entry("[2]", "[]")), pair},
      {"one offset", one(entry("[2]", "[0]")), pair},
      {"three offsets", one(entry("[2]", "[0,4,8]")), pair},
      {"negative begin", one(entry("[2]", "[-8,0]")), whole},
      {"negative end", one(entry("[2]", "[0,-8]")), whole},
      {"fractional end", one(entry("[2]", "[0,8.0]")), whole},
      {"string offsets", one(entry("[2]", "[\"0\",\"8\"]")), whole},
      {"end 2^63", one(entry("[2]", "[0,9223372036854775808]")), whole},
      {"end before begin", one(entry("[2]", "[8,0]")),
       "tensor 'a' has data_offsets [8, 0] that end before they begin"},
      {"end one behind the file", one(entry("[2]", "[0,9]")),
       "tensor 'a' has data_offsets [0, 9]; the file holds 8 bytes of data"},
      {"begin behind the file", one(entry("[2]", "[4096,4104]")),
       "tensor 'a' has data_offsets [4096, 4104]; the file holds 8 bytes of data"},
      {"end 2^63 - 1", one(entry("[2]", "[0,9223372036854775807]")),
       "tensor 'a' has data_offsets [0, 9223372036854775807]; the file holds 8 bytes of data"},
      {"data cut off by one byte", one(entry("[2]", "[0,8]"), 7),
       "tensor 'a' has data_offsets [0, 8]; the file holds 7 bytes of data"},
      {"data missing", one(entry("[2]", "[0,8]"), 0),
       "tensor 'a' has data_offsets [0, 8]; the file holds 0 bytes of data"},
      {"one byte too many", one(entry("[2]", "[0,8]"), 9),
       "holds 1 bytes of data that belong to no tensor"},
      {"two tensors at one place", two("[0,8]", "[0,8]", 8),
       "tensor 'b' begins at byte 0 of the data; the one before it ends at 8"},
      {"two tensors that overlap", two("[0,8]", "[4,12]", 12),
       "tensor 'b' begins at byte 4 of the data; the one before it ends at 8"},
      {"overlap in the other order", two("[4,12]", "[0,8]", 12),
       "tensor 'a' begins at byte 4 of the data; the one before it ends at 8"},
      {"a gap between two", two("[0,8]", "[12,20]", 20),
       "tensor 'b' begins at byte 12 of the data; there is a gap from 8"},
      {"a gap at the start", one(entry("[2]", "[4,12]"), 12),
       "tensor 'a' begins at byte 4 of the data; there is a gap from 0"},
      {"two tensors side by side", two("[0,8]", "[8,16]", 16), ""},
      {"two tensors side by side, the second one first", two("[8,16]", "[0,8]", 16), ""},
  };
}

void check(const test::TempDir& folder, const Hostile& hostile) {
  INFO(hostile.name);
  const auto path = folder.write("weights.safetensors", hostile.bytes);
  const auto error = test::error_of([&] { Safetensors file(path); });
  if (hostile.fault.empty()) {  // the harmless neighbour of the cases around it
    CHECK_FALSE(error);
    return;
  }
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(error->what() == path + ": " + hostile.fault);
}

// The text is that of the JSON reader; the place comes first.
void check_json(const test::TempDir& folder, const std::string& header) {
  INFO(header.substr(0, 80));
  const auto path = folder.write("weights.safetensors", file_of(header));
  const auto error = test::error_of([&] { Safetensors file(path); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(std::string(error->what()).rfind(path + ": header", 0) == 0);
  CHECK(std::string(error->what()).find('\n') == std::string::npos);
}

}  // namespace

TEST_CASE("a safetensors file whose frame is broken is refused by name and fault", "[artifact]") {
  const test::TempDir folder;
  for (const auto& hostile : broken_frames()) check(folder, hostile);
}

TEST_CASE("a safetensors file whose entries are broken is refused by name and fault",
          "[artifact]") {
  const test::TempDir folder;
  for (const auto& hostile : broken_entries()) check(folder, hostile);
}

TEST_CASE("a safetensors file whose shapes lie is refused by name and fault", "[artifact]") {
  const test::TempDir folder;
  for (const auto& hostile : broken_shapes()) check(folder, hostile);
}

TEST_CASE("a safetensors file whose offsets lie is refused by name and fault", "[artifact]") {
  const test::TempDir folder;
  for (const auto& hostile : broken_offsets()) check(folder, hostile);
}

TEST_CASE("a safetensors file whose header is not JSON is refused", "[artifact]") {
  const test::TempDir folder;
  check_json(folder, "{");
  check_json(folder, "{\"a\":");
  check_json(folder, "{\"a\":{}},");
  check_json(folder, "{} trailing");
  check_json(folder, "{}{}");
  check_json(folder, "{'a':1}");
  check_json(folder, "{\"a\":NaN}");
  check_json(folder, "{\"a\":1,}");
  check_json(folder, "{// no comments here\n}");
  check_json(folder, std::string("{\0}", 3));
  check_json(folder, "{\"\xff\xfe\":1}");
  check_json(folder, "{\"\\ud800\":1}");
  check_json(folder, "{\"a\":" + entry("[1]", "[0,4]") + ",\"a\":" + entry("[1]", "[4,8]") + "}");
  check_json(folder, R"({"__metadata__":{"k":"v","k":"w"}})");
  check_json(folder, R"({"a":{"dtype":"F32","dtype":"U8","shape":[2],"data_offsets":[0,8]}})");
  check_json(folder, "{\"a\":" + entry("[18446744073709551616]", "[0,8]") + "}");
  check_json(folder, "{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}");
}

TEST_CASE("a header with too many tensors or values is refused before it fills the memory",
          "[artifact]") {
  const test::TempDir folder;
  std::string many = "{";
  for (int i = 0; i <= 100001; ++i) {
    many += "\"" + std::to_string(i) + "\":" + entry("[0]", "[0,0]") + (i < 100001 ? "," : "}");
  }
  check(folder, {"100,002 tensors", file_of(many),
                 "header describes 100002 tensors; at most 100000 are allowed"});
  std::string bomb = "{\"a\":[0";
  for (int i = 0; i < 1300000; ++i) bomb += ",0";
  check(folder, {"1.3 million values", file_of(bomb + "]}"),
                 "header has more values than 100000 tensors need"});
}

TEST_CASE("what is not a regular file is refused and never waited for", "[artifact]") {
  const test::TempDir folder;
  const auto fault_of = [](const std::filesystem::path& path) {
    const auto error = test::error_of([&] { Safetensors file(path); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::model);
    return std::string(error->what());
  };
  const auto missing = (folder / "missing.safetensors").string();
  CHECK(fault_of(missing) == missing + ": cannot be opened: No such file or directory");
  CHECK(fault_of(folder.path()) ==
        folder.path().string() + ": not a regular file; a safetensors file is expected");
  const auto pipe = (folder / "pipe").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(fault_of(pipe) == pipe + ": not a regular file; a safetensors file is expected");
  CHECK(fault_of("/dev/zero") == "/dev/zero: not a regular file; a safetensors file is expected");
}

TEST_CASE("every prefix of a good file is refused", "[artifact]") {
  const test::TempDir folder;
  const auto whole = one(entry("[2]", "[0,8]"));
  CHECK_FALSE(test::error_of([&] { Safetensors file(folder.write("whole", whole)); }));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto path = folder.write("part", whole.substr(0, size));
    const auto error = test::error_of([&] { Safetensors file(path); });
    INFO(size);
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::model);
  }
}

}  // namespace candor
