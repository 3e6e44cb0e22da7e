// SPDX-License-Identifier: Apache-2.0
#include "core/http/server.h"

namespace candor::http {

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    drop();
    exchange_ = std::move(other.exchange_);
    streaming_ = other.streaming_;
  }
  return *this;
}

Responder::~Responder() { drop(); }

void Responder::drop() noexcept {
  if (!exchange_) return;
  try {
    std::exchange(exchange_, nullptr)->abandon();
  } catch (...) {
    // Out of memory: the connection's timeouts close it.
  }
}

void Responder::send(Response response) {
  if (auto exchange = std::exchange(exchange_, nullptr)) exchange->send(std::move(response));
}

bool Responder::begin_stream(Response head) {
  if (!exchange_) return false;
  streaming_ = true;
  return exchange_->begin_stream(std::move(head));
}

bool Responder::write_chunk(std::string_view bytes) {
  return exchange_ && streaming_ && exchange_->write_chunk(bytes);
}

void Responder::end() {
  if (auto exchange = std::exchange(exchange_, nullptr)) exchange->end_stream();
}

}  // namespace candor::http
