#pragma once

// A provider whose recipients live at many origins, as webhooks do, reduced to what the engine sees of one:
// the URL is the path, the dedupe key a header, overrides.webhook the body, 200 is delivered, 429 asks for
// quiet, 410 is a dead target, other 4xx are for good, the rest is tried again.

#include "transport/providers/adapter.hpp"
#include "transport/providers/answer/answer_table.hpp"
#include "transport/url.hpp"

namespace dispatch {

class origin_adapter final : public provider_adapter {
 public:
  provider kind() const noexcept override { return provider::webhook; }
  bool by_origin() const noexcept override { return true; }
  std::string origin_of(const recipient& who) const override {
    const auto url = parse_web_url(who.target);
    return url ? url->origin() : std::string();
  }
  std::unique_ptr<compiled_message> compile(const job&, platform) const override {
    return std::make_unique<compiled_message>();
  }
  render_status render(const compiled_message&, const job& source, const recipient& who,
                       const dedupe_key& key, provider_request& out, std::string&) const override {
    out.path = who.target;
    out.body = source.overrides.webhook;
    out.own = {{"webhook-id", std::string(key.text())}};
    return render_status::ok;
  }
  verdict classify(const provider_answer& answer, epoch_ms now) const override {
    if (answer.failure != send_failure::none) return unanswered(answer.failure);
    verdict said;
    if (answer.status == 200) return said;
    if (answer.status == 429) {
      said.what = verdict::kind::retry;
      said.counts = verdict::health::neutral;
      said.reason = "http_429";
      said.hold = verdict::scope_hold::scope;
      apply_retry_after(said, answer.retry_after, now);
      return said;
    }
    said.counts = answer.status < 500 ? verdict::health::neutral : verdict::health::failure;
    said.what = answer.status < 500 ? verdict::kind::final : verdict::kind::retry;
    said.result = answer.status == 410 ? outcome::invalid_token : outcome::failed;
    said.reason = answer.status == 410 ? "gone" : answer.status < 500 ? "http_4xx" : "http_5xx";
    return said;
  }
  std::string provider_id(const provider_answer&) const override { return {}; }
};

}  // namespace dispatch
