// SPDX-License-Identifier: Apache-2.0
// Archives and tables of images, good and bad.
#include <candor/error.h>

#include "core/image/list_images.h"
#include "core/image/tar_reader.h"
#include "support/bytes_in_steps.h"
#include "support/catch.h"
#include "support/gzip.h"
#include "support/make_tar.h"
#include "support/temp.h"
#include "support/xz.h"

using namespace candor;
using namespace candor::test;

namespace {

struct Found {
  std::string name, bytes;
};

std::vector<Found> members(const std::string& tar, std::size_t step = 1000) {
  std::vector<Found> all;
  BytesInSteps source(tar, step);
  TarReader reader(source, "x.tar");
  for (TarMember member; reader.next(member);) {
    std::string bytes;
    reader.read(bytes);
    CHECK(static_cast<std::int64_t>(bytes.size()) == member.size);
    CHECK(tar.substr(static_cast<std::size_t>(member.offset), bytes.size()) == bytes);
    all.push_back({member.name, bytes});
  }
  return all;
}

template <class F>
std::string refusal(const F& call) {
  const auto error = error_of(call);
  if (!error) return "accepted";
  return error->kind() == ErrorKind::data ? error->what() : "wrong kind";
}

std::string tar_refusal(const std::string& tar) {
  return refusal([&] { members(tar); });
}

constexpr const char* kRule =
    "; archives may hold files and folders only, with names that stay inside";

std::string pax(const std::string& key, const std::string& value) {
  const auto text = " " + key + "=" + value + "\n";
  std::size_t length = text.size() + 1;
  while (std::to_string(length).size() + text.size() != length) ++length;
  const auto body = std::to_string(length) + text;
  return tar_header("PaxHeader", body.size(), 'x') + tar_padded(body);
}

std::string two_classes() {
  return tar_header("train/", 0, '5') + tar_file("train/dog/b.png", "bb") +
         tar_file("./train/cat/a.jpg", std::string(700, 'a')) +
         tar_file("train/dog/.hidden.png", "h") + tar_file("train/readme.txt", "r") +
         tar_file("test/cat/c.webp", "c") + tar_file("test/dog/d.jpeg", "d") + tar_end();
}

std::vector<std::string> contents(const ImageList& list) {
  std::vector<std::string> all;
  for (const auto& file : list.files) {
    all.push_back(list.labels[static_cast<std::size_t>(file.label)] + " " + file.name + " " +
                  read_image(file).substr(0, 3));
  }
  return all;
}

}  // namespace

TEST_CASE("A tar archive gives its files with their bytes and places", "[image]") {
  const auto all = members(two_classes());
  REQUIRE(all.size() == 6);
  CHECK(all[0].name == "train/dog/b.png");
  CHECK(all[0].bytes == "bb");
  CHECK(all[1].name == "train/cat/a.jpg");
  CHECK(all[1].bytes == std::string(700, 'a'));
}

TEST_CASE("Long names come by prefix, by GNU and by pax headers", "[image]") {
  const std::string deep(150, 'd');
  const auto gnu = tar_header("././@LongLink", deep.size() + 1, 'L') + tar_padded(deep + '\0') +
                   tar_file(deep.substr(0, 100), "1");
  const auto prefix = tar_header("end.png", 1, '0', "some/prefix") + tar_padded("2");
  const auto all =
      members(gnu + prefix + pax("path", "p/\xC3\xA4.png") + tar_file("short", "3") + tar_end());
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == deep);
  CHECK(all[1].name == "some/prefix/end.png");
  CHECK(all[2].name == "p/\xC3\xA4.png");
}

TEST_CASE("Whatever could reach outside of an archive is refused", "[image]") {
  const auto rule = std::string(kRule);
  CHECK(tar_refusal(tar_header("a", 0, '2') + tar_end()) ==
        "x.tar: member 'a' is a symbolic link" + rule);
  CHECK(tar_refusal(tar_header("a", 0, '1') + tar_end()) ==
        "x.tar: member 'a' is a hard link" + rule);
  for (const char type : {'3', '4', '6'}) {
    CHECK(tar_refusal(tar_header("a", 0, type) + tar_end()) ==
          "x.tar: member 'a' is a device" + rule);
  }
  CHECK(tar_refusal(tar_header("a", 0, 'S') + tar_end()) ==
        "x.tar: member 'a' is a sparse file" + rule);
  CHECK(tar_refusal(tar_header("a", 0, 'Z') + tar_end()) ==
        "x.tar: member 'a' is of an unknown type" + rule);
  CHECK(tar_refusal(tar_file("/etc/x.png", "") + tar_end()) ==
        "x.tar: member '/etc/x.png' has an absolute name" + rule);
  CHECK(tar_refusal(tar_file("a/../../x.png", "") + tar_end()) ==
        "x.tar: member 'a/../../x.png' has '..' in its name" + rule);
  CHECK(tar_refusal(pax("path", "../x.png") + tar_file("a", "") + tar_end()) ==
        "x.tar: member '../x.png' has '..' in its name" + rule);
  CHECK(tar_refusal(tar_file("a\nb/..", "") + tar_end()) ==
        "x.tar: member 'a?b/..' has '..' in its name" + rule);
  CHECK(tar_refusal(pax("GNU.sparse.major", "1") + tar_file("a", "") + tar_end()) ==
        "x.tar: member '' is a sparse file" + rule);
}

TEST_CASE("A damaged archive is refused", "[image]") {
  const auto tar = two_classes();
  for (std::size_t size = 0; size < tar.size() - 1024; size += 256) {
    CAPTURE(size);
    CHECK(tar_refusal(tar.substr(0, size)) == "x.tar: the archive is truncated; get it again");
  }
  auto changed = tar;
  changed[3] = 'X';
  CHECK(tar_refusal(changed) ==
        "x.tar: is no tar archive, or is damaged (a header's checksum is wrong)");
  CHECK(tar_refusal(tar_header("a", 2 << 20, 'x') + tar_end()) ==
        "x.tar: is damaged (an extended header of 2097152 bytes)");
  for (const std::string body : {"9999 path=a\n", "0 path=a\n", "x", "5 pa\n", "12 path a b\n"}) {
    CAPTURE(body);
    CHECK(tar_refusal(tar_header("p", body.size(), 'x') + tar_padded(body) + tar_end()) ==
          "x.tar: is damaged (an extended header)");
  }
  CHECK(tar_refusal(pax("size", "9223372036854775807") + tar_file("a", "") + tar_end()) ==
        "x.tar: is damaged (a member's size is out of range)");
}

TEST_CASE("Plain, gzip and xz archives give the same images", "[image]") {
  const TempDir folder;
  const auto tar = two_classes();
  const auto plain = folder.write("a.tar", tar);
  const std::vector<std::string> expected = {"cat cat/a.jpg aaa", "dog dog/b.png bb"};
  for (const auto& path : {plain, folder.write("a.tar.gz", gzip(tar)),
                           folder.write("a.tar.xz", xz(tar)), folder.write("no_ending", xz(tar))}) {
    CAPTURE(path);
    const auto list = list_images({path + "#train"});
    CHECK(list.labels == std::vector<std::string>{"cat", "dog"});
    CHECK(contents(list) == expected);
    CHECK(list.files[0].path == path + "/train/cat/a.jpg");
    CHECK(contents(list_images({path + "#test/"})) ==
          std::vector<std::string>{"cat cat/c.webp c", "dog dog/d.jpeg d"});
  }
}

TEST_CASE("Several folders and archives are one list", "[image]") {
  const TempDir folder;
  folder.write("more/cat/z.png", "z");
  folder.write("more/eel/y.png", "y");
  const auto tar = folder.write("a.tar", two_classes());
  const auto list = list_images({tar + "#train", (folder / "mor*").string()});
  CHECK(list.labels == std::vector<std::string>{"cat", "dog", "eel"});
  CHECK(contents(list) == std::vector<std::string>{"cat cat/a.jpg aaa", "dog dog/b.png bb",
                                                   "cat cat/z.png z", "eel eel/y.png y"});
  CHECK(list.sources == std::vector<std::string>{tar + "#train", (folder / "more").string()});
  CHECK(list.files[3].source == 1);
}

TEST_CASE("An archive without class folders says where they are", "[image]") {
  const TempDir folder;
  const auto tar = folder.write("a.tar", two_classes());
  CHECK(refusal([&] { list_images({tar}); }) ==
        tar +
            ": no .jpg, .jpeg, .png or .webp file in a class folder of the archive; name the "
            "folder that holds them, one of: " +
            tar + "#test " + tar + "#train");
  CHECK(refusal([&] { list_images({tar + "#train/cat"}); }) ==
        tar +
            "#train/cat: no .jpg, .jpeg, .png or .webp file in a class folder there; name the "
            "folder that holds them, one of: " +
            tar + "#test " + tar + "#train");
  const auto one = folder.write("one.tar", tar_file("cat/a.png", "a") + tar_end());
  CHECK(refusal([&] { list_images({one}); }) ==
        one +
            ": 1 class folders, 2 or more are needed; put the images of each class into a "
            "sub-folder named after it");
}

TEST_CASE("A packed archive must fit into the memory that is allowed", "[image]") {
  const TempDir folder;
  const auto big = tar_file("cat/a.png", std::string(1 << 20, 'a')) +
                   tar_file("dog/b.png", std::string(1 << 20, 'b')) + tar_end();
  const auto packed = folder.write("a.tar.gz", gzip(big));
  CHECK(refusal([&] { list_images({packed}, {}, 1 << 20); }) ==
        packed +
            ": the images of a packed archive are kept in memory, and these are more than 1 "
            "MiB; unpack it into a folder, or raise data.memory");
  CHECK(list_images({packed}, {}, 2 << 20).files.size() == 2);
  CHECK(list_images({folder.write("a.tar", big)}, {}, 0).files.size() == 2);
}

TEST_CASE("A member that is larger than an image may be is never read", "[image]") {
  const TempDir folder;
  constexpr std::size_t kSize = (std::size_t{50} << 20) + 1;
  const auto path = folder.write("a.tar", tar_file("cat/a.png", "a") + tar_file("dog/b.png", "b") +
                                              tar_header("dog/c.png", kSize));
  // Zeros up to the end mark, which are no bytes on the disk.
  std::filesystem::resize_file(path, std::filesystem::file_size(path) + kSize + 511 + 1024);
  const auto list = list_images({path});
  REQUIRE(list.files.size() == 3);
  CHECK(refusal([&] { read_image(list.files[2]); }) ==
        path + "/dog/c.png: the image has 52428801 bytes; 52428800 are allowed");
}

TEST_CASE("Packed data that is cut off or changed is refused", "[image]") {
  const TempDir folder;
  const auto tar = two_classes();
  const auto gz = gzip(tar), xz = test::xz(tar);
  const auto of = [&](const std::string& name, const std::string& bytes) {
    const auto path = folder.write(name, bytes);
    const auto text = refusal([&] { list_images({path + "#train"}); });
    return text.rfind(path, 0) == 0 ? text.substr(path.size()) : text;
  };
  for (const std::size_t missing : {1, 9}) {
    CHECK(of("a.tar.gz", gz.substr(0, gz.size() - missing)) ==
          ": the gzip data is cut short; the file is not whole, get it anew");
    CHECK(of("a.tar.xz", xz.substr(0, xz.size() - missing)) ==
          ": the xz data is cut short; the file is not whole, get it anew");
  }
  auto changed = gz;
  changed[changed.size() - 6] = static_cast<char>(changed[changed.size() - 6] ^ 1);  // its checksum
  CHECK(of("a.tar.gz", changed) ==
        ": the gzip data is damaged (incorrect data check); get the file anew");
  changed = xz;
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
  CHECK(of("a.tar.xz", changed) ==
        ": the xz data is damaged (incorrect data or check); get the file anew");
  CHECK(of("a.tar.gz", gz + "behind") ==
        ": the gzip data is damaged (incorrect header check); get the file anew");
  CHECK(of("a.tar.gz", gz + gzip("")) == "accepted");
  CHECK(of("a.tar.gz", "plain") ==
        ": its name ends in .gz, but it does not begin as gzip does; rename it, or get the file "
        "anew");
  CHECK(of("a.bin", gzip("no archive")) ==
        ": is a file, but neither a tar archive (.tar, .tar.gz, .tar.xz) nor a table (.csv, .tsv); "
        "images lie in a folder with one sub-folder per class");
}

TEST_CASE("A table tells groups of images", "[image]") {
  const TempDir folder;
  const auto table =
      folder.write("labels.csv", "path,label,camera\n1.png,a,7\n2.png,b,\n3.png,b,07\n");
  const auto list = list_images({table}, {}, kMostBytes, {"camera"});
  CHECK(list.groups == std::vector<std::string>{"camera"});
  REQUIRE(list.files.size() == 3);
  CHECK(list.files[0].groups == std::vector<std::string>{"7"});
  CHECK(list.files[1].groups == std::vector<std::string>{"(missing)"});
  CHECK(list.files[2].groups == std::vector<std::string>{"07"});
  CHECK(refusal([&] {
          list_images({table}, {}, kMostBytes, {"kamera"});
        }).starts_with("data.groups: no column 'kamera' in "));
  folder.write("photos/a/1.png", "one");
  folder.write("photos/b/2.png", "two");
  const auto photos = (folder / "photos").string();
  CHECK(refusal([&] { list_images({photos}, {}, kMostBytes, {"camera"}); }) ==
        photos +
            ": data.groups are columns of a table of images, and this is none; list the images in "
            "a .csv with those columns, or remove data.groups");
}

TEST_CASE("A table names images and their labels", "[image]") {
  const TempDir folder;
  folder.write("pictures/1.png", "one");
  folder.write("pictures/2.png", "two");
  const auto table =
      folder.write("labels.csv", "path,label,note\npictures/1.png,02,x\npictures/2.png,01,\n");
  const auto list = list_images({table});
  CHECK(list.table);
  CHECK(list.labels == std::vector<std::string>{"01", "02"});
  CHECK(contents(list) ==
        std::vector<std::string>{"02 pictures/1.png one", "01 pictures/2.png two"});
  const auto other = folder.write("other.tsv", "file\tclass\n1.png\ta\n2.png\tb\n");
  CHECK(list_images({other}, {"file", "class"}).labels == std::vector<std::string>{"a", "b"});
  CHECK(refusal([&] { list_images({other}); }).find("no column 'path'") != std::string::npos);
  const auto gap = folder.write("gap.csv", "path,label\na.png,\n");
  CHECK(refusal([&] {
          list_images({gap});
        }).find("column 'label' is empty; every image needs a path and a label") !=
        std::string::npos);
  const auto one = folder.write("one.csv", "path,label\na.png,x\nb.png,x\n");
  CHECK(refusal([&] { list_images({one}); }) == one + ": 1 classes, 2 or more are needed");
}
