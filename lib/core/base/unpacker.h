// SPDX-License-Identifier: Apache-2.0
// gzip (zlib) and xz (liblzma), part by part. Private to byte_source.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace candor {

class Unpacker {
 public:
  virtual ~Unpacker() = default;

  // "gzip" or "xz".
  virtual const char* name() const = 0;
  // Takes bytes from the front of `input` and writes at most `room` bytes; returns how many. Both 0
  // means that more input is needed. `last`: nothing comes behind `input`.
  virtual std::size_t unpack(std::string_view& input, char* out, std::size_t room, bool last) = 0;
  // The data may end here: every checksum up to here was right.
  virtual bool complete() const = 0;

  // Why the data cannot be unpacked, and what to do, as "is damaged (...); get the file anew";
  // empty: nothing is wrong so far.
  const std::string& fault() const { return fault_; }

 protected:
  void set_damage(const char* what) {
    fault_ = std::string("is damaged (") + what + "); get the file anew";
  }

  std::string fault_;
};

// By the first bytes of a file, 6 at least, if it has them; null: neither gzip (RFC 1952) nor xz.
std::unique_ptr<Unpacker> make_unpacker(std::string_view first_bytes);

}  // namespace candor
