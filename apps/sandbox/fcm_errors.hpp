#pragma once

#include <string_view>

#include "apps/sandbox/answer.hpp"

namespace dispatch::sandbox {

// Answers in the shape of google.rpc.Status with FCM's details (providers.md section 1).

// A bad request; `field` goes into BadRequest.fieldViolations when not empty.
void fcm_invalid_argument(answer& out, std::string_view message, std::string_view field);
void fcm_unauthenticated(answer& out);
void fcm_unregistered(answer& out);
// `subject` tells whose quota: "device:TOKEN", "topic:NAME" or "project:NAME".
void fcm_quota_exceeded(answer& out, std::string_view subject);

// Any status with any FCM errorCode or google.rpc code as the reason; an empty one is the status's usual.
// 429 names the project, SENDER_ID_MISMATCH and the like come as an FcmError, PERMISSION_DENIED without.
void fcm_error(answer& out, int status, std::string_view reason);

}  // namespace dispatch::sandbox
