#pragma once

#include <cstdint>
#include <string_view>

#include "apps/sandbox/exchange.hpp"
#include "apps/sandbox/fault_orders.hpp"
#include "apps/sandbox/fault_token.hpp"
#include "apps/sandbox/fcm_message.hpp"
#include "apps/sandbox/shared_state.hpp"

namespace dispatch::sandbox {

struct moment {
  std::int64_t unix_us;
  steady_time steady;

  std::int64_t unix_s() const { return unix_us / 1'000'000; }
  std::int64_t unix_ms() const { return unix_us / 1000; }
};

// Decides what a request gets: fills `who`, `dedupe`, `target` and `ans` of the exchange. Order: ordered
// faults, then what the provider checks (credential, form), then the fault in the token. One per io thread.
class responder {
 public:
  explicit responder(shared_state& shared) : shared_(shared) {}

  void decide(exchange& with, moment now);

 private:
  void decide_fcm(exchange& with, moment now, std::string_view project);
  void decide_apns(exchange& with, moment now, std::string_view token);
  void decide_broadcast(exchange& with, moment now, std::string_view bundle);
  void decide_token(exchange& with, moment now);
  void decide_webpush(exchange& with, moment now, std::string_view token);
  void decide_webhook(exchange& with, moment now, std::string_view name);

  // True when an ordered fault settles the exchange; its delay counts in any case.
  bool take_order(exchange& with, moment now);
  // True when the device token carries a fault that settles it.
  bool take_token_fault(exchange& with, moment now, std::string_view token);

  // Who is asking: a provider token, or a certificate that covers the topic. True when it is refused.
  bool refuse_apns_caller(exchange& with, moment now, std::string_view topic);
  void echo_apns_id(exchange& with, moment now, std::string_view asked);
  void fcm_accepted(answer& out, moment now);
  void error_as_provider(exchange& with, int status, std::string_view reason, moment now);

  shared_state& shared_;
  fcm_reader reader_;
  fcm_message message_;
};

}  // namespace dispatch::sandbox
