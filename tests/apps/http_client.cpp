// SPDX-License-Identifier: Apache-2.0
#include "apps/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace candor::test {
namespace {

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{30, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
    return socket;
  close(socket);
  return -1;
}

std::string exchange(int socket, const std::string& request) {
  for (std::size_t sent = 0; sent < request.size();) {
    const auto count = send(socket, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) break;  // the server may answer and close before it has read everything
    sent += static_cast<std::size_t>(count);
  }
  std::string answer;
  char buffer[65536];
  for (ssize_t count; (count = recv(socket, buffer, sizeof(buffer), 0)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(count));
  }
  return answer;
}

std::string join_chunks(const std::string& body) {
  std::string joined;
  for (std::size_t at = 0; at < body.size();) {
    const auto line = body.find("\r\n", at);
    if (line == std::string::npos) break;
    const auto size = std::stoul(body.substr(at, line - at), nullptr, 16);
    if (size == 0) break;
    joined += body.substr(line + 2, size);
    at = line + 2 + size + 2;
  }
  return joined;
}

}  // namespace

HttpAnswer http(std::uint16_t port, const std::string& method, const std::string& target,
                const std::string& body, const std::string& more_headers) {
  HttpAnswer answer;
  const int socket = connect_to(port);
  if (socket < 0) return answer;
  const auto raw = exchange(
      socket, method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
                  "Content-Type: application/json\r\n" + more_headers +
                  "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  close(socket);
  const auto split = raw.find("\r\n\r\n");
  if (raw.size() < 12 || split == std::string::npos) return answer;
  answer.status = std::stoi(raw.substr(9, 3));
  answer.headers = raw.substr(0, split);
  std::transform(answer.headers.begin(), answer.headers.end(), answer.headers.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  answer.body = raw.substr(split + 4);
  if (answer.headers.find("transfer-encoding: chunked") != std::string::npos)
    answer.body = join_chunks(answer.body);
  return answer;
}

}  // namespace candor::test
