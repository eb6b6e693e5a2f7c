#include "transport/providers/render/live_activity.hpp"

#include <boost/json/object.hpp>
#include <string_view>

namespace json = boost::json;

namespace dispatch {
namespace {

enum class kind : std::uint8_t { text, object, time };

const json::object* aps_of(const json::value& payload) noexcept {
  const auto* root = payload.if_object();
  const auto* aps = root ? root->if_contains("aps") : nullptr;
  return aps ? aps->if_object() : nullptr;
}

std::string_view event_of(const json::object& aps) noexcept {
  const auto* event = aps.if_contains("event");
  const auto* text = event ? event->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

bool has_kind(const json::value& value, kind wanted) noexcept {
  switch (wanted) {
    case kind::text:
      return value.is_string() && !value.get_string().empty();
    case kind::object:
      return value.is_object();
    case kind::time:
      return value.is_int64() && value.get_int64() >= 0;
  }
  return false;
}

/// One member of aps at a time; the first that is wrong is told.
class member_check {
 public:
  explicit member_check(const json::object& aps) : aps_(aps) {}

  member_check& required(std::string_view name, kind wanted) { return look(name, wanted, true); }
  member_check& optional(std::string_view name, kind wanted) { return look(name, wanted, false); }
  member_check& fails_if(bool wrong, std::string_view why) {
    if (problem_.empty() && wrong) problem_ = "liveactivity: aps." + std::string(why);
    return *this;
  }
  std::string problem() const { return problem_; }

 private:
  member_check& look(std::string_view name, kind wanted, bool must) {
    constexpr std::string_view words[] = {"a text", "an object", "a whole number of seconds since the epoch"};
    const auto* value = aps_.if_contains(name);
    const auto said = std::string(name);
    fails_if(must && !value, said + " is required");
    return fails_if(value && !has_kind(*value, wanted),
                    said + " must be " + std::string(words[static_cast<std::size_t>(wanted)]));
  }

  const json::object& aps_;
  std::string problem_;
};

}  // namespace

std::string live_activity_problem(const json::value& payload) {
  static const json::object nothing;
  const auto* found = aps_of(payload);
  const auto& aps = found ? *found : nothing;
  const auto event = event_of(aps);
  const bool starts = event == "start", ends = event == "end";
  member_check check(aps);
  // Not filled in by the engine: the newest timestamp wins on the device, so a retry must not have a newer
  // one than an update that came after it.
  check.required("timestamp", kind::time)
      .fails_if(!starts && !ends && event != "update", "event must be start, update or end")
      .optional("content-state", kind::object)
      .fails_if(!ends && !aps.contains("content-state"), "content-state is required")
      .optional("stale-date", kind::time)
      .optional("dismissal-date", kind::time)
      .fails_if(!ends && aps.contains("dismissal-date"), "dismissal-date goes with event end only");
  if (starts)
    check.required("attributes-type", kind::text)
        .required("attributes", kind::object)
        .fails_if(!aps.contains("alert"), "alert is required with event start (title and body)");
  return check.problem();
}

bool starts_activity(const json::value& payload) noexcept {
  const auto* aps = aps_of(payload);
  return aps && event_of(*aps) == "start";
}

}  // namespace dispatch
