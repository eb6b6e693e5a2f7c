#include "transport/providers/fcm_credential.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "core/job/text_template.hpp"
#include "core/policy/backoff.hpp"
#include "core/policy/retry_after.hpp"
#include "transport/providers/answer/answer_json.hpp"
#include "transport/providers/jwt.hpp"

namespace dispatch {
namespace {

using std::chrono::milliseconds;
using headers = std::shared_ptr<const header_list>;

constexpr std::string_view scope = "https://www.googleapis.com/auth/firebase.messaging";
constexpr std::string_view form_start =
    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
constexpr std::int64_t assertion_seconds = 3600;  // the longest Google takes
/// When the answer does not say how long the token lives: short enough to be safe.
constexpr std::int64_t unstated_life_seconds = 300;
constexpr std::int64_t max_life_seconds = 86'400;
/// A token refused younger than this was not refused for its age: asking at once for another would go round.
constexpr milliseconds young{60'000};

struct oauth_token {
  std::string text;
  milliseconds life{0};
};

std::string json_text(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  out += '"';
  return out;
}

std::string assertion_claims(const service_account& account, epoch_ms now) {
  const auto issued = std::chrono::floor<std::chrono::seconds>(now).count();
  return "{\"iss\":" + json_text(account.client_email) + ",\"scope\":" + json_text(scope) +
         ",\"aud\":" + json_text(account.token_uri) + ",\"iat\":" + std::to_string(issued) +
         ",\"exp\":" + std::to_string(issued + assertion_seconds) + "}";
}

/// It becomes a header: visible ASCII only.
bool is_bearer_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// RFC 6749's error codes; anything else an endpoint sends is kept out of the log.
std::string error_code(std::string_view code) {
  const bool plain = !code.empty() && code.size() <= 64 && std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
  });
  return plain ? " (" + std::string(code) + ")" : std::string();
}

/// The token, or nothing and why in `error`.
std::optional<oauth_token> read_token(const provider_answer& answer, std::string& error) {
  const answer_json body(answer.body);
  if (answer.status != 200) {
    error = "the token endpoint answered " + std::to_string(answer.status) +
            error_code(string_in(body.object(), "error"));
    return std::nullopt;
  }
  const auto text = string_in(body.object(), "access_token");
  if (!is_bearer_token(text)) {
    error = "the token endpoint's answer holds no access_token";
    return std::nullopt;
  }
  auto seconds = unstated_life_seconds;
  if (const auto* member = body.object()->if_contains("expires_in"); member && member->is_int64())
    seconds = std::clamp<std::int64_t>(member->get_int64(), 1, max_life_seconds);
  return oauth_token{std::string(text), std::chrono::seconds(seconds)};
}

/// Shared so that timers and answers can outlive the credential without touching it.
class renewal : public std::enable_shared_from_this<renewal> {
 public:
  renewal(fcm_credential_world world, service_account account, signing_key key,
          fcm_credential_options options)
      : world_(std::move(world)),
        account_(std::move(account)),
        key_(std::move(key)),
        options_(std::move(options)),
        random_(options_.seed ? options_.seed : std::random_device{}()) {}

  headers current() {
    const auto now = world_.now();
    if (headers_ && now >= until_) forget();
    if (!headers_ || now >= renew_at_) start_when_allowed();
    return headers_;
  }

  void await(credential::ready callback) {
    if (waiting_.size() >= options_.max_waiting) {
      world_.after(milliseconds{0},
                   [callback = std::move(callback)] { callback(nullptr, "too many wait for a token"); });
      return;
    }
    waiting_.push_back(std::move(callback));
    if (!current()) return;
    world_.after(milliseconds{0}, [weak = weak_from_this()] {
      if (const auto self = weak.lock(); self && self->headers_) self->deliver(self->headers_, {});
    });
  }

  bool refused(const headers& used) {
    if (!headers_ || used != headers_) {
      if (!headers_) start_when_allowed();
      return true;
    }
    const auto now = world_.now();
    const bool was_young = now < issued_at_ + young;
    forget();
    refusals_ = was_young ? refusals_ + 1 : 0;
    if (was_young) next_attempt_ = now + backoff();
    start_when_allowed();
    return true;
  }

  epoch_ms expires_at() const noexcept { return epoch_ms(expires_.load(std::memory_order_relaxed)); }

 private:
  void forget() {
    headers_.reset();
    expires_.store(0, std::memory_order_relaxed);
  }

  milliseconds backoff() {
    const backoff_policy policy{options_.backoff_base, options_.backoff_cap};
    return policy.delay(std::max(1u, failures_ + refusals_),
                        std::uniform_real_distribution<double>(0, 1)(random_));
  }

  void start_when_allowed() {
    if (fetching_ || armed_) return;
    const auto now = world_.now();
    // A clock set back must not turn a wait of seconds into one of hours.
    const auto wait = std::min(next_attempt_ - now, longest_wait());
    if (wait <= milliseconds::zero()) return fetch(now);
    armed_ = true;
    world_.after(wait, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->armed_ = false;
      if (!self->fetching_) self->fetch(self->world_.now());
    });
  }

  milliseconds longest_wait() const { return std::max(options_.backoff_cap, longest_retry_after); }

  void fetch(epoch_ms now) {
    fetching_ = true;
    const auto header =
        "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":" + json_text(account_.private_key_id) + "}";
    const auto assertion = key_.sign(header, assertion_claims(account_, now));
    if (!assertion) {
      world_.after(milliseconds{0}, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->failed("the assertion cannot be signed", milliseconds{0});
      });
      return;
    }
    world_.post(std::string(form_start) + *assertion,
                [weak = weak_from_this()](provider_answer&& answer, const std::string& note) {
                  if (const auto self = weak.lock()) self->answered(answer, note);
                });
  }

  void answered(const provider_answer& answer, const std::string& note) {
    if (answer.failure != send_failure::none)
      return failed("no answer from the token endpoint: " + note, milliseconds{0});
    std::string error;
    const auto token = read_token(answer, error);
    if (!token)
      return failed(
          error,
          parse_retry_after(answer.retry_after, world_.now(), longest_retry_after).value_or(milliseconds{0}));
    fetching_ = false;
    failures_ = 0;
    issued_at_ = world_.now();
    until_ = issued_at_ + token->life;
    renew_at_ = until_ - std::min(options_.renew_before, token->life / 10);
    headers_ = std::make_shared<const header_list>(
        header_list{{"authorization", "Bearer " + token->text}, {"content-type", "application/json"}});
    expires_.store(until_.count(), std::memory_order_relaxed);
    deliver(headers_, {});
  }

  void failed(const std::string& error, milliseconds asked) {
    fetching_ = false;
    ++failures_;
    next_attempt_ = world_.now() + std::max(backoff(), asked);
    deliver(nullptr, error);
  }

  void deliver(const headers& what, const std::string& error) {
    const auto keep = shared_from_this();  // a callback may destroy the credential
    const auto callbacks = std::exchange(waiting_, {});
    for (const auto& callback : callbacks) callback(what, error);
  }

  static constexpr milliseconds longest_retry_after{300'000};

  fcm_credential_world world_;
  service_account account_;
  signing_key key_;
  fcm_credential_options options_;
  std::mt19937_64 random_;

  headers headers_;
  epoch_ms issued_at_{0}, until_{0}, renew_at_{0}, next_attempt_{0};
  std::atomic<std::int64_t> expires_{0};
  std::uint32_t failures_ = 0;  ///< in a row
  std::uint32_t refusals_ = 0;  ///< of young tokens, in a row
  bool fetching_ = false;
  bool armed_ = false;  ///< a timer will fetch
  std::vector<credential::ready> waiting_;
};

class fcm_credential final : public credential {
 public:
  explicit fcm_credential(std::shared_ptr<renewal> state) : state_(std::move(state)) {}

  headers current() override { return state_->current(); }
  void await(ready callback) override { state_->await(std::move(callback)); }
  bool refused(const headers& used) override { return state_->refused(used); }
  epoch_ms expires_at() const override { return state_->expires_at(); }

 private:
  std::shared_ptr<renewal> state_;
};

}  // namespace

token_endpoint split_token_uri(const std::string& uri) {
  constexpr std::string_view scheme = "https://";
  const std::string_view text(uri);
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable || !text.starts_with(scheme)) return {};
  const auto slash = text.find_first_of("/?#", scheme.size());
  const auto authority = text.substr(scheme.size(), slash == text.npos ? text.npos : slash - scheme.size());
  if (authority.empty() || authority.find('@') != authority.npos) return {};
  auto path = slash == text.npos ? std::string_view("/") : text.substr(slash);
  path = path.substr(0, path.find('#'));
  std::string rooted(path.starts_with('/') ? "" : "/");
  return {std::string(scheme) + std::string(authority), rooted.append(path)};
}

fcm_credential_result make_fcm_credential(fcm_credential_world world, service_account account,
                                          fcm_credential_options options) {
  auto key = signing_key::from_pem(account.private_key, jws_algorithm::rs256);
  if (!key) return "service account: \"private_key\" is " + std::string(to_string(key.error()));
  if (split_token_uri(account.token_uri).endpoint.empty())
    return std::string("service account: \"token_uri\" is not an https address");
  account.private_key.clear();
  return std::make_unique<fcm_credential>(
      std::make_shared<renewal>(std::move(world), std::move(account), *key, std::move(options)));
}

}  // namespace dispatch
