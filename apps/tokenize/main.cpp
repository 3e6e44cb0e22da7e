// SPDX-License-Identifier: Apache-2.0
// Text to tokens, and the training of tokenizers; needs no LibTorch.
#include <candor/error.h>

#include "common/run_app.h"
#include "tokenize/encode_texts.h"
#include "tokenize/train.h"

namespace {

using namespace candor;

void refuse(const std::string& what) { throw Error(ErrorKind::config, what); }

// What belongs to the other of the two ways to call this command.
void check_flags(const app::Arguments& arguments, bool train) {
  const auto check = [&](std::initializer_list<const char*> flags, const char* way_out) {
    for (const char* flag : flags) {
      if (arguments.given(flag)) refuse(std::string("--") + flag + way_out);
    }
  };
  if (train) {
    check({"input", "ids", "tokens", "offsets", "document", "allow-special", "add-special"},
          " encodes a text; leave it out with --train");
  } else {
    check({"type", "size", "pretokenizer", "special-tokens"},
          " shapes a new tokenizer; it needs --train");
  }
}

int run(const app::Arguments& arguments) {
  const bool train = arguments.flag("train");
  check_flags(arguments, train);
  return train ? app::train_from(arguments) : app::encode_texts(arguments);
}

}  // namespace

int main(int argc, char** argv) { return candor::app::run_app("tokenize", argc, argv, run); }
