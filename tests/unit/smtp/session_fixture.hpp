#pragma once

// A session and the server's lines to it, without a network.

#include <gtest/gtest.h>

#include <string>

#include "transport/smtp/client_session.hpp"

namespace dispatch::smtp {

inline constexpr std::string_view small_message = "Subject: a\r\n\r\n.text\r\n";

struct session_fixture : ::testing::Test {
  using phase = client_session::phase;
  using fault = client_session::fault;

  static session_options usual() {
    session_options options;
    options.helo_name = "dispatch.example.com";
    options.sender = "from@example.com";
    options.username = "user";
    options.password = "secret";
    return options;
  }

  /// Says the server's bytes; answers what the client says then.
  std::string say(std::string_view bytes) {
    session.receive(bytes);
    return said();
  }
  std::string said() {
    std::string out;
    session.collect(out);
    return out;
  }

  /// Until idle, over STARTTLS and AUTH PLAIN; `more` are further EHLO lines ("250-PIPELINING\r\n").
  void log_in(const std::string& more = "250-PIPELINING\r\n") {
    say("220 hi\r\n");
    say("250-mail\r\n250 STARTTLS\r\n");
    say("220 go\r\n");
    session.secured();
    EXPECT_EQ(said(), "EHLO dispatch.example.com\r\n");
    say("250-mail\r\n" + more + "250 AUTH PLAIN LOGIN\r\n");
    say("235 welcome\r\n");
    ASSERT_EQ(session.state(), phase::idle) << session.error();
  }

  std::string start(std::string_view recipient = "ada@example.com",
                    std::string_view message = small_message) {
    session.start(recipient, message);
    return said();
  }

  void expect_over(fault why, const std::string& text) {
    EXPECT_EQ(session.state(), phase::over);
    EXPECT_EQ(session.why(), why);
    EXPECT_NE(session.error().find(text), std::string::npos) << session.error();
    EXPECT_EQ(said(), "");
  }

  client_session session{usual()};
};

}  // namespace dispatch::smtp
