#pragma once

#include <string_view>

#include "apps/sandbox/answer.hpp"
#include "apps/sandbox/exchange.hpp"

namespace dispatch::sandbox {

struct push_refusal {
  int status = 0;  // 0: nothing to refuse
  int number = 0;  // autopush's errno
  std::string_view reason;
};

// RFC 8030 section 5 and RFC 8291 section 4, what can be judged without keys: TTL, Urgency, Topic,
// Content-Encoding, size. Stricter than push services where that finds a client's mistake.
push_refusal judge_push_request(const request& asked);

// An error in the shape of Mozilla's autopush, {"code", "errno", "error", "message"}. Number 0: the status's
// usual.
void push_error(answer& out, int status, int number, std::string_view reason);

}  // namespace dispatch::sandbox
