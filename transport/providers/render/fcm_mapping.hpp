#pragma once

// A job's message in FCM's words: what every platform shares, and the block of one platform. Written over a
// sink (json_sink.hpp). The reasons for each field's place are in docs/providers.md.

#include <string>

#include "core/job/job.hpp"
#include "transport/providers/render/apns_push_type.hpp"
#include "transport/providers/render/json_sink.hpp"
#include "transport/providers/render/message_fields.hpp"

namespace dispatch {

/// `notification` and `data`.
template <class Sink>
void write_fcm_common(Sink& out, const job& source, platform target) {
  const auto& what = source.message;
  const bool visible = is_visible(what);
  if (visible) {
    out.open("notification");
    if (!what.title.empty()) out.text("title", what.title);
    if (!what.body.empty()) out.text("body", what.body);
    if (!what.image.empty() && target != platform::ios) out.text("image", what.image);
    out.close();
  }
  out.open("data");
  for (const auto& [key, value] : what.data) out.pair(key, value);
  // The web has a field of its own for the link of a visible message; elsewhere the app follows it.
  const bool link_is_data = target != platform::web || !visible;
  if (link_is_data && !what.link.empty() && !has_data(what, "link")) out.text("link", what.link);
  if (!visible && !what.image.empty() && !has_data(what, "image")) out.text("image", what.image);
  if (!has_data(what, dispatch_id_name)) out.hole(dispatch_id_name, mark::dedupe_key);
  out.close();
}

template <class Sink>
void write_fcm_android(Sink& out, const job& source) {
  const auto& what = source.message;
  if (source.priority != device_priority::unset)
    out.text("priority", source.priority == device_priority::high ? "high" : "normal");
  if (source.expires_at) out.hole("ttl", mark::ttl_duration);
  if (!source.collapse_key.empty()) out.text("collapse_key", source.collapse_key);
  // A notification object, even an empty one, would make a data message visible.
  if (!is_visible(what)) return;
  out.open("notification");
  out.hole("tag", mark::dedupe_key);
  if (!what.sound.empty()) out.text("sound", what.sound);
  if (what.badge) out.number("notification_count", *what.badge);
  out.close();
}

/// FCM knows topic and type of an ordinary alert by itself.
template <class Sink>
void write_fcm_apns(Sink& out, const job& source, const apns_push_type& type) {
  const auto& what = source.message;
  const bool has_image = is_visible(what) && !what.image.empty();
  out.open("headers");
  if (type.name != "alert") out.text("apns-push-type", type.name);
  if (!type.priority.empty())
    out.text("apns-priority", type.priority);
  else if (source.priority != device_priority::unset)
    out.text("apns-priority", source.priority == device_priority::high ? "10" : "5");
  if (source.expires_at)
    out.text("apns-expiration", std::to_string(epoch_seconds(*source.expires_at)));
  else if (!type.expiration.empty())
    out.text("apns-expiration", type.expiration);
  if (!source.collapse_key.empty()) out.hole("apns-collapse-id", mark::collapse_id);
  out.close();
  out.open("payload");
  out.open("aps");
  if (what.badge) out.number("badge", *what.badge);
  if (!what.sound.empty()) out.text("sound", what.sound);
  if (has_image) out.number("mutable-content", 1);
  if (type.name == "background") out.number("content-available", 1);
  out.close();
  out.close();
  if (has_image) {
    out.open("fcm_options");
    out.text("image", what.image);
    out.close();
  }
}

template <class Sink>
void write_fcm_webpush(Sink& out, const job& source) {
  const auto& what = source.message;
  out.open("headers");
  if (source.expires_at) out.hole("TTL", mark::ttl_seconds);
  if (source.priority != device_priority::unset)
    out.text("Urgency", source.priority == device_priority::high ? "high" : "normal");
  out.hole("Topic", mark::topic);
  out.close();
  if (!is_visible(what)) return;
  out.open("notification");
  out.hole("tag", mark::dedupe_key);
  out.close();
  if (!what.link.empty()) {
    out.open("fcm_options");
    out.text("link", what.link);
    out.close();
  }
}

}  // namespace dispatch
