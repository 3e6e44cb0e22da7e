// SPDX-License-Identifier: Apache-2.0
// README.md's own example is executed: its config and every `candor` and `curl` line, in order.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>

#include "apps/run_program.h"
#include "support/catch.h"
#include "support/places.h"
#include "support/temp.h"

using candor::test::Process;
using candor::test::RunOptions;
using candor::test::slurp;
using candor::test::split_words;
using candor::test::TempDir;

namespace {

namespace fs = std::filesystem;

const fs::path kSource = candor::test::source_dir();

// Contents of README's fenced blocks of `language`.
std::vector<std::string> blocks(const std::string& language) {
  std::vector<std::string> found;
  const auto readme = slurp(kSource / "README.md");
  const auto fence = "```" + language + "\n";
  for (auto at = readme.find(fence); at != std::string::npos; at = readme.find(fence, at)) {
    at += fence.size();
    found.push_back(readme.substr(at, readme.find("```", at) - at));
  }
  return found;
}

std::vector<std::vector<std::string>> command_lines() {
  std::vector<std::vector<std::string>> lines;
  for (const auto& block : blocks("sh")) {
    std::istringstream stream(block);
    for (std::string line; std::getline(stream, line);) {
      const auto words = split_words(line.substr(0, line.find("  #")));
      if (!words.empty() && (words[0] == "candor" || words[0] == "curl")) lines.push_back(words);
    }
  }
  return lines;
}

// The README names a port; a test takes one that nobody else has.
std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  close(socket);
  return ntohs(address.sin_port);
}

}  // namespace

TEST_CASE("the README's first own config trains, and every command after it works", "[readme]") {
  TempDir folder;
  fs::create_directory_symlink(kSource / "data", folder / "data");
  const auto configs = blocks("json");
  REQUIRE(configs.size() == 1);
  folder.write("my.json", configs[0]);
  RunOptions here;
  here.folder = folder.path();
  std::unique_ptr<Process> server;
  int executed = 0;
  const auto port = std::to_string(free_port());
  for (auto words : command_lines()) {
    for (auto& word : words) word = std::regex_replace(word, std::regex("18080"), port);
    INFO(words[0] << " " << words[1]);
    ++executed;
    if (words[1] == "serve") {
      server = std::make_unique<Process>(words, here);
      REQUIRE(server->wait_for("http://"));
      continue;
    }
    const auto done = candor::test::run(words, here);
    INFO(done.out << done.err);
    REQUIRE(done.exit_code == 0);
    if (words[0] == "curl") CHECK_THAT(done.out, CANDOR_CONTAINS("mean_radius"));
  }
  CHECK(executed >= 6);
  REQUIRE(server);
  server->signal(SIGTERM);
  CHECK(server->wait().exit_code == 0);
}

TEST_CASE("every command that the README's table names exists", "[readme]") {
  const auto readme = slurp(kSource / "README.md");
  for (const std::string command :
       {"train", "eval", "predict", "generate", "export", "serve", "init", "runs", "compare"}) {
    CHECK_THAT(readme, CANDOR_CONTAINS("`candor " + command));
    CHECK(fs::exists(kSource / "docs" / (command + ".md")));
  }
}
