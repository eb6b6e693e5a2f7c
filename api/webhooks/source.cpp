#include "api/webhooks/source.hpp"

#include <utility>

#include "api/json/strict_json.hpp"
#include "api/webhooks/header_name.hpp"
#include "api/webhooks/mapping_node.hpp"
#include "core/digest.hpp"
#include "core/job/characters.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_id_bytes = 128;
/// GitHub nests some payloads deeper than our own documents.
constexpr std::size_t max_payload_depth = 64;

bool is_timestamped(const webhook_verification& scheme) {
  const auto* hex = std::get_if<hex_hmac_scheme>(&scheme);
  return hex != nullptr && hex->timestamped;
}

}  // namespace

std::optional<delivery_id_rule> delivery_id_rule::parse(std::string_view text) {
  constexpr std::string_view header = "header:";
  if (text.empty()) return delivery_id_rule{};
  if (text == "body") return delivery_id_rule{kind::body, {}};
  if (text.starts_with(header) && text.size() > header.size())
    return delivery_id_rule{kind::header, header_name(text.substr(header.size()))};
  if (text.starts_with('/') && is_json_pointer(text))
    return delivery_id_rule{kind::pointer, std::string(text)};
  return std::nullopt;
}

webhook_source::webhook_source(std::string name, principal who, dispatch::lane lane,
                               webhook_verification verification, delivery_id_rule id,
                               webhook_mapping mapping)
    : name_(std::move(name)),
      who_(std::make_shared<const principal>(std::move(who))),
      lane_(lane),
      verification_(std::move(verification)),
      id_(std::move(id)),
      mapping_(std::move(mapping)) {}

std::string webhook_source::job_id(const http_request& request, simdjson::dom::element payload) const {
  std::string delivery;
  switch (id_.from) {
    case delivery_id_rule::kind::usual:
      // A signature over time and body says nothing of these headers: they could be changed to send it once
      // more.
      if (is_timestamped(verification_)) break;
      delivery = request.header("webhook-id");
      if (delivery.empty()) delivery = request.header("x-github-delivery");
      break;
    case delivery_id_rule::kind::header:
      delivery = request.header(id_.name);
      break;
    case delivery_id_rule::kind::pointer: {
      simdjson::dom::element value;
      std::string_view text;
      if (payload.at_pointer(id_.name).get(value) == simdjson::SUCCESS && !value.is_null())
        delivery =
            value.get_string().get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(value);
      break;
    }
    case delivery_id_rule::kind::body:
      break;
  }
  if (delivery.empty()) delivery = to_hex(sha256(request.body));
  // What a job's id cannot hold still has to name one job.
  if (!all_of(delivery, name_with_dot | colon) || name_.size() + 1 + delivery.size() > max_id_bytes)
    delivery = to_hex(sha256(delivery));
  return name_ + ':' + delivery;
}

webhook_conversion webhook_source::convert(const http_request& request,
                                           std::chrono::system_clock::time_point now) const {
  if (!is_authentic(verification_, request, now))
    return webhook_problem{401, "", "the webhook's signature is missing, wrong or too old"};
  const auto parsed = strict_json::parse(request.body, max_payload_depth);
  if (const auto* wrong = std::get_if<std::string>(&parsed))
    return webhook_problem{422, "", "the payload " + *wrong};
  const auto payload = std::get<strict_json>(parsed).root();
  if (!mapping_.wants(request, payload)) return webhook_filtered{};

  auto id = job_id(request, payload);
  auto document = mapping_.apply(payload, who_->tenant, id);
  if (auto* wrong = std::get_if<mapping_error>(&document))
    return webhook_problem{422, std::move(wrong->pointer), std::move(wrong->message)};
  return webhook_job{std::move(id), std::get<std::string>(std::move(document))};
}

}  // namespace dispatch
