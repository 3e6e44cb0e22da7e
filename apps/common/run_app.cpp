// SPDX-License-Identifier: Apache-2.0
#include "common/run_app.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <mutex>
#include <new>
#include <optional>
#include <sstream>

#include <candor/config.h>
#include <candor/error.h>
#include <candor/log.h>
#include <candor/model.h>
#include <candor/version.h>

#include "common/command_table.h"

namespace candor::app {
namespace {

volatile std::sig_atomic_t stopping = 0;
timespec first_stop{};
bool acknowledges = false;  // the first request to stop
bool on_terminal = false;   // stderr, where a progress line may be open

// timeout(1) and shells send a signal to the process and to its group: twice within microseconds.
bool is_echo() {
  constexpr long kEcho = 100'000'000;  // ns
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec - first_stop.tv_sec <= 1 &&
         (now.tv_sec - first_stop.tv_sec) * 1'000'000'000 + now.tv_nsec - first_stop.tv_nsec <
             kEcho;
}

// At once, while the step that is under way may take long. Only what is safe in a handler; errno is
// that of whatever was interrupted.
void acknowledge(const char* text) {
  if (stopping != 0 || !acknowledges) return;
  const int before = errno;
  const char* line = on_terminal ? text : text + 1;
  if (write(STDERR_FILENO, line, std::strlen(line)) < 0) errno = before;
  errno = before;
}

// What batch systems send before they end a process: it asks, as often as it comes.
void on_user_signal(int) {
  acknowledge("\nstopping after this step\n");
  stopping = 1;
}

// The first signal asks, a second one ends. Only what is safe in a handler.
void on_signal(int signal) {
  acknowledge("\nstopping after this step; again to stop now\n");
  stopping = 1;
  if (first_stop.tv_sec == 0) {
    clock_gettime(CLOCK_MONOTONIC, &first_stop);
  } else if (!is_echo()) {
    if (signal == SIGINT) _exit(130);
    std::signal(signal, SIG_DFL);
    raise(signal);  // comes when this handler returns
  }
}

// Whoever searches for a learning rate has nothing that could be resumed, so nothing to wait for.
OnSignal on_signal_of(const Arguments& arguments) {
  const bool search = arguments.command() == "train" && arguments.flag("find-learning-rate");
  return search ? OnSignal::end : find_command(arguments.command()).on_signal;
}

void catch_signals(OnSignal what) {
  if (what == OnSignal::end) return;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = on_user_signal;
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGUSR2, &action, nullptr);
}

// No cursor movement there either.
bool dumb_terminal() {
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string(terminal) == "dumb";
}

// stderr: messages and the progress line take turns.
class Console {
 public:
  void message(int level, const std::string& line) {
    const std::scoped_lock lock(mutex_);
    end_progress();
    std::cerr << (level >= 4 ? "error: " : level == 3 ? "warning: " : "") << line << "\n";
  }

  // Not on a terminal, only some of the lines, the last one among them.
  void progress(const std::string& line, bool last) {
    const std::scoped_lock lock(mutex_);
    if (quiet_) return;
    if (terminal_) {
      std::cerr << "\r\x1b[K" << line << std::flush;
      open_ = true;
    } else if (last ? line != printed_ : due()) {
      std::cerr << line << "\n";
      printed_ = line;
    }
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    end_progress();
  }

  void set_quiet(bool quiet) { quiet_ = quiet; }

 private:
  static constexpr std::chrono::seconds kInterval{5};

  bool due() {
    const auto now = std::chrono::steady_clock::now();
    if (last_ && now - *last_ < kInterval) return false;
    last_ = now;
    return true;
  }

  void end_progress() {
    if (open_) std::cerr << "\n";
    open_ = false;
  }

  std::mutex mutex_;
  bool terminal_ = isatty(STDERR_FILENO) != 0 && !dumb_terminal();
  bool quiet_ = false;
  bool open_ = false;
  std::optional<std::chrono::steady_clock::time_point> last_;
  std::string printed_;
};

Console& console() {
  static Console instance;
  return instance;
}

void set_logging(const Arguments& arguments) {
  const bool quiet = arguments.flag("quiet");
  console().set_quiet(quiet);
  set_log([quiet](int level, const std::string& line) {
    if (!quiet || level >= 4) console().message(level, line);
  });
}

// True when the arguments ask for something that needs no model and no LibTorch.
bool answer_at_once(const Arguments& arguments) {
  if (arguments.flag("help")) {
    std::cout << command_help(arguments.command());
  } else if (arguments.flag("version")) {
    std::cout << (arguments.flag("json") ? environment_json() : "candor " CANDOR_VERSION "\n");
  } else if (arguments.command() != "train") {
    return false;
  } else if (arguments.flag("schema")) {
    std::cout << config_schema();
  } else if (arguments.flag("reference")) {
    std::cout << config_reference();
  } else if (arguments.flag("print-config")) {
    std::cout << write_config(
        load_config(arguments.required(0, "CONFIG"), arguments.words_from(1)));
  } else {
    return false;
  }
  return true;
}

// Whether who reads stdout has gone (`candor predict ... | head`).
bool reader_gone() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

// Whoever reads less than everything has what they want; any other failed write is an error.
void finish_output() {
  errno = 0;
  std::cout.flush();
  if (std::cout.good() || reader_gone()) return;
  const std::string reason =
      errno == 0 ? "an earlier write failed; is the disk full?" : std::strerror(errno);
  throw Error(ErrorKind::failed, "stdout: cannot be written: " + reason);
}

// Sees to --help and the like; else whatever is wrong with the arguments is thrown.
bool answered(const Arguments& arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // a write fails instead, see finish_output()
  std::signal(SIGXFSZ, SIG_IGN);  // and beyond the allowed size of a file, too
  const bool done = answer_at_once(arguments);
  if (!done) arguments.check();
  finish_output();
  return done;
}

void print_error(const std::string& text, const char* label = "error: ") {
  console().close();
  std::istringstream lines(printable(text));
  std::string line;
  while (std::getline(lines, line)) {
    // Lines that continue the one before are indented, not errors of their own.
    std::cerr << (line.starts_with("  ") ? "" : label) << line << "\n";
  }
}

bool says_out_of_memory(const std::string& text) {
  return text.find("can't allocate memory") != std::string::npos ||
         text.find("out of memory") != std::string::npos;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

int report_exception() {
  try {
    throw;
  } catch (const Error& error) {
    // Who asked for a stop sees no error in it.
    print_error(error.what(), error.kind() == ErrorKind::stopped ? "" : "error: ");
    return exit_code(error.kind());
  } catch (const std::bad_alloc&) {
    print_error("out of memory; lower the batch size or the model's size");
    return exit_code(ErrorKind::out_of_memory);
  } catch (const std::exception& error) {
    const std::string text = error.what();
    if (says_out_of_memory(text)) {
      print_error("out of memory: " + first_line(text) +
                  "; lower the batch size or the model's size");
      return exit_code(ErrorKind::out_of_memory);
    }
    print_error(first_line(text));
    return exit_code(ErrorKind::failed);
  }
}

bool answer(const std::string& command, int argc, const char* const* argv) {
  return answered(Arguments(command, argc, argv));
}

void answer_overview() {
  std::cout << overview();
  finish_output();
}

int run_app(const std::string& command, int argc, const char* const* argv,
            const std::function<int(const Arguments&)>& body) {
  try {
    const Arguments arguments(command, argc, argv);
    if (answered(arguments)) return 0;
    set_logging(arguments);
    acknowledges = arguments.command() == "train" && !arguments.flag("quiet");
    on_terminal = isatty(STDERR_FILENO) != 0;
    catch_signals(on_signal_of(arguments));
    const int code = body(arguments);
    console().close();
    finish_output();
    return code;
  } catch (...) {
    return report_exception();
  }
}

bool stop_requested() { return stopping != 0; }

void show_progress(const std::string& line, bool last) { console().progress(line, last); }

bool use_color(const Arguments& arguments) {
  const auto when = arguments.text("color");
  if (when != "auto") return when == "always";
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  return !set("NO_COLOR") && !dumb_terminal() && isatty(STDOUT_FILENO) != 0;
}

}  // namespace candor::app
