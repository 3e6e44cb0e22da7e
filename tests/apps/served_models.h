// SPDX-License-Identifier: Apache-2.0
// The three families, trained once for all tests of the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/run_program.h"
#include "apps/small_data.h"
#include "support/catch.h"

namespace candor::test {

struct ServedModels {
  TempDir folder;
  std::string table = run("table", "train.epochs=10"), text = run("text", "train.steps=60"),
              images = run("images", "train.epochs=3"),
              messages = run("messages", "train.epochs=5");

  std::string run(const std::string& family, const std::string& shorter) {
    const auto path = (folder / ("run-" + family)).string();
    const auto trained =
        run_candor({"train", write_config(family, folder), shorter, "--run", path});
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    return path;
  }
};

inline ServedModels& models() {
  static ServedModels trained;
  return trained;
}

inline std::vector<std::string> three_models() {
  return {"people=" + models().table, "story=" + models().text, "shapes=" + models().images};
}

inline std::string base64(const std::string& bytes) {
  static const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t block = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      block = block << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k <= bytes.size() ? digits[block >> (18 - 6 * k) & 63u] : '=';
  }
  return text;
}

}  // namespace candor::test
