// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/model_directory.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "core/artifact/manifest.h"
#include "core/base/files.h"
#include "support/catch.h"
#include "support/temp.h"

namespace candor {
namespace {

namespace fs = std::filesystem;

std::string write_small(const fs::path& target, const std::string& weights = "weights",
                        bool replace = false) {
  DirectoryWriter writer(target);
  writer.write("model.json", "{\"name\": \"small\"}\n");
  writer.write("model.safetensors", weights);
  writer.write("averages/ema.bin", "ema");
  return writer.commit(replace);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    names.push_back(entry.path().lexically_relative(folder).generic_string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string fault_of(const fs::path& directory) {
  const auto error = test::error_of([&] { verify_manifest(directory); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  return error->what();
}

void put(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

// A directory whose manifest is `text`, and the fault that it is refused with.
std::string manifest_fault(const test::TempDir& folder, const std::string& text) {
  folder.write("m/MANIFEST.json", text);
  return fault_of(folder / "m").substr((folder / "m").string().size());
}

std::string manifest_of(const std::string& name, const std::string& entry) {
  return "{\"format_version\":1,\"files\":{\"" + name + "\":" + entry + "}}";
}

const std::string kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace

TEST_CASE("a written directory verifies, and its digest is that of the manifest", "[artifact]") {
  const test::TempDir folder;
  const auto digest = write_small(folder / "model");
  CHECK(verify_manifest(folder / "model") == digest);
  CHECK(digest == sha256(test::slurp(folder / "model/MANIFEST.json")));
  CHECK(names_in(folder / "model") == std::vector<std::string>{"MANIFEST.json", "averages",
                                                               "averages/ema.bin", "model.json",
                                                               "model.safetensors"});
}

TEST_CASE("the manifest lists every other file with its size and hash", "[artifact]") {
  const test::TempDir folder;
  write_small(folder / "model");
  const auto json = parse_json_file((folder / "model/MANIFEST.json").string(), ErrorKind::model);
  CHECK(json["format_version"] == 1);
  CHECK(json["files"].size() == 3);
  CHECK(json["files"]["averages/ema.bin"]["size"] == 3);
  CHECK(json["files"]["averages/ema.bin"]["sha256"] == sha256("ema"));
}

TEST_CASE("equal content gives an equal digest, another name of the folder does not matter",
          "[artifact]") {
  const test::TempDir folder;
  CHECK(write_small(folder / "a") == write_small(folder / "b"));
  CHECK(write_small(folder / "c", "other") != write_small(folder / "d"));
}

TEST_CASE("every flipped bit of a small directory is found", "[artifact]") {
  const test::TempDir folder;
  write_small(folder / "model");
  for (const auto& name : {"model.json", "model.safetensors", "averages/ema.bin"}) {
    const auto path = folder / "model" / name;
    const auto good = test::slurp(path);
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
      auto bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      put(path, bad);
      const auto expected = (folder / "model").string() + ": file '" + name + "' has sha256 " +
                            sha256(bad) + "; MANIFEST.json says " + sha256(good) +
                            ": it is damaged or was changed; copy it again";
      REQUIRE(fault_of(folder / "model") == expected);
    }
    put(path, good);
  }
  CHECK_NOTHROW(verify_manifest(folder / "model"));
}

TEST_CASE("a flipped byte of the manifest is an error or another digest", "[artifact]") {
  const test::TempDir folder;
  const auto digest = write_small(folder / "model");
  const auto path = folder / "model/MANIFEST.json";
  const auto good = test::slurp(path);
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x11);
    put(path, bad);
    std::string found;
    const auto error = test::error_of([&] { found = verify_manifest(folder / "model"); });
    INFO(i);
    CHECK((error ? error->kind() == ErrorKind::model : found != digest));
  }
}

TEST_CASE("a missing or shortened file is named", "[artifact]") {
  const test::TempDir folder;
  write_small(folder / "model");
  const auto at = (folder / "model").string() + ": ";
  put(folder / "model/model.safetensors", "weight");
  CHECK(fault_of(folder / "model") ==
        at + "file 'model.safetensors' has 6 bytes; MANIFEST.json says 7: it is damaged or "
             "was changed; copy it again");
  fs::remove(folder / "model/model.safetensors");
  CHECK(fault_of(folder / "model") == at + "file 'model.safetensors' is missing");
  fs::create_directory(folder / "model/model.safetensors");
  CHECK(fault_of(folder / "model") == at + "'model.safetensors' is not a regular file");
}

TEST_CASE("a folder without a manifest is not a complete one", "[artifact]") {
  const test::TempDir folder;
  write_small(folder / "model");
  CHECK(has_manifest(folder / "model"));
  fs::remove(folder / "model/MANIFEST.json");
  CHECK_FALSE(has_manifest(folder / "model"));
  CHECK(fault_of(folder / "model") == (folder / "model").string() +
                                          ": MANIFEST.json is missing; the folder is not one that "
                                          "candor wrote, or its copy is not complete");
  CHECK_FALSE(has_manifest(folder / "nothing"));
}

TEST_CASE("links are refused: of a file, of a folder, of the manifest", "[artifact]") {
  const test::TempDir folder;
  const auto model = folder / "model";
  write_small(model);
  const auto secret = folder.write("outside/ema.bin", "ema");
  fs::remove(model / "averages/ema.bin");
  fs::create_symlink(secret, model / "averages/ema.bin");
  const auto expected =
      model.string() +
      ": file 'averages/ema.bin' is or lies behind a symbolic link; copy the file itself";
  CHECK(fault_of(model) == expected);
  fs::remove_all(model / "averages");
  fs::create_directory_symlink(folder / "outside", model / "averages");
  CHECK(fault_of(model) == expected);
  fs::rename(model / "MANIFEST.json", folder / "outside/MANIFEST.json");
  fs::create_symlink(folder / "outside/MANIFEST.json", model / "MANIFEST.json");
  CHECK_FALSE(has_manifest(model));
}

TEST_CASE("a file that the manifest does not list is ignored", "[artifact]") {
  const test::TempDir folder;
  const auto digest = write_small(folder / "model");
  folder.write("model/notes.txt", "mine");
  CHECK(verify_manifest(folder / "model") == digest);
}

TEST_CASE("a file that is going to be read must be in the manifest", "[artifact]") {
  const test::TempDir folder;
  const auto digest = write_small(folder / "model");
  CHECK(verify_manifest(folder / "model", {"model.json", "averages/ema.bin"}) == digest);
  folder.write("model/preprocess.json", "{}");
  const auto error = test::error_of([&] {
    verify_manifest(folder / "model", {"model.json", "preprocess.json"});
  });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::model);
  CHECK(error->what() == (folder / "model/MANIFEST.json").string() +
                             ": does not list 'preprocess.json', so that nothing vouches for that "
                             "file; copy the whole folder again");
}

TEST_CASE("a manifest of another version says which one this candor reads", "[artifact]") {
  const test::TempDir folder;
  CHECK(manifest_fault(folder, R"({"format_version":3,"files":{}})") ==
        "/MANIFEST.json: this candor reads format version 1; found 3: upgrade candor");
  CHECK(manifest_fault(folder, R"({"format_version":0,"files":{}})") ==
        "/MANIFEST.json: this candor reads format version 1; found 0, which no candor has written: "
        "the file is damaged");
  CHECK(manifest_fault(folder, R"({"format_version":-1,"files":{}})") ==
        "/MANIFEST.json: this candor reads format version 1; found -1, which no candor has "
        "written: the file is damaged");
  CHECK(manifest_fault(folder, R"({"format_version":18446744073709551615,"files":{}})") ==
        "/MANIFEST.json: this candor reads format version 1; found 18446744073709551615: upgrade "
        "candor");
  CHECK(manifest_fault(folder, R"({"format_version":"1","files":{}})") ==
        "/MANIFEST.json: has a 'format_version' that is not a whole number");
  CHECK(manifest_fault(folder, R"({"format_version":1.5,"files":{}})") ==
        "/MANIFEST.json: has a 'format_version' that is not a whole number");
  CHECK(manifest_fault(folder, R"({"files":{}})") ==
        "/MANIFEST.json: has no 'format_version'; a file that candor wrote has one");
  CHECK(manifest_fault(folder, "[1]") == "/MANIFEST.json: is not a JSON object");
}

TEST_CASE("a hostile manifest is refused by name and fault", "[artifact]") {
  const test::TempDir folder;
  const auto good = "{\"sha256\":\"" + kEmptyHash + "\",\"size\":0}";
  const auto fault = [&](const std::string& text) { return manifest_fault(folder, text); };
  const std::string at = "/MANIFEST.json: ";
  CHECK(fault(R"({"format_version":1})") == at + "has no object 'files'");
  CHECK(fault(R"({"format_version":1,"files":[]})") == at + "has no object 'files'");
  CHECK(fault(manifest_of("../secret", good)) ==
        at +
            "the file name '../secret' has the part '..'; only files below the folder are allowed");
  CHECK(fault(manifest_of("a/../../secret", good)) ==
        at + "the file name 'a/../../secret' has the part '..'; only files below the folder are "
             "allowed");
  CHECK(fault(manifest_of("./a", good)) ==
        at + "the file name './a' has the part '.'; only files below the folder are allowed");
  CHECK(fault(manifest_of("/etc/passwd", good)) ==
        at + "the file name '/etc/passwd' is absolute; only files below the folder are allowed");
  CHECK(fault(manifest_of("a//b", good)) == at + "the file name 'a//b' has an empty part");
  CHECK(fault(manifest_of("a/", good)) == at + "the file name 'a/' has an empty part");
  CHECK(fault(manifest_of("", good)) == at + "the file name '' is empty");
  CHECK(fault(manifest_of("a\\u0000b", good)) == at + "the file name 'a\\x00b' has a NUL byte");
  CHECK(fault(manifest_of("MANIFEST.json", good)) ==
        at + "the file name 'MANIFEST.json' is the manifest itself");
  CHECK(fault(manifest_of("a", "1")) == at + "file 'a' is not described by a JSON object");
  CHECK(fault(manifest_of("a", "{\"size\":0}")) ==
        at + "file 'a' has no sha256 of 64 lower-case hexadecimal digits");
  CHECK(fault(manifest_of("a", "{\"sha256\":\"E3B0\",\"size\":0}")) ==
        at + "file 'a' has no sha256 of 64 lower-case hexadecimal digits");
  CHECK(fault(manifest_of("a", "{\"sha256\":\"" + kEmptyHash + "\"}")) ==
        at + "file 'a' has no size that is a whole number of bytes");
  CHECK(fault(manifest_of("a", "{\"sha256\":\"" + kEmptyHash + "\",\"size\":-1}")) ==
        at + "file 'a' has no size that is a whole number of bytes");
  CHECK(fault(manifest_of("a", "{\"sha256\":\"" + kEmptyHash + "\",\"size\":0,\"url\":\"x\"}")) ==
        at + "file 'a' has the unknown key 'url'; allowed: sha256, size");
  CHECK(fault(manifest_of("a", good)) == ": file 'a' is missing");
  CHECK(fault("").rfind("/MANIFEST.json", 0) == 0);
  CHECK(fault("{").rfind("/MANIFEST.json", 0) == 0);
  CHECK(fault("{\"format_version\":1,\"files\":{\"a\":" + good + ",\"a\":" + good + "}}")
            .rfind("/MANIFEST.json", 0) == 0);
}

TEST_CASE("a writer that is not committed leaves nothing", "[artifact]") {
  const test::TempDir folder;
  {
    DirectoryWriter writer(folder / "deep/model");
    writer.write("model.json", "{}");
    CHECK_FALSE(fs::exists(folder / "deep/model"));
    CHECK_FALSE(fs::is_empty(folder / "deep"));
  }
  CHECK(fs::is_empty(folder / "deep"));
}

TEST_CASE("an existing folder is kept unless it may be replaced", "[artifact]") {
  const test::TempDir folder;
  const auto model = folder / "model";
  const auto digest = write_small(model, "old");
  const auto error = test::error_of([&] { write_small(model, "new"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::config);
  CHECK(error->what() ==
        model.string() +
            ": exists already; pass --overwrite to replace it, or choose another folder");
  CHECK(verify_manifest(model) == digest);
  CHECK(names_in(folder.path()).front() == "model");

  folder.write("model/stale.txt", "goes with the old folder");
  const auto renewed = write_small(model, "new", true);
  CHECK(verify_manifest(model) == renewed);
  CHECK(test::slurp(model / "model.safetensors") == "new");
  CHECK_FALSE(fs::exists(model / "stale.txt"));
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a path with a slash at its end is the folder itself", "[artifact]") {
  const test::TempDir folder;
  write_small(folder.path().string() + "/model/");
  CHECK_NOTHROW(verify_manifest(folder / "model"));
}

TEST_CASE("a writer refuses names that lead out of its folder, and links", "[artifact]") {
  const test::TempDir folder;
  DirectoryWriter writer(folder / "model");
  const auto error = test::error_of([&] { writer.write("../x", ""); });
  REQUIRE(error);
  CHECK(error->what() ==
        (folder / "model").string() +
            ": the file name '../x' has the part '..'; only files below the folder are allowed");
  const auto link = writer.path("link");
  fs::create_symlink("/etc/passwd", link);
  const auto second = test::error_of([&] { writer.commit(false); });
  REQUIRE(second);
  CHECK(second->what() == link.string() + ": only regular files can be put into a manifest");
  CHECK_FALSE(fs::exists(folder / "model"));
}

TEST_CASE("a process killed at any moment of replacing leaves the old folder or the new one",
          "[artifact]") {
  const test::TempDir folder;
  const auto model = folder / "model";
  const auto old_digest = write_small(model, "old");
  const auto new_digest = write_small(folder / "twin", std::string(4096, 'n'));
  int replaced = 0;
  for (int delay = 0; delay < 40; ++delay) {
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      for (;;) {
        write_small(model, "old", true);
        write_small(model, std::string(4096, 'n'), true);
      }
    }
    usleep(static_cast<useconds_t>(300 + 211 * delay));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const auto found = verify_manifest(model);
    CHECK((found == old_digest || found == new_digest));
    replaced += found == new_digest;
  }
  INFO(replaced);
  CHECK(verify_manifest(folder / "twin") == new_digest);
}

TEST_CASE("MODEL is a model directory or a run directory", "[artifact]") {
  const test::TempDir folder;
  write_small(folder / "run/model");
  CHECK(find_model_directory(folder / "run/model") == folder / "run/model");
  CHECK(find_model_directory(folder / "run") == folder / "run/model");
  CHECK(find_model_directory(folder / "run/") == folder / "run/model");
  CHECK(find_model_directory(folder / "run/model/") == folder / "run/model");
}

TEST_CASE("only a model in its own run directory knows its run", "[artifact]") {
  const test::TempDir folder;
  write_small(folder / "run/model");
  CHECK_FALSE(run_of_model(folder / "run/model"));
  folder.write("run/config.json", "{}");  // somebody's own, beside a copy
  CHECK_FALSE(run_of_model(folder / "run/model"));
  folder.write("run/.candor-run", "{\"format_version\": 1}\n");
  CHECK(run_of_model(folder / "run/model") == folder / "run");
  CHECK(run_of_model(folder / "run/model/") == folder / "run");
  write_small(folder / "run/other");
  CHECK_FALSE(run_of_model(folder / "run/other"));
  const auto before = fs::current_path();
  fs::current_path(folder / "run/model");
  CHECK(run_of_model(".") == folder / "run");
  fs::current_path(before);
}

TEST_CASE("what is no MODEL is told what it is and what to pass", "[artifact]") {
  const test::TempDir folder;
  const auto fault = [&](const std::string& name) {
    const auto error = test::error_of([&] { find_model_directory(folder / name); });
    REQUIRE(error);
    CHECK(error->kind() == ErrorKind::model);
    return std::string(error->what()).substr((folder / name).string().size());
  };
  folder.write("file", "");
  fs::create_directories(folder / "empty");
  folder.write("run/checkpoints/step-00000001/MANIFEST.json", "{}");
  folder.write("copy/model.json", "{}");
  folder.write("export/model.pt", "");
  folder.write("search/trials.jsonl", "");
  folder.write("search/trials/trial-001/config.json", "{}");
  folder.write("folds/cross_validation.json", "{}");
  CHECK(fault("nothing") == ": no such folder; MODEL is a model directory or a run directory");
  CHECK(fault("file") == ": is a file; MODEL is a model directory or a run directory");
  CHECK(fault("empty") ==
        ": is a folder without a model; MODEL is a model directory or a run directory");
  CHECK(fault("run") ==
        ": is a run directory without a model, because training has not ended; continue it with "
        "candor "
        "train CONFIG --run " +
            (folder / "run").string() + " --resume");
  CHECK(fault("run/checkpoints/step-00000001") ==
        ": is a checkpoint, not a model; pass the run directory that it lies in, once training has "
        "ended");
  CHECK(fault("copy") ==
        ": is a model directory without MANIFEST.json; its copy is not complete, copy the whole "
        "folder again");
  CHECK(fault("export") ==
        ": is an export; pass the model directory or run directory that it was made from");
  CHECK(fault("search") ==
        ": is a search of candor tune that has not ended; continue it with candor tune CONFIG "
        "--run " +
            (folder / "search").string() + " --resume");
  const auto search = (folder / "search").string(), folds = (folder / "folds").string();
  CHECK(fault("search/trials/trial-001") ==
        ": is a trial of the search " + search +
            ", and no model was made of it; the model of the best trial is " + search + "/final");
  CHECK(fault("folds") ==
        ": is a cross-validation without a model (--folds-only); train it with candor train " +
            folds + "/config.json --run " + folds +
            " --resume, or take the model of one fold: " + folds + "/folds/fold-01");
  fs::create_directories(folder / "search" / "final");
  CHECK(fault("search") ==
        ": is a search of candor tune; its model is " + (folder / "search" / "final").string());
}

}  // namespace candor
