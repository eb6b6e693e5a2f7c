#include "apps/sandbox/fault_order_json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace dispatch::sandbox {
namespace {

namespace json = boost::json;

constexpr std::int64_t hour_ms = 3'600'000;

bool read_whole(const json::value& value, std::int64_t low, std::int64_t high, std::int64_t& out) {
  json::error_code error;
  out = value.to_number<std::int64_t>(error);
  return !error && out >= low && out <= high;
}

bool read_real(const json::value& value, double low, double high, double& out) {
  json::error_code error;
  out = value.to_number<double>(error);
  return !error && out >= low && out <= high;
}

bool read_fate(const json::value& value, fate how, fault_order& order) {
  if (!value.is_bool()) return false;
  if (value.get_bool()) order.how = how;
  return true;
}

bool read_reason(const json::value& value, std::string& out) {
  if (!value.is_string() || value.get_string().size() > 64) return false;
  out = value.get_string();
  return std::all_of(out.begin(), out.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool read_provider(const json::value& value, fault_order& order) {
  if (!value.is_string()) return false;
  const std::string_view name = value.get_string();
  order.who = provider_named(name);
  return order.who || name == "all";
}

// False when the value is not what the member wants.
bool read_member(std::string_view name, const json::value& value, steady_time now, fault_order& order,
                 bool& known) {
  std::int64_t whole = 0;
  if (name == "provider") return read_provider(value, order);
  if (name == "reason") return read_reason(value, order.reason);
  if (name == "share") return read_real(value, 0, 1, order.share);
  if (name == "hang") return read_fate(value, fate::hang, order);
  if (name == "reset") return read_fate(value, fate::reset, order);
  if (name == "refuse") return read_fate(value, fate::refuse, order);
  if (name == "html") {
    order.html = value.is_bool() && value.get_bool();
    return value.is_bool();
  }
  if (name == "status") {
    if (!read_whole(value, 300, 599, whole)) return false;
    order.status = static_cast<int>(whole);
    return true;
  }
  if (name == "retry_after") {
    if (!read_whole(value, 0, 86'400, whole)) return false;
    order.retry_after_s = static_cast<int>(whole);
    return true;
  }
  if (name == "count") {
    if (!read_whole(value, 1, INT64_MAX, whole)) return false;
    order.left = static_cast<std::uint64_t>(whole);
    return true;
  }
  if (name == "delay_ms") {
    if (!read_whole(value, 0, hour_ms, whole)) return false;
    order.delay = std::chrono::milliseconds(whole);
    return true;
  }
  if (name == "seconds") {
    double seconds = 0;
    if (!read_real(value, 0, 86'400, seconds)) return false;
    order.until =
        now + std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
    return true;
  }
  known = false;
  return false;
}

}  // namespace

parsed_order parse_fault_order(const json::object& from, steady_time now) {
  parsed_order result;
  for (const auto& [key, value] : from) {
    bool known = true;
    // null means "not given", as clients that dump a struct write it.
    if (value.is_null() || read_member(key, value, now, result.order, known)) continue;
    result.problem = (known ? "bad value of " : "unknown member ") + std::string(key);
    return result;
  }
  if (!from.contains("provider")) result.problem = "provider is missing";
  if (result.order.html && result.order.status == 0) result.order.status = 500;
  if (result.order.only_delays() && result.order.delay.count() == 0) {
    result.problem = "one of status, hang, reset, refuse, html, delay_ms is needed";
  }
  return result;
}

json::object to_json(const fault_order& order) {
  json::object out{{"provider", order.who ? name_of(*order.who) : "all"}, {"share", order.share}};
  if (order.status != 0) out["status"] = order.status;
  if (!order.reason.empty()) out["reason"] = order.reason;
  if (order.html) out["html"] = true;
  if (order.how == fate::hang) out["hang"] = true;
  if (order.how == fate::reset) out["reset"] = true;
  if (order.how == fate::refuse) out["refuse"] = true;
  if (order.retry_after_s) out["retry_after"] = *order.retry_after_s;
  if (order.left) out["count"] = *order.left;
  if (order.delay.count() > 0) out["delay_ms"] = order.delay.count();
  return out;
}

}  // namespace dispatch::sandbox
