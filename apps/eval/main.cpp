// SPDX-License-Identifier: Apache-2.0
// A file of predictions is evaluated here, without LibTorch; for a model this program becomes the
// one that has it.
#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <candor/error.h>
#include <candor/predictions.h>

#include "common/become.h"
#include "common/run_app.h"

namespace {

using namespace candor;

void check_flags(const app::Arguments& arguments, std::initializer_list<const char*> others,
                 const std::string& belongs) {
  for (const auto* name : others) {
    if (!arguments.given(name)) continue;
    throw Error(ErrorKind::config,
                "--" + std::string(name) + " " + belongs + " (" + "see candor eval --help)");
  }
}

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    auto name = list.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty()) continue;
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      throw Error(ErrorKind::config, "--groups names '" + name + "' twice");
    }
    names.push_back(std::move(name));
  }
  return names;
}

int evaluate_file(const app::Arguments& arguments) {
  check_flags(arguments, {"data", "split", "pairs", "device", "threads"},
              "goes with a MODEL, not with --predictions");
  for (const auto& word : arguments.words()) {
    if (word.find('=') != std::string::npos || word.starts_with('~')) continue;
    throw Error(ErrorKind::config,
                "'" + word +
                    "': pass a MODEL or --predictions FILE, not both; candor compare puts "
                    "them side by side");
  }
  PredictionsOptions options;
  options.positive = arguments.given("positive");
  if (arguments.given("threshold"))
    options.threshold = arguments.number("threshold", -1e300, 1e300);
  options.ranking = arguments.flag("ranking");
  options.groups = names_in(arguments.text("groups"));
  options.out = arguments.given("out");
  options.overwrite = arguments.flag("overwrite");
  options.json = arguments.flag("json");
  options.color = app::use_color(arguments);
  options.words = arguments.words();
  const auto result = evaluate_predictions(arguments.text("predictions"), options);
  std::cout << result.text;
  return result.passed ? 0 : exit_code(ErrorKind::gate);
}

}  // namespace

int main(int argc, char** argv) {
  return app::run_app("eval", argc, argv, [&](const app::Arguments& arguments) {
    if (arguments.given("predictions")) return evaluate_file(arguments);
    check_flags(arguments, {"positive", "threshold", "ranking", "groups"},
                "goes with --predictions FILE");
    return become("eval-model", argv);
  });
}
