#include "apps/sandbox/fcm_errors.hpp"

#include <boost/json.hpp>
#include <string>

#include "apps/sandbox/credentials.hpp"

namespace dispatch::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view fcm_error_type = "type.googleapis.com/google.firebase.fcm.v1.FcmError";

struct known_reason {
  std::string_view reason;
  std::string_view status;  // google.rpc.Code
  bool is_fcm_error;        // has an FcmError among the details
  std::string_view message;
};

constexpr known_reason reasons[] = {
    {"INVALID_ARGUMENT", "INVALID_ARGUMENT", true, "Request contains an invalid argument."},
    {"UNREGISTERED", "NOT_FOUND", true, "Requested entity was not found."},
    {"NOT_FOUND", "NOT_FOUND", false, "Requested entity was not found."},
    {"SENDER_ID_MISMATCH", "PERMISSION_DENIED", true, "SenderId mismatch"},
    {"PERMISSION_DENIED", "PERMISSION_DENIED", false,
     "Permission 'cloudmessaging.messages.create' denied on resource."},
    {"UNAUTHENTICATED", "UNAUTHENTICATED", false,
     "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
     "valid "
     "authentication credential."},
    {"THIRD_PARTY_AUTH_ERROR", "UNAUTHENTICATED", true, "Auth error from APNS or Web Push Service"},
    {"QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED", true, "Quota exceeded."},
    {"RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", false, "Quota exceeded."},
    {"INTERNAL", "INTERNAL", true, "Internal error encountered."},
    {"UNAVAILABLE", "UNAVAILABLE", true, "The service is currently unavailable."},
};

std::string_view usual_reason(int status) {
  switch (status) {
    case 400:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 429:
      return "QUOTA_EXCEEDED";
    case 503:
      return "UNAVAILABLE";
    default:
      return "INTERNAL";
  }
}

known_reason look_up(std::string_view reason) {
  for (const auto& known : reasons) {
    if (known.reason == reason) return known;
  }
  // A code FCM may invent tomorrow: what a client makes of it is worth a test.
  return {reason, "UNKNOWN", true, "Unknown error."};
}

void write(answer& out, int status, const known_reason& about, std::string_view message,
           json::array details) {
  json::object error{{"code", status}, {"message", message}, {"status", about.status}};
  if (about.is_fcm_error) {
    details.insert(details.begin(), json::object{{"@type", fcm_error_type}, {"errorCode", about.reason}});
  }
  if (!details.empty()) error["details"] = std::move(details);
  out.status = status;
  out.reason = about.reason;
  out.content_type = "application/json; charset=UTF-8";
  out.body = json::serialize(json::object{{"error", std::move(error)}});
}

}  // namespace

void fcm_invalid_argument(answer& out, std::string_view message, std::string_view field) {
  json::array details;
  if (!field.empty()) {
    details.push_back(json::object{
        {"@type", "type.googleapis.com/google.rpc.BadRequest"},
        {"fieldViolations", json::array{json::object{{"field", field}, {"description", message}}}}});
  }
  write(out, 400, look_up("INVALID_ARGUMENT"), message, std::move(details));
}

void fcm_unauthenticated(answer& out) {
  const auto about = look_up("UNAUTHENTICATED");
  json::array details{json::object{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                                   {"reason", "ACCESS_TOKEN_EXPIRED"},
                                   {"domain", "googleapis.com"},
                                   {"metadata", json::object{{"service", "fcm.googleapis.com"}}}}};
  write(out, 401, about, about.message, std::move(details));
}

void fcm_unregistered(answer& out) {
  const auto about = look_up("UNREGISTERED");
  write(out, 404, about, about.message, {});
}

void fcm_quota_exceeded(answer& out, std::string_view subject) {
  const auto about = look_up("QUOTA_EXCEEDED");
  const auto whose = subject.substr(0, subject.find(':'));
  json::array details{json::object{
      {"@type", "type.googleapis.com/google.rpc.QuotaFailure"},
      {"violations",
       json::array{json::object{{"subject", subject},
                                {"description", std::string(whose) + " message rate exceeded"}}}}}};
  write(out, 429, about, about.message, std::move(details));
}

void fcm_error(answer& out, int status, std::string_view reason) {
  if (reason.empty()) reason = usual_reason(status);
  const auto about = look_up(reason);
  if (status == 429 && reason == "QUOTA_EXCEEDED") {
    return fcm_quota_exceeded(out, std::string("project:").append(credentials::project_id));
  }
  if (status == 401 && reason == "UNAUTHENTICATED") return fcm_unauthenticated(out);
  write(out, status, about, about.message, {});
}

}  // namespace dispatch::sandbox
