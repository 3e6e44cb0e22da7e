// SPDX-License-Identifier: Apache-2.0
// The commands and their flags: one table, from which parsing and --help are made.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace candor::app {

// The names of all commands, in the order of the help.
std::vector<std::string> command_names();
// One line about a command.
std::string command_summary(const std::string& command);
// `candor COMMAND --help`.
std::string command_help(const std::string& command);
// `candor --help`.
std::string overview();

// What the user typed behind a command.
class Arguments {
 public:
  // Throws Error{config} naming what is wrong and, for an unknown flag, the nearest one.
  Arguments(const std::string& command, int argc, const char* const* argv);
  ~Arguments();
  Arguments(Arguments&&) noexcept;

  // What is wrong although all flags are known: surplus words, switches, --color. Apart, because
  // --help answers whatever else was typed. Throws Error{config}.
  void check() const;

  const std::string& command() const { return command_; }
  bool flag(const std::string& name) const;         // a switch: given, and not as --NAME=false
  std::string text(const std::string& name) const;  // the default when not given
  std::optional<std::string> given(const std::string& name) const;
  std::int64_t whole(const std::string& name, std::int64_t low, std::int64_t high) const;
  // A finite number in [low, high].
  double number(const std::string& name, double low, double high) const;
  // Words that are not flags. required() throws Error{config} when there is none.
  const std::vector<std::string>& words() const { return words_; }
  std::string required(std::size_t index, const std::string& what) const;
  std::vector<std::string> words_from(std::size_t index) const;
  // Throws Error{config} when `path`, which --NAME gave, exists and --overwrite was not given.
  void check_replaceable(const std::string& path, const std::string& name) const;

 private:
  struct Parsed;
  std::string command_;
  std::unique_ptr<Parsed> parsed_;
  std::vector<std::string> words_;
};

}  // namespace candor::app
