// SPDX-License-Identifier: Apache-2.0
#include "apps/run_program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "support/places.h"
#include "support/temp.h"

namespace candor::test {
namespace {

void redirect(const std::filesystem::path& file, int flags, int descriptor) {
  const int opened = open(file.c_str(), flags | O_CLOEXEC, 0600);
  if (opened < 0 || dup2(opened, descriptor) < 0) _exit(126);
}

std::filesystem::path make_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "candor-run-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
  return pattern;
}

}  // namespace

std::string program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const auto built = std::filesystem::path(bin_dir()) / name;
  return std::filesystem::exists(built) ? built.string() : name;
}

Process::Process(std::vector<std::string> words, const RunOptions& options)
    : files_(make_folder()), deadline_(std::chrono::steady_clock::now() + options.limit) {
  words[0] = program(words[0]);
  std::ofstream(files_ / "in", std::ios::binary) << options.input;
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  redirect(files_ / "in", O_RDONLY, STDIN_FILENO);
  redirect(files_ / "out", O_WRONLY | O_CREAT, STDOUT_FILENO);
  redirect(files_ / "err", O_WRONLY | O_CREAT, STDERR_FILENO);
  if (chdir(options.folder.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : options.variables) setenv(name.c_str(), value.c_str(), 1);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

Process::~Process() {
  if (running()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, &status_, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(files_, ignored);
}

bool Process::running() {
  if (!ended_) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
  return !ended_;
}

void Process::signal(int number) const {
  if (!ended_) kill(pid_, number);
}

std::string Process::out() const { return slurp(files_ / "out"); }
std::string Process::err() const { return slurp(files_ / "err"); }

bool Process::wait_for(const std::string& text) {
  while (out().find(text) == std::string::npos && err().find(text) == std::string::npos) {
    if (!running() || std::chrono::steady_clock::now() > deadline_) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

Outcome Process::wait() {
  Outcome outcome;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline_ && !outcome.timed_out) {
      outcome.timed_out = true;
      kill(pid_, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  outcome.exit_code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  outcome.out = out();
  outcome.err = err();
  return outcome;
}

Outcome run(std::vector<std::string> words, const RunOptions& options) {
  return Process(std::move(words), options).wait();
}

Outcome run_candor(std::vector<std::string> words, const RunOptions& options) {
  words.insert(words.begin(), "candor");
  return run(std::move(words), options);
}

std::vector<std::string> split_words(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool any = false;
  for (const char c : line) {
    if (quote ? c == quote : (c == '\'' || c == '"')) {
      quote = quote ? 0 : c;
      any = true;
    } else if (c == ' ' && !quote) {
      if (any) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words;
}

}  // namespace candor::test
