// SPDX-License-Identifier: Apache-2.0
// cxxopts would split values at commas, and JSON values have commas.
#define CXXOPTS_VECTOR_DELIMITER '\0'
// g++ 12 warns about its own <regex> where a sanitizer is on.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <cxxopts.hpp>
#pragma GCC diagnostic pop

#include <fmt/format.h>

#include "common/command_line.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include <candor/error.h>
#include <candor/nearest.h>

#include "common/command_table.h"

namespace candor::app {
namespace {

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

constexpr const char* kOn = "true";  // value of a switch

std::vector<Flag> flags_of(const Command& command) {
  auto flags = command.flags;
  flags.insert(flags.end(), common_flags().begin(), common_flags().end());
  return flags;
}

std::vector<std::string> flag_names(const Command& command) {
  std::vector<std::string> names;
  for (const auto& flag : flags_of(command)) names.emplace_back(flag.name);
  return names;
}

bool has_flag(const Command& command, const std::string& name) {
  const auto names = flag_names(command);
  return std::find(names.begin(), names.end(), name) != names.end();
}

cxxopts::Options make_options(const Command& command) {
  cxxopts::Options options("candor " + std::string(command.name));
  options.allow_unrecognised_options();  // so that the error can name the nearest
  auto add = options.add_options();
  for (const auto& flag : flags_of(command)) {
    const std::string name = flag.name;
    const auto value = cxxopts::value<std::string>();
    if (flag.value[0] == '\0') value->implicit_value(kOn);
    add(name == "help" ? "h,help" : name, flag.help, value);
  }
  if (!has_flag(command, "json")) {
    add("json", "with --version", cxxopts::value<std::string>()->implicit_value(kOn));
  }
  add("words", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"words"});
  return options;
}

const char* initial_of(const Command& command, const std::string& name) {
  for (const auto& flag : flags_of(command)) {
    if (name == flag.name) return flag.initial;
  }
  return "";
}

std::string see_help(const std::string& command) { return "see candor " + command + " --help"; }

[[noreturn]] void refuse_option(const Command& command, const std::string& typed) {
  const auto option = typed.substr(0, typed.find('='));
  const auto name = option.substr(std::min(option.find_first_not_of('-'), option.size()));
  const auto nearest = nearest_name(name, flag_names(command));
  throw Error(ErrorKind::config, "unknown option " + option +
                                     (nearest ? "; did you mean --" + *nearest + "?" : "") + " (" +
                                     see_help(command.name) + ")");
}

// A word that was typed like an option, before a "--".
bool is_option(const std::string& word, int argc, const char* const* argv) {
  const auto* end = std::find(argv + 1, argv + argc, std::string_view("--"));
  return word.size() > 1 && word.front() == '-' && std::find(argv + 1, end, word) != end;
}

[[noreturn]] void bad_value(const std::string& name, const std::string& value,
                            const std::string& expected) {
  throw Error(ErrorKind::config,
              "--" + name + ": expected " + expected + ", found '" + value + "'");
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
  const auto& description = find_command(command);
  auto options = make_options(description);
  try {
    parsed_ = std::make_unique<Parsed>(Parsed{options.parse(argc, argv)});
  } catch (const cxxopts::exceptions::exception& error) {
    throw Error(ErrorKind::config, std::string(error.what()) + "; " + see_help(command));
  }
  if (!parsed_->result.unmatched().empty()) {
    refuse_option(description, parsed_->result.unmatched().front());
  }
  if (parsed_->result.count("words") > 0) {
    words_ = parsed_->result["words"].as<std::vector<std::string>>();
  }
  for (const auto& word : words_) {
    if (is_option(word, argc, argv)) refuse_option(description, word);
  }
}

Arguments::~Arguments() = default;
Arguments::Arguments(Arguments&&) noexcept = default;

void Arguments::check() const {
  const auto& description = find_command(command_);
  if (words_.size() > description.most_words) {
    throw Error(ErrorKind::config, "'" + words_[description.most_words] +
                                       "' is one word too many: candor " + command_ + " " +
                                       description.usage + "; a value with spaces needs quotes (" +
                                       see_help(command_) + ")");
  }
  if (flag("json") && !has_flag(description, "json")) {
    throw Error(ErrorKind::config, "--json goes with --version only: candor " + command_ +
                                       " has no JSON document to write (" + see_help(command_) +
                                       ")");
  }
  for (const auto& known : flags_of(description)) {
    if (known.value[0] == '\0') flag(known.name);  // refuses --resume=maybe
  }
  const auto when = text("color");
  if (when != "auto" && when != "always" && when != "never") {
    bad_value("color", when, "auto, always or never");
  }
}

bool Arguments::flag(const std::string& name) const {
  const auto value = given(name).value_or("false");
  if (value != kOn && value != "false") bad_value(name, value, "true, false or no value");
  return value == kOn;
}

std::optional<std::string> Arguments::given(const std::string& name) const {
  if (parsed_->result.count(name) == 0) return std::nullopt;
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
    bad_value(name, value, fmt::format("a whole number in [{}, {}]", low, high));
  }
  return number;
}

double Arguments::number(const std::string& name, double low, double high) const {
  const auto value = text(name);
  double number = 0.0;
  const auto end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  // The comparisons are false for NaN too.
  if (error != std::errc() || rest != end || !(number >= low && number <= high)) {
    bad_value(name, value, fmt::format("a number in [{:g}, {:g}]", low, high));
  }
  return number;
}

std::string Arguments::required(std::size_t index, const std::string& what) const {
  if (index < words_.size()) return words_[index];
  throw Error(ErrorKind::config, what + " is missing: candor " + command_ + " " +
                                     find_command(command_).usage + "; " + see_help(command_));
}

std::vector<std::string> Arguments::words_from(std::size_t index) const {
  if (index >= words_.size()) return {};
  return {words_.begin() + static_cast<std::ptrdiff_t>(index), words_.end()};
}

void Arguments::check_replaceable(const std::string& path, const std::string& name) const {
  if (flag("overwrite") || !std::filesystem::exists(path)) return;
  throw Error(ErrorKind::config, path +
                                     ": exists already; replace it with --overwrite, or choose "
                                     "another file with --" +
                                     name);
}

}  // namespace candor::app
