// SPDX-License-Identifier: Apache-2.0
// A corpus need not fit in memory: a process that may have a fraction of its size tokenises it.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "core/text/corpus_tokens.h"
#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

constexpr std::int64_t kLines = 400'000;
constexpr std::int64_t kBytes = kLines * 100;  // 40 MB; 80 MB of tokens
constexpr rlim_t kAllowed = 24u << 20;         // of memory besides what the process has already

std::string write_lines(const test::TempDir& folder) {
  const auto path = (folder / "large.txt").string();
  std::ofstream file(path, std::ios::binary);
  char line[101];
  for (std::int64_t i = 0; i < kLines; ++i) {
    std::snprintf(line, sizeof line, "%099lld\n", static_cast<long long>(i));
    file.write(line, 100);
  }
  return path;
}

// Private memory of this process, bytes.
rlim_t data_size() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmData:") continue;
    rlim_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes << 10;
  }
  return 0;
}

int tokenise_within(rlim_t allowed, const std::string& path, const TokenCache* cache) {
  const rlimit limit{data_size() + allowed, data_size() + allowed};
  if (setrlimit(RLIMIT_DATA, &limit) != 0) return 3;
  try {
    const Corpus corpus({path}, {DocumentUnit::line});
    SplitConfig config;
    config.validation = 0.1;
    const CorpusSplit split(corpus, config);
    const auto tokenizer = train_tokenizer({TokenizerType::bytes}, corpus, split);
    const auto tokens =
        tokenise(corpus, split, *tokenizer, {CorpusPart::train, CorpusPart::validation}, cache);
    const auto total = tokens.parts[0]->tokens() + tokens.parts[1]->tokens();
    return total == kBytes - kLines ? 0 : 1;
  } catch (const std::bad_alloc&) {
    return 2;
  }
}

// The exit code of a child that does it.
int in_child(rlim_t allowed, const std::string& path, const TokenCache* cache) {
  const auto child = fork();
  if (child == 0) _exit(tokenise_within(allowed, path, cache));
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a corpus larger than memory is tokenised into its cache", "[text]") {
  const test::TempDir folder;
  const auto path = write_lines(folder);
  const TokenCache cache{(folder / "cache").string(), "line"};
  CHECK(in_child(kAllowed, path, &cache) == 0);
  CHECK(in_child(kAllowed, path, &cache) == 0);  // read from the cache
  // The bound means something: the tokens do not fit in it.
  CHECK(in_child(kAllowed, path, nullptr) == 2);
}
#endif
