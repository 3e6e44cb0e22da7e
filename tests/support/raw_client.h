// SPDX-License-Identifier: Apache-2.0
// A blocking client on a raw socket of 127.0.0.1, so that a test can send what no library would.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace candor::test {

struct RawAnswer {
  int status = 0;  // 0: none came
  std::string head;
  std::string body;

  std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const auto start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

  RawClient& send(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;  // the server may have refused and closed
      sent += static_cast<std::size_t>(count);
    }
    return *this;
  }

  // The next answer, by Content-Length or chunks; a stream's body is what has come when it ends.
  RawAnswer receive() {
    RawAnswer answer;
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!more()) return answer;
    }
    const auto split = buffer_.find("\r\n\r\n");
    answer.head = buffer_.substr(0, split + 2);
    buffer_.erase(0, split + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    if (answer.header("Transfer-Encoding") == "chunked") {
      answer.body = chunks();
    } else {
      const auto length = answer.header("Content-Length");
      answer.body = take(length.empty() ? 0 : std::stoul(length));
    }
    return answer;
  }

  // Waits until `text` has come. False when the connection ended first.
  bool wait_for(const std::string& text) {
    while (buffer_.find(text) == std::string::npos) {
      if (!more()) return false;
    }
    return true;
  }

  // True when the server closes the connection without another byte.
  bool closed() { return buffer_.empty() && !more(); }

  RawAnswer request(const std::string& method, const std::string& target,
                    const std::string& body = "", const std::string& headers = "") {
    send(method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers +
         (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
         body);
    return receive();
  }

 private:
  bool more() {
    char bytes[65536];
    const auto count = recv(socket_, bytes, sizeof(bytes), 0);
    if (count <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  std::string take(std::size_t count) {
    while (buffer_.size() < count && more()) {
    }
    auto part = buffer_.substr(0, count);
    buffer_.erase(0, part.size());
    return part;
  }

  std::string chunks() {
    std::string all;
    for (;;) {
      if (!wait_for("\r\n")) return all;
      const auto end = buffer_.find("\r\n");
      const auto size = std::stoul(buffer_.substr(0, end), nullptr, 16);
      buffer_.erase(0, end + 2);
      all += take(size);
      take(2);
      if (size == 0) return all;
    }
  }

  int socket_;
  bool connected_ = false;
  std::string buffer_;
};

inline RawAnswer request(std::uint16_t port, const std::string& method, const std::string& target,
                         const std::string& body = "", const std::string& headers = "") {
  return RawClient(port).request(method, target, body, headers);
}

}  // namespace candor::test
