#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::sandbox {

// What becomes of a request's stream. Only `reply` carries a status; the others are 0 in the ledger.
enum class fate : std::uint8_t { reply, hang, reset, refuse };

struct answer {
  fate how = fate::reply;
  int status = 200;
  std::string reason = "-";
  std::string body;
  std::string_view content_type;  // a literal
  std::optional<int> retry_after_s;
  std::chrono::milliseconds delay{0};
  std::string apns_id, location;

  // Keeps the strings' capacity: answers live in pooled exchanges.
  void clear() {
    how = fate::reply;
    status = 200;
    reason.assign(1, '-');
    body.clear();
    content_type = {};
    retry_after_s.reset();
    delay = {};
    apns_id.clear();
    location.clear();
  }
};

}  // namespace dispatch::sandbox
