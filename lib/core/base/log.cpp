// SPDX-License-Identifier: Apache-2.0
#include "core/base/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include <candor/error.h>
#include <candor/log.h>

namespace candor {
namespace {

// spdlog 1.10 (Debian 12) has no callback sink of its own.
class CallbackSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit CallbackSink(std::function<void(int, const std::string&)> call)
      : call_(std::move(call)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    call_(static_cast<int>(message.level),
          std::string(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  std::function<void(int, const std::string&)> call_;
};

}  // namespace

spdlog::logger& log() {
  static const auto logger =
      std::make_shared<spdlog::logger>("candor", std::make_shared<spdlog::sinks::null_sink_mt>());
  return *logger;
}

void set_log(std::function<void(int level, const std::string& line)> sink) {
  auto& sinks = log().sinks();
  sinks.clear();
  if (sink) sinks.push_back(std::make_shared<CallbackSink>(std::move(sink)));
}

LogFile::LogFile(const std::filesystem::path& path) {
  try {
    sink_ = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string());
  } catch (const spdlog::spdlog_ex& error) {
    throw Error(ErrorKind::failed, path.string() + ": cannot be written: " + error.what());
  }
  sink_->set_pattern("%Y-%m-%dT%H:%M:%S%z %l %v");
  log().sinks().push_back(sink_);
}

LogFile::~LogFile() {
  sink_->flush();
  auto& sinks = log().sinks();
  sinks.erase(std::remove(sinks.begin(), sinks.end(), sink_), sinks.end());
}

}  // namespace candor
