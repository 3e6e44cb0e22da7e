// SPDX-License-Identifier: Apache-2.0
// Archives for tests, also such as no program would write.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>

namespace candor::test {

inline std::string tar_header(const std::string& name, std::size_t size, char type = '0',
                              const std::string& prefix = "") {
  std::string block(512, '\0');
  block.replace(0, std::min<std::size_t>(name.size(), 100), name, 0, 100);
  block.replace(100, 7, "0000644");
  char octal[13];
  std::snprintf(octal, sizeof(octal), "%011zo", size);
  block.replace(124, 11, octal);
  block.replace(136, 11, "00000000000");
  block[156] = type;
  block.replace(257, 8,
                std::string("ustar\0"
                            "00",
                            8));
  block.replace(345, prefix.size(), prefix);
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const unsigned char c : block) sum += c;
  std::snprintf(octal, sizeof(octal), "%06o", sum);
  block.replace(148, 7, std::string(octal) + '\0');
  return block;
}

inline std::string tar_padded(std::string bytes) {
  bytes.resize((bytes.size() + 511) / 512 * 512, '\0');
  return bytes;
}

inline std::string tar_file(const std::string& name, const std::string& bytes) {
  return tar_header(name, bytes.size()) + tar_padded(bytes);
}

inline std::string tar_end() { return std::string(1024, '\0'); }

}  // namespace candor::test
