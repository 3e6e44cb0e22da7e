// SPDX-License-Identifier: Apache-2.0
// A client that sends, says that it has nothing more to send, and reads: what `nc -N` does.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace candor::test {

// All that the server sends until it closes the connection.
inline std::string ask_half_closed(std::uint16_t port, const std::string& request) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{20, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    if (send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0) shutdown(socket, SHUT_WR);
    char bytes[65536];
    for (ssize_t count; (count = recv(socket, bytes, sizeof(bytes), 0)) > 0;) {
      answer.append(bytes, static_cast<std::size_t>(count));
    }
  }
  close(socket);
  return answer;
}

}  // namespace candor::test
