#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "apps/sandbox/answer.hpp"
#include "apps/sandbox/provider.hpp"

namespace dispatch::sandbox {

// The headers some provider looks at; all others are read and forgotten.
struct request {
  std::string method, path, authorization;
  std::string apns_topic, apns_push_type, apns_id, apns_priority, apns_expiration, apns_collapse_id;
  std::string apns_channel_id, apns_request_id;
  std::string authority, ttl, urgency, topic, content_encoding;
  std::string webhook_id, webhook_timestamp, webhook_signature;
  std::string body;
  std::size_t body_bytes = 0;  // also counts what was past the limit and thrown away

  void clear() {
    for (auto* text : {&method,
                       &path,
                       &authorization,
                       &apns_topic,
                       &apns_push_type,
                       &apns_id,
                       &apns_priority,
                       &apns_expiration,
                       &apns_collapse_id,
                       &apns_channel_id,
                       &apns_request_id,
                       &authority,
                       &ttl,
                       &urgency,
                       &topic,
                       &content_encoding,
                       &webhook_id,
                       &webhook_timestamp,
                       &webhook_signature,
                       &body}) {
      text->clear();
    }
    body_bytes = 0;
  }
};

// receiving -> waiting (a delay runs) -> answered, or receiving -> answered; `silent` when a fault wants no
// answer. Only receiving and waiting streams may still be refused by a GOAWAY without telling a lie.
enum class phase : std::uint8_t { receiving, waiting, answered, silent };

// One stream: the request as it came, what was made of it, and how far the answer is out.
struct exchange {
  std::int32_t stream_id = 0;
  phase at = phase::receiving;
  std::int64_t arrived_us = 0;
  std::size_t header_bytes = 0;
  request req;
  provider who = provider::other;
  std::string dedupe, target;
  std::string_view client_bundle;            // of the connection's client certificate, empty without one
  std::array<char, 8> authorization_hash{};  // of the header, else of that certificate, else zeroes
  answer ans;
  std::size_t body_sent = 0;
  std::size_t open_index = 0;  // its place in the session's list of open streams

  void clear() {
    stream_id = 0;
    at = phase::receiving;
    arrived_us = 0;
    header_bytes = 0;
    req.clear();
    who = provider::other;
    client_bundle = {};
    authorization_hash = {};
    dedupe.assign(1, '-');
    target.assign(1, '-');
    ans.clear();
    body_sent = 0;
  }
};

}  // namespace dispatch::sandbox
