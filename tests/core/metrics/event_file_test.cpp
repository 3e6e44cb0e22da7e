// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/event_file.h"

#include <bit>
#include <cstring>
#include <vector>

#include "support/catch.h"
#include "support/temp.h"

using namespace candor;

namespace {

// A reader of its own: it shares no code with the writer but crc32c, which has vectors of its own.
class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}
  bool done() const { return at_ == bytes_.size(); }

  template <class T>
  T number() {
    T value;
    const auto raw = take(sizeof value);
    std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  }
  std::string take(std::size_t size) {
    REQUIRE(at_ + size <= bytes_.size());
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

struct Event {
  double wall_time = 0.0;
  std::int64_t step = 0;
  std::string version, tag;
  float value = 0.0f;
};

void check_crc(const std::string& bytes, std::uint32_t found) {
  const auto crc = crc32c(bytes);
  CHECK(found == static_cast<std::uint32_t>(((crc >> 15) | (crc << 17)) + 0xA282EAD8u));
}

void read_summary(Reader summary, Event& event) {
  CHECK(summary.varint() == 0x0A);
  Reader value(summary.take(summary.varint()));
  while (!value.done()) {
    const auto key = value.varint();
    if (key == 0x0A) event.tag = value.take(value.varint());
    if (key == 0x15) event.value = value.number<float>();
  }
}

Event read_event(Reader message) {
  Event event;
  while (!message.done()) {
    switch (message.varint()) {
      case 0x09: event.wall_time = message.number<double>(); break;
      case 0x10: event.step = static_cast<std::int64_t>(message.varint()); break;
      case 0x1A: event.version = message.take(message.varint()); break;
      case 0x2A: read_summary(Reader(message.take(message.varint())), event); break;
      default: FAIL("unknown field");
    }
  }
  return event;
}

std::vector<Event> read_events(const std::string& bytes) {
  Reader file(bytes);
  std::vector<Event> events;
  while (!file.done()) {
    const auto length = file.take(8);
    check_crc(length, file.number<std::uint32_t>());
    const auto data = file.take(Reader(length).number<std::uint64_t>());
    check_crc(data, file.number<std::uint32_t>());
    events.push_back(read_event(Reader(data)));
  }
  return events;
}

std::filesystem::path only_file(const std::filesystem::path& folder) {
  const auto entry = std::filesystem::directory_iterator(folder);
  REQUIRE(entry != std::filesystem::directory_iterator());
  return entry->path();
}

}  // namespace

TEST_CASE("CRC-32C gives the published check values", "[metrics]") {
  CHECK(crc32c("123456789") == 0xE3069283u);
  CHECK(crc32c("") == 0u);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAu);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43u);
}

TEST_CASE("an event file holds its version and every scalar", "[metrics]") {
  const test::TempDir folder;
  {
    EventFile file(folder.path());
    file.scalar("train/loss", 0.5, 1);
    file.scalar("validation/accuracy", 0.875, 300);
    file.scalar("train/loss", -2.25, std::int64_t{1} << 40);
    file.flush();
  }
  const auto path = only_file(folder.path());
  CHECK(path.filename().string().find("events.out.tfevents.") == 0);
  const auto events = read_events(test::slurp(path));
  REQUIRE(events.size() == 4);
  CHECK(events[0].version == "brain.Event:2");
  CHECK(events[1].tag == "train/loss");
  CHECK(events[1].value == 0.5f);
  CHECK(events[1].step == 1);
  CHECK(events[2].tag == "validation/accuracy");
  CHECK(events[2].step == 300);
  CHECK(events[3].value == -2.25f);
  CHECK(events[3].step == std::int64_t{1} << 40);
  for (const auto& event : events) CHECK(event.wall_time > 1.6e9);
}

TEST_CASE("an event file in a folder that is not there is an error with its path", "[metrics]") {
  const auto error = test::error_of([] { EventFile file("/nonexistent/folder"); });
  REQUIRE(error);
  CHECK(error->kind() == ErrorKind::failed);
  const std::string text = error->what();
  CHECK(text.find("cannot create event file '/nonexistent/folder/events.out.tfevents.") == 0);
  CHECK_THAT(text, CANDOR_CONTAINS("': check that the folder exists and is writable"));
}
