// SPDX-License-Identifier: Apache-2.0
// cxxopts would split values at commas, and JSON values have commas.
#define CXXOPTS_VECTOR_DELIMITER '\0'
#include <cxxopts.hpp>

#include "common/command_line.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <candor/error.h>

#include "common/command_table.h"

namespace candor::app {
namespace {

const Command& find_command(const std::string& name) {
  const auto& table = command_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Command& c) { return name == c.name; });
  if (found == table.end()) throw Error(ErrorKind::config, "'" + name + "' is not a command");
  return *found;
}

std::string flag_line(const Flag& flag) {
  auto line = "  --" + std::string(flag.name);
  if (flag.value[0] != '\0') line += " " + std::string(flag.value);
  line.resize(std::max<std::size_t>(line.size() + 2, 26), ' ');
  line += flag.help;
  if (flag.initial[0] != '\0') line += std::string(" [") + flag.initial + "]";
  return line + "\n";
}

std::string example_lines(const Command& command) {
  std::string text, line;
  for (const char* c = command.examples;; ++c) {
    if (*c != '\n' && *c != '\0') {
      line += *c;
      continue;
    }
    text += "  " + std::string(line.starts_with("echo") ? "" : "candor ") + line + "\n";
    line.clear();
    if (*c == '\0') return text;
  }
}

void add_flag(cxxopts::OptionAdder& add, const Flag& flag) {
  if (flag.value[0] == '\0') {
    add(flag.name, flag.help);
  } else {
    add(flag.name, flag.help, cxxopts::value<std::string>());
  }
}

cxxopts::Options make_options(const Command& command) {
  cxxopts::Options options("candor " + std::string(command.name));
  auto add = options.add_options();
  for (const auto& flag : command.flags) add_flag(add, flag);
  for (const auto& flag : common_flags()) add_flag(add, flag);
  if (std::none_of(command.flags.begin(), command.flags.end(),
                   [](const Flag& f) { return std::string(f.name) == "json"; })) {
    add("json", "with --version");
  }
  add("words", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"words"});
  return options;
}

const char* initial_of(const Command& command, const std::string& name) {
  for (const auto* flags : {&command.flags, &common_flags()}) {
    for (const auto& flag : *flags) {
      if (name == flag.name) return flag.initial;
    }
  }
  return "";
}

[[noreturn]] void bad_value(const std::string& name, const std::string& what) {
  throw Error(ErrorKind::config, "--" + name + ": expected " + what);
}

}  // namespace

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const auto& command : command_table()) names.emplace_back(command.name);
  return names;
}

std::string command_summary(const std::string& command) { return find_command(command).summary; }

std::string command_help(const std::string& name) {
  const auto& command = find_command(name);
  std::string text = "candor " + name + ": " + command.summary + "\n\nExamples\n" +
                     example_lines(command) + "\nUsage\n  candor " + name + " " + command.usage +
                     "\n\nFlags\n";
  for (const auto& flag : command.flags) text += flag_line(flag);
  for (const auto& flag : common_flags()) text += flag_line(flag);
  text +=
      "\nExit codes: 0 ok, 1 failed, 2 usage or config, 3 data, 4 model, 5 out of memory,\n"
      "6 diverged, 7 a gate not passed, 75 stopped and resumable, 130 stopped by a second Ctrl-C\n";
  return text;
}

std::string overview() {
  std::string text =
      "candor: train, evaluate, export and serve neural models from one JSON config\n\n"
      "Examples\n"
      "  candor init customers.csv --target churn --output churn.json\n"
      "  candor train churn.json --run runs/churn\n"
      "  candor eval runs/churn\n"
      "  candor serve runs/churn\n\nCommands\n";
  for (const auto& command : command_table()) {
    auto line = "  " + std::string(command.name);
    line.resize(12, ' ');
    text += line + command.summary + "\n";
  }
  return text + "\ncandor COMMAND --help tells more; candor --version names versions.\n";
}

struct Arguments::Parsed {
  cxxopts::ParseResult result;
};

Arguments::Arguments(const std::string& command, int argc, const char* const* argv)
    : command_(command) {
  auto options = make_options(find_command(command));
  try {
    parsed_ = std::make_unique<Parsed>(Parsed{options.parse(argc, argv)});
  } catch (const cxxopts::exceptions::exception& error) {
    throw Error(ErrorKind::config,
                std::string(error.what()) + "; see candor " + command + " --help");
  }
  if (parsed_->result.count("words") > 0) {
    words_ = parsed_->result["words"].as<std::vector<std::string>>();
  }
}

Arguments::~Arguments() = default;
Arguments::Arguments(Arguments&&) noexcept = default;

bool Arguments::flag(const std::string& name) const { return parsed_->result.count(name) > 0; }

std::optional<std::string> Arguments::given(const std::string& name) const {
  if (!flag(name)) return std::nullopt;
  return parsed_->result[name].as<std::string>();
}

std::string Arguments::text(const std::string& name) const {
  return given(name).value_or(initial_of(find_command(command_), name));
}

std::int64_t Arguments::whole(const std::string& name, std::int64_t low, std::int64_t high) const {
  const auto value = text(name);
  std::int64_t number = 0;
  const auto end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || rest != end || number < low || number > high) {
    bad_value(name,
              "a whole number in [" + std::to_string(low) + ", " + std::to_string(high) + "]");
  }
  return number;
}

double Arguments::number(const std::string& name) const {
  const auto value = text(name);
  double number = 0.0;
  const auto end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || rest != end) bad_value(name, "a number");
  return number;
}

std::string Arguments::required(std::size_t index, const std::string& what) const {
  if (index < words_.size()) return words_[index];
  throw Error(ErrorKind::config, what + " is missing: candor " + command_ + " " +
                                     find_command(command_).usage + "; see candor " + command_ +
                                     " --help");
}

std::vector<std::string> Arguments::words_from(std::size_t index) const {
  if (index >= words_.size()) return {};
  return {words_.begin() + static_cast<std::ptrdiff_t>(index), words_.end()};
}

}  // namespace candor::app
