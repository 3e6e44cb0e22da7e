// SPDX-License-Identifier: Apache-2.0
#include "core/base/fault_point.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <string_view>

#include <candor/error.h>

namespace candor {
namespace {

constexpr int kKill = -1, kHang = -2;

struct Fault {
  int reason = 0;  // of errno, kKill or kHang
  long first = 0;
  long last = 0;
  std::string part;
  long passed = 0;
};

std::atomic<bool> armed{false};
std::mutex mutex;
Fault fault;

[[noreturn]] void refuse(std::string_view text) {
  throw Error(ErrorKind::config,
              "CANDOR_FAULT: '" + std::string(text) +
                  "' is not REASON:FIRST[-LAST][:PART] with REASON kill, hang, no_space, read_only "
                  "or io");
}

int reason_of(std::string_view name, std::string_view text) {
  if (name == "kill") return kKill;
  if (name == "hang") return kHang;
  if (name == "no_space") return ENOSPC;
  if (name == "read_only") return EROFS;
  if (name == "io") return EIO;
  refuse(text);
}

long number_of(std::string_view digits, std::string_view text) {
  long number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 1) refuse(text);
  return number;
}

// What stands before `mark`; `rest` becomes what stands behind it.
std::string_view take_until(char mark, std::string_view& rest) {
  const auto end = std::min(rest.find(mark), rest.size());
  const auto taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

Fault parse(std::string_view text) {
  Fault parsed;
  auto rest = text;
  parsed.reason = reason_of(take_until(':', rest), text);
  auto range = take_until(':', rest);
  const bool open = range.find('-') != std::string_view::npos;
  parsed.first = number_of(take_until('-', range), text);
  parsed.last = !open           ? parsed.first
                : range.empty() ? std::numeric_limits<long>::max()
                                : number_of(range, text);
  parsed.part = rest;
  return parsed;
}

// Counts; 0: nothing happens here.
int reason_at(const std::string& path) {
  const std::scoped_lock lock(mutex);
  if (path.find(fault.part) == std::string::npos) return 0;
  const auto number = ++fault.passed;
  return number < fault.first || number > fault.last ? 0 : fault.reason;
}

// The environment counts from the first fault point of the process on.
bool read_environment() {
  const char* text = std::getenv("CANDOR_FAULT");
  if (text != nullptr && *text != '\0') set_fault(text);
  return true;
}

}  // namespace

void set_fault(const std::string& text) {
  const auto parsed = text.empty() ? Fault{} : parse(text);
  const std::scoped_lock lock(mutex);
  fault = parsed;
  armed = !text.empty();
}

long fault_points_passed() {
  const std::scoped_lock lock(mutex);
  return fault.passed;
}

bool fault_point(const std::filesystem::path& path) {
  static const bool read = read_environment();
  if (!read || !armed.load(std::memory_order_relaxed)) return false;
  const auto reason = reason_at(path.native());
  if (reason == 0) return false;
  if (reason == kKill) kill(getpid(), SIGKILL);
  while (reason == kKill || reason == kHang) pause();  // a kill may take a moment to come here
  errno = reason;
  return true;
}

}  // namespace candor
