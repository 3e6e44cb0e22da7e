// SPDX-License-Identifier: Apache-2.0
#include "core/base/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string>
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
          printable({message.payload.data(), message.payload.size()}));
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

// Not spdlog's file sink: that one wants its file at once, and keeps lines back until it is told.
class LogFile::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void open(const std::filesystem::path& path) {
    const std::scoped_lock lock(mutex_);
    file_.open(path, std::ios::app);
    file_ << std::exchange(collected_, {}) << std::flush;
    if (!file_) {
      throw Error(ErrorKind::failed,
                  path.string() + ": cannot be written: " + std::strerror(errno));
    }
  }

 private:
  static constexpr int kMostLines = 10'000;

  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (file_.is_open()) {
      file_.clear();  // a disk that was full need not be any more
      file_ << printable({line.data(), line.size()});
      if (message.level >= spdlog::level::info) file_.flush();
    } else if (lines_ < kMostLines) {
      collected_.append(line.data(), line.size());
      ++lines_;
    }
  }
  void flush_() override { file_.flush(); }

  std::ofstream file_;
  std::string collected_;
  int lines_ = 0;
};

LogFile::LogFile() : sink_(std::make_shared<Sink>()) {
  sink_->set_pattern("%Y-%m-%dT%H:%M:%S%z %l %v");
  log().sinks().push_back(sink_);
}

void LogFile::open(const std::filesystem::path& path) { sink_->open(path); }

LogFile::~LogFile() {
  auto& sinks = log().sinks();
  sinks.erase(std::remove(sinks.begin(), sinks.end(), sink_), sinks.end());
}

}  // namespace candor
