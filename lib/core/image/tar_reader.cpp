// SPDX-License-Identifier: Apache-2.0
#include "core/image/tar_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <candor/error.h>

namespace candor {
namespace {

// Fields of a header: offset and length.
constexpr std::size_t kName = 0, kNameLength = 100;
constexpr std::size_t kSize = 124, kSizeLength = 12;
constexpr std::size_t kChecksum = 148, kChecksumLength = 8;
constexpr std::size_t kType = 156;
constexpr std::size_t kMagic = 257;
constexpr std::size_t kPrefix = 345, kPrefixLength = 155;

constexpr std::int64_t kMostExtension = 1 << 20;  // bytes of a pax header or a long name
constexpr std::size_t kMostName = 4096;
constexpr std::int64_t kMostSize = std::int64_t{1} << 50;

std::int64_t padding_of(std::int64_t size) { return (512 - size % 512) % 512; }

// Names go into messages and logs, which are lines.
std::string printable(std::string text) {
  constexpr std::size_t kMostShown = 200;
  if (text.size() > kMostShown) text = text.substr(0, kMostShown) + "...";
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

// Octal digits with spaces around; -1: something else.
std::int64_t octal(std::string_view field) {
  std::int64_t value = 0;
  bool any = false;
  for (const char c : field) {
    if (c == ' ' && !any) continue;
    if (c == ' ' || c == '\0') break;
    if (c < '0' || c > '7' || value >= std::int64_t{1} << 58) return -1;
    value = value * 8 + (c - '0');
    any = true;
  }
  return any ? value : -1;
}

}  // namespace

bool is_tar_header(std::string_view block) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < 512 && i < block.size(); ++i) {
    const bool own = i >= kChecksum && i < kChecksum + kChecksumLength;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return block.size() >= 512 && octal(block.substr(kChecksum, kChecksumLength)) == sum;
}

TarReader::TarReader(ByteSource& bytes, std::string name)
    : bytes_(bytes), archive_(std::move(name)), buffer_(std::size_t{1} << 18) {}

bool TarReader::fill() {
  pending_ = {buffer_.data(), bytes_.read(buffer_.data(), buffer_.size())};
  return !pending_.empty();
}

void TarReader::refuse(const std::string& what) const {
  throw Error(ErrorKind::data, archive_ + ": " + what);
}

void TarReader::refuse_member(const std::string& name, const std::string& what) const {
  refuse("member '" + printable(name) + "' " + what +
         "; archives may hold files and folders only, with names that stay inside");
}

void TarReader::take(char* to, std::size_t count) {
  position_ += static_cast<std::int64_t>(count);
  while (count > 0) {
    if (pending_.empty() && !fill()) refuse("the archive is truncated; get it again");
    const auto part = std::min(count, pending_.size());
    if (to != nullptr) {
      std::memcpy(to, pending_.data(), part);
      to += part;
    }
    pending_.remove_prefix(part);
    count -= part;
  }
}

void TarReader::skip(std::int64_t count) { take(nullptr, static_cast<std::size_t>(count)); }

void TarReader::skip_member() {
  skip(left_);
  skip(padding_);
  left_ = padding_ = 0;
}

bool TarReader::read_header() {
  take(header_.data(), header_.size());
  if (std::all_of(header_.begin(), header_.end(), [](char c) { return c == '\0'; })) return false;
  if (!is_tar_header({header_.data(), header_.size()})) {
    refuse("is no tar archive, or is damaged (a header's checksum is wrong)");
  }
  return true;
}

std::string TarReader::text(std::size_t at, std::size_t length) const {
  return {header_.data() + at, strnlen(header_.data() + at, length)};
}

// Octal, or GNU's base 256 for what is too large for that.
std::int64_t TarReader::number(std::size_t at, std::size_t length) const {
  const std::string_view field(header_.data() + at, length);
  if ((static_cast<unsigned char>(field[0]) & 0x80) == 0) {
    const auto value = octal(field);
    if (value < 0) refuse("is damaged (a member's size is no number)");
    return value;
  }
  std::int64_t value = static_cast<unsigned char>(field[0]) & 0x7F;
  for (const char c : field.substr(1)) {
    if (value >= kMostSize) refuse("is damaged (a member's size is out of range)");
    value = value * 256 + static_cast<unsigned char>(c);
  }
  return value;
}

std::string TarReader::extension_body(std::int64_t size) {
  if (size > kMostExtension) {
    refuse("is damaged (an extended header of " + std::to_string(size) + " bytes)");
  }
  std::string body(static_cast<std::size_t>(size), '\0');
  take(body.data(), body.size());
  skip(padding_of(size));
  return body;
}

// Records "LENGTH KEY=VALUE\n", LENGTH counting the whole record.
void TarReader::read_pax(const std::string& body, Extension& extension) const {
  std::string_view rest = body;
  while (!rest.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    const auto digits = static_cast<std::size_t>(end - rest.data());
    const auto equals = rest.find('=');
    if (error != std::errc() || length > rest.size() || length < digits + 2 ||
        equals == std::string_view::npos || equals + 1 >= length || rest[digits] != ' ') {
      refuse("is damaged (an extended header)");
    }
    const auto key = rest.substr(digits + 1, equals - digits - 1);
    const auto value = rest.substr(equals + 1, length - equals - 2);
    if (key == "path") extension.path = value;
    if (key.starts_with("GNU.sparse.")) refuse_member(extension.path, "is a sparse file");
    if (key == "size") {
      const auto read = std::from_chars(value.data(), value.data() + value.size(), extension.size);
      if (read.ec != std::errc() || extension.size < 0) refuse("is damaged (an extended header)");
    }
    rest.remove_prefix(length);
  }
}

void TarReader::check_type(char type, const std::string& name) const {
  switch (type) {
    case '\0':
    case '0':
    case '5':
    case '7': return;
    case '1': refuse_member(name, "is a hard link");
    case '2': refuse_member(name, "is a symbolic link");
    case '3':
    case '4':
    case '6': refuse_member(name, "is a device");
    case 'S': refuse_member(name, "is a sparse file");
    default: refuse_member(name, "is of an unknown type");
  }
}

std::string TarReader::safe_name(const std::string& name) const {
  if (name.size() > kMostName) refuse_member(name, "has a name that is too long");
  if (name.starts_with('/')) refuse_member(name, "has an absolute name");
  std::string safe;
  for (std::size_t at = 0; at <= name.size();) {
    const auto slash = std::min(name.find('/', at), name.size());
    const auto step = std::string_view(name).substr(at, slash - at);
    if (step == "..") refuse_member(name, "has '..' in its name");
    if (!step.empty() && step != ".") {
      if (!safe.empty()) safe += '/';
      safe += step;
    }
    at = slash + 1;
  }
  return safe;
}

bool TarReader::next(TarMember& member) {
  skip_member();
  Extension extension;
  while (read_header()) {
    const char type = header_[kType];
    const auto size = number(kSize, kSizeLength);
    if (type == 'x' || type == 'g') {
      const auto body = extension_body(size);
      if (type == 'x') read_pax(body, extension);
      continue;
    }
    if (type == 'L' || type == 'K') {
      auto body = extension_body(size);
      body.resize(strnlen(body.data(), body.size()));
      if (type == 'L') extension.path = std::move(body);
      continue;
    }
    auto name = extension.path;
    if (name.empty()) {
      name = text(kName, kNameLength);
      const bool ustar = text(kMagic, 5) == "ustar" && header_[kMagic + 5] == '\0';
      const auto prefix = ustar ? text(kPrefix, kPrefixLength) : std::string();
      if (!prefix.empty()) name = prefix + "/" + name;
    }
    check_type(type, name);
    member.name = safe_name(name);
    member.size = extension.size >= 0 ? extension.size : size;
    member.offset = position_;
    if (member.size > kMostSize) refuse("is damaged (a member's size is out of range)");
    left_ = member.size;
    padding_ = padding_of(member.size);
    // Before there was a type for folders, a slash at the end meant one.
    if (type != '5' && !name.ends_with('/') && !member.name.empty()) return true;
    skip_member();
    extension = {};
  }
  while (fill()) {  // to the very end, where checksums are compared
  }
  return false;
}

void TarReader::read(std::string& out) {
  // Grown as bytes come: the size is only what the header says.
  constexpr std::int64_t kStep = 1 << 20;
  out.clear();
  while (left_ > 0) {
    const auto part = std::min(left_, kStep);
    const auto size = out.size();
    out.resize(size + static_cast<std::size_t>(part));
    left_ -= part;
    take(out.data() + size, static_cast<std::size_t>(part));
  }
}

}  // namespace candor
