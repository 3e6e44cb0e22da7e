// SPDX-License-Identifier: Apache-2.0
#include "core/text/split/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdexcept>

#include <candor/error.h>

namespace candor {
namespace {

constexpr std::uint32_t kMostSteps = 10'000'000;
constexpr std::uint32_t kMostKiB = 64 * 1024;                                  // of backtracking
constexpr std::size_t kFirstStack = 32 * 1024, kLastStack = 16 * 1024 * 1024;  // bytes, compiled

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Code = std::unique_ptr<pcre2_code, Freer<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Freer<pcre2_jit_stack_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freer<pcre2_match_context_free>>;

Code compile(const std::string& pattern) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                          PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &error,
                          &offset, nullptr));
  if (!code) {
    PCRE2_UCHAR message[256];
    pcre2_get_error_message(error, message, sizeof message);
    throw std::invalid_argument(reinterpret_cast<const char*>(message));
  }
  std::uint32_t empty = 0;
  pcre2_pattern_info(code.get(), PCRE2_INFO_MATCHEMPTY, &empty);
  if (empty != 0) throw std::invalid_argument("the expression can match no text at all");
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);  // where it cannot, matching interprets
  return code;
}

class ExpressionMatcher final : public Matcher {
 public:
  explicit ExpressionMatcher(std::string_view expression)
      : code_(compile(translate_expression(expression))) {}

  void find(std::string_view text, std::vector<ByteSpan>& matches) const override {
    const MatchData data(pcre2_match_data_create(1, nullptr));
    const MatchContext context(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(context.get(), kMostSteps);
    pcre2_set_heap_limit(context.get(), kMostKiB);
    const JitStack stack(pcre2_jit_stack_create(kFirstStack, kLastStack, nullptr));
    pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    for (std::size_t at = 0; at < text.size();) {
      const int found = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                    text.size(), at, 0, data.get(), context.get());
      if (found == PCRE2_ERROR_NOMATCH) return;
      if (found < 0) refuse(found);
      const auto* ends = pcre2_get_ovector_pointer(data.get());
      matches.push_back({ends[0], ends[1]});
      at = ends[1];
    }
  }

 private:
  [[noreturn]] static void refuse(int code) {
    PCRE2_UCHAR message[256];
    pcre2_get_error_message(code, message, sizeof message);
    throw Error(ErrorKind::model,
                "the expression that cuts text into words (tokenizer.json: /pre_tokenizer) fails "
                "on this text: " +
                    std::string(reinterpret_cast<const char*>(message)));
  }

  Code code_;
};

}  // namespace

std::unique_ptr<Matcher> match_expression(std::string_view expression) {
  return std::make_unique<ExpressionMatcher>(expression);
}

}  // namespace candor
