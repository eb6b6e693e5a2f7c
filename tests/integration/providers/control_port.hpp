#pragma once

// Commands to a sandbox, and its answers.

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string>

#include "tests/integration/http/raw_client.hpp"

namespace dispatch::testing {

/// `control` is http://127.0.0.1:PORT.
inline boost::json::object control(const std::string& address, const std::string& method,
                                   const std::string& path, const std::string& body = {}) {
  raw_client client(static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1))));
  client.send(method + " " + path + " HTTP/1.1\r\nHost: sandbox\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
  const auto answer = client.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? boost::json::object()
                                  : boost::json::parse(answer.substr(end + 4)).as_object();
}

}  // namespace dispatch::testing
