#include "apps/sandbox/fcm_message.hpp"

#include <algorithm>

namespace dispatch::sandbox {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

bool is_reserved(std::string_view key) {
  return key == "from" || key == "message_type" || key.starts_with("google") || key.starts_with("gcm");
}

bool is_message_field(std::string_view key) {
  return key == "name" || key == "fcm_options" || key == "fcmOptions";
}

bool is_block(std::string_view key) {
  return key == "android" || key == "apns" || key == "webpush";
}

bool is_target(std::string_view key) {
  return key == "token" || key == "fid" || key == "topic" || key == "condition";
}

// [a-zA-Z0-9-_.~%]{1,50}, says FcmOptions.
bool is_analytics_label(std::string_view text) {
  return !text.empty() && text.size() <= 50 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~' || c == '%';
  });
}

void complain(fcm_message& out, std::string_view problem, std::string_view field) {
  if (!out.problem.empty()) return;
  out.problem = problem;
  out.field = field;
}

std::size_t read_data(element value, fcm_message& out) {
  object data;
  if (value.get(data) != simdjson::SUCCESS) {
    complain(out, "Invalid value at 'message.data' (Map<string, string>)", "message.data");
    return 0;
  }
  std::size_t bytes = 0;
  for (auto [key, item] : data) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) {
      complain(out, "Invalid value at 'message.data[0].value' (TYPE_STRING)", "message.data[0].value");
      continue;
    }
    if (is_reserved(key)) complain(out, "Invalid data payload key", "message.data");
    if (key == "dispatch_id") out.dispatch_id.assign(text);
    bytes += key.size() + text.size();
  }
  return bytes;
}

void read_options(element value, fcm_message& out) {
  object options;
  if (value.get(options) != simdjson::SUCCESS) {
    return complain(out, "Invalid value at 'fcm_options'", "message.fcm_options");
  }
  element label;
  if (options["analytics_label"].get(label) != simdjson::SUCCESS) return;
  std::string_view text;
  if (label.get(text) != simdjson::SUCCESS || !is_analytics_label(text)) {
    complain(out, "Invalid analytics label", "message.fcm_options.analytics_label");
  }
}

std::size_t read_notification(element value, fcm_message& out) {
  object notification;
  if (value.get(notification) != simdjson::SUCCESS) {
    complain(out, "Invalid value at 'message.notification'", "message.notification");
    return 0;
  }
  std::size_t bytes = 0;
  for (auto [key, item] : notification) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) {
      complain(out, "Invalid value at 'message.notification' (TYPE_STRING)", "message.notification");
      continue;
    }
    bytes += key.size() + text.size();
  }
  return bytes;
}

}  // namespace

void fcm_reader::read(std::string& body, fcm_message& out) {
  out.target.assign(1, '-');
  out.dispatch_id.clear();
  out.problem = out.field = {};
  out.device_field = {};
  out.names_device = out.validate_only = false;

  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  object root;
  if (parser_.parse(body.data(), body.size(), false).get(root) != simdjson::SUCCESS) {
    return complain(out, "Invalid JSON payload received.", {});
  }
  bool has_message = false;
  for (auto [key, value] : root) {
    object message;
    if (key == "message") {
      has_message = value.get(message) == simdjson::SUCCESS;
      if (has_message) read_message(message, out);
    } else if (key == "validate_only" || key == "validateOnly") {
      if (value.get(out.validate_only) != simdjson::SUCCESS) {
        complain(out, "Invalid value at 'validate_only' (TYPE_BOOL)", "validate_only");
      }
    } else {
      complain(out, "Invalid JSON payload received. Unknown name: Cannot find field.", {});
    }
  }
  if (!has_message) complain(out, "The message is not set.", "message");
}

std::size_t fcm_reader::read_block(std::string_view platform, element value, fcm_message& out) {
  object block;
  if (value.get(block) != simdjson::SUCCESS) {
    complain(out, "Invalid value at a platform's block", "message");
    return 0;
  }
  std::size_t bytes = 0;
  for (auto [key, item] : block) {
    if (key == "fcm_options") {
      read_options(item, out);
    } else if (key == "data" && platform != "apns") {
      bytes += read_data(item, out);
    } else if (key == "direct_boot_ok" && !item.is_bool()) {
      complain(out, "Invalid value at 'message.android.direct_boot_ok' (TYPE_BOOL)",
               "message.android.direct_boot_ok");
    }
  }
  return bytes;
}

void fcm_reader::read_message(object message, fcm_message& out) {
  int targets = 0;
  std::size_t payload = 0;
  for (auto [key, value] : message) {
    if (is_target(key)) {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS) {
        complain(out, "Invalid value at the message's target (TYPE_STRING)", "message.token");
        continue;
      }
      ++targets;
      out.names_device = key == "token" || key == "fid";
      if (out.names_device) out.device_field = key == "fid" ? "message.fid" : "message.token";
      if (text.empty())
        complain(out, "The registration token is not a valid FCM registration token",
                 out.names_device ? out.device_field : "message.topic");
      if (out.names_device) {
        out.target.assign(text);
      } else if (key == "topic") {
        out.target.assign("topic:").append(text);
      } else {
        out.target.assign("condition");
      }
    } else if (key == "data") {
      payload += read_data(value, out);
    } else if (key == "notification") {
      payload += read_notification(value, out);
    } else if (is_block(key)) {
      payload += read_block(key, value, out);
    } else if (key == "fcm_options") {
      read_options(value, out);
    } else if (!is_message_field(key)) {
      complain(out, "Invalid JSON payload received. Unknown name at 'message': Cannot find field.",
               "message");
    }
  }
  if (targets != 1) {
    complain(out,
             targets == 0 ? "Recipient of the message is not set." : "Invalid value at 'message' (oneof)",
             "message");
  }
  if (payload > max_payload) complain(out, "Message is too big. The limit is 4096 bytes.", "message");
}

}  // namespace dispatch::sandbox
