// SPDX-License-Identifier: Apache-2.0
// Loads an exported file with LibTorch alone, as a program that knows nothing of candor would.
//
//   load_torchscript FILE                      one line per input: its name
//   load_torchscript FILE --extra NAME         that file out of the archive, as it is
//   load_torchscript FILE TENSOR...            runs it; prints the output's sizes, then its values
//
// A TENSOR is TYPE:SIZES:VALUES, TYPE one of f32, i64, u8; SIZES and VALUES separated by commas:
// "f32:2,3:1,2,nan,4,5,6". No values where a size is 0: "i64:2,0:".
#include <torch/script.h>

#include <cstdio>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::vector<double> numbers(const std::string& text) {
  std::vector<double> result;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) result.push_back(std::stod(word));
  return result;
}

at::ScalarType type_of(const std::string& name) {
  if (name == "f32") return at::kFloat;
  if (name == "i64") return at::kLong;
  if (name == "u8") return at::kByte;
  throw std::runtime_error("unknown tensor type '" + name + "'; allowed: f32, i64, u8");
}

at::Tensor parse_tensor(const std::string& text) {
  const auto first = text.find(':'), second = text.find(':', first + 1);
  if (first == std::string::npos || second == std::string::npos) {
    throw std::runtime_error("'" + text + "' is not TYPE:SIZES:VALUES");
  }
  std::vector<std::int64_t> sizes;
  for (const auto size : numbers(text.substr(first + 1, second - first - 1))) {
    sizes.push_back(static_cast<std::int64_t>(size));
  }
  auto values = numbers(text.substr(second + 1));
  return at::tensor(values, at::kDouble).view(sizes).to(type_of(text.substr(0, first)));
}

void print_inputs(const torch::jit::Module& module) {
  const auto arguments = module.get_method("forward").function().getSchema().arguments();
  for (std::size_t i = 1; i < arguments.size(); ++i) std::puts(arguments[i].name().c_str());
}

void print_output(torch::jit::Module& module, const std::vector<std::string>& words) {
  std::vector<c10::IValue> inputs;
  for (const auto& word : words) inputs.emplace_back(parse_tensor(word));
  const c10::InferenceMode inference;
  const auto output = module.forward(inputs).toTensor().to(at::kDouble).contiguous();
  for (const auto size : output.sizes()) std::printf("%lld ", static_cast<long long>(size));
  std::puts("");
  const auto* values = output.const_data_ptr<double>();
  for (std::int64_t i = 0; i < output.numel(); ++i) std::printf("%.9g\n", values[i]);
}

int run(const std::vector<std::string>& words) {
  const bool extra = words.size() == 3 && words[1] == "--extra";
  torch::jit::ExtraFilesMap files;
  if (extra) files[words[2]] = "";
  auto module = torch::jit::load(words.at(0), at::kCPU, files);
  if (extra) {
    std::fputs(files[words[2]].c_str(), stdout);
  } else if (words.size() == 1) {
    print_inputs(module);
  } else {
    print_output(module, {words.begin() + 1, words.end()});
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: load_torchscript FILE [--extra NAME | TYPE:SIZES:VALUES ...]\n", stderr);
    return 2;
  }
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
