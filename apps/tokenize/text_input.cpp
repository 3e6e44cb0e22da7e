// SPDX-License-Identifier: Apache-2.0
#include "tokenize/text_input.h"

#include <iostream>

namespace candor::app {
namespace {

class StdinBytes final : public ByteSource {
 public:
  std::size_t read(char* into, std::size_t most) override {
    std::cin.read(into, static_cast<std::streamsize>(most));
    const auto count = static_cast<std::size_t>(std::cin.gcount());
    total_ += count;
    return count;
  }
  std::size_t bytes_read() const override { return total_; }

 private:
  std::size_t total_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> open_text(const std::string& path) {
  if (path == "-") return std::make_unique<StdinBytes>();
  return open_bytes(path, ErrorKind::data);
}

void each_line(ByteSource& bytes, const std::function<void(std::string_view)>& each) {
  constexpr std::size_t kBlock = 64 << 10;
  std::string block(kBlock, '\0'), line;
  while (const auto count = bytes.read(block.data(), kBlock)) {
    std::string_view left(block.data(), count);
    for (auto end = left.find('\n'); end != left.npos; end = left.find('\n')) {
      line.append(left.substr(0, end));
      each(line);
      line.clear();
      left.remove_prefix(end + 1);
    }
    line.append(left);
  }
  if (!line.empty()) each(line);
}

}  // namespace candor::app
