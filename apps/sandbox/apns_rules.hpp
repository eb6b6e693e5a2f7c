#pragma once

#include <cstdint>
#include <string_view>

#include "apps/sandbox/answer.hpp"
#include "apps/sandbox/exchange.hpp"

namespace dispatch::sandbox {

struct apns_refusal {
  int status = 0;  // 0: nothing to refuse
  std::string_view reason;
};

// The checks of APNs on push type, topic, the other apns- headers and the payload (not on the provider
// token). Stricter than Apple where that finds a client's mistake: apns-push-type must be there and known,
// the topic must have its suffix (BadTopic), the payload must be a JSON object (PayloadEmpty otherwise).
apns_refusal judge_apns_request(const request& asked);
// The same of a broadcast to a channel.
apns_refusal judge_apns_broadcast(const request& asked);

// Whether a client certificate of this bundle id may send to the topic: the bundle's own or one below it.
bool certificate_covers(std::string_view bundle, std::string_view topic);

// [0-9A-Za-z_-]{1,512}, as fault prefixes are part of the token.
bool is_apns_token(std::string_view token);

// {"reason": ...}; 410 carries a timestamp. An empty reason is the status's usual.
void apns_error(answer& out, int status, std::string_view reason, std::int64_t now_ms);

// What APNs calls an FCM errorCode, for faults ordered for all providers at once.
std::string_view apns_name_of_fcm_reason(std::string_view reason);

}  // namespace dispatch::sandbox
