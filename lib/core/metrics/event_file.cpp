// SPDX-License-Identifier: Apache-2.0
// A record is: length (u64), masked CRC of the length, bytes, masked CRC of the bytes; little
// endian. The bytes are a tensorflow.Event: 1 wall_time (double), 2 step (int64), 3 file_version
// (string), 5 summary { 1 value { 1 tag, 2 simple_value (float) } }.
#include "core/metrics/event_file.h"

#include <candor/error.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <string_view>

namespace candor {
namespace {

// CRC-32C (Castagnoli), reflected polynomial 0x82F63B78, by byte.
constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    auto crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) ? 0x82F63B78u : 0u);
    table[i] = crc;
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u; }

template <class T>
std::string little_endian(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  }
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes + static_cast<char>(value);
}

constexpr unsigned kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

std::string key(unsigned field, unsigned wire_type) { return varint(field << 3 | wire_type); }

std::string bytes_field(unsigned field, std::string_view bytes) {
  return key(field, kBytes) + varint(bytes.size()) + std::string(bytes);
}

std::string wall_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration<double>(now).count();
  return key(1, kFixed64) + little_endian(std::bit_cast<std::uint64_t>(seconds));
}

std::string file_name() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  char host[256] = "localhost";
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return "events.out.tfevents." + std::to_string(seconds) + "." + host + "." +
         std::to_string(getpid());
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const char c : bytes) {
    crc = kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFFu] ^ (crc >> 8);
  }
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& folder) {
  const auto path = folder / file_name();
  file_.open(path, std::ios::binary | std::ios::app);
  if (!file_) {
    throw Error(ErrorKind::failed, "cannot create event file '" + path.string() +
                                       "': check that the folder exists and is writable");
  }
  record(wall_time() + bytes_field(3, "brain.Event:2"));
}

void EventFile::scalar(const std::string& tag, double value, std::int64_t step) {
  const auto number = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  const auto entry = bytes_field(1, tag) + key(2, kFixed32) + little_endian(number);
  record(wall_time() + key(2, kVarint) + varint(static_cast<std::uint64_t>(step)) +
         bytes_field(5, bytes_field(1, entry)));
}

void EventFile::flush() { file_.flush(); }

void EventFile::record(const std::string& event) {
  const auto length = little_endian<std::uint64_t>(event.size());
  file_ << length << little_endian(masked(crc32c(length))) << event
        << little_endian(masked(crc32c(event)));
}

}  // namespace candor
