#include "transport/providers/apns_credential.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "transport/providers/jwt.hpp"

namespace dispatch {
namespace {

using token = apns_token_source::token;
using headers = std::shared_ptr<const header_list>;

constexpr std::chrono::minutes apple_min_age{20};
constexpr std::chrono::minutes apple_max_age{60};
constexpr std::chrono::minutes earliest_renewal{40};
constexpr std::chrono::minutes latest_renewal{50};
/// How far the clock may be behind a token's signing before it counts as set back.
constexpr std::chrono::minutes clock_slack{1};

/// Apple's key and team ids; they stand in JSON as they are.
bool is_apple_id(std::string_view text) noexcept {
  return text.size() == 10 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

class token_source final : public apns_token_source {
 public:
  token_source(signing_key key, std::string key_id, std::string team_id, std::function<epoch_ms()> now,
               apns_credential_options options)
      : key_(std::move(key)),
        key_id_(std::move(key_id)),
        team_id_(std::move(team_id)),
        now_(std::move(now)),
        options_(options) {}

  std::shared_ptr<const token> current() override {
    const std::lock_guard lock(mutex_);
    const auto now = now_();
    if (!token_ || is_older(now, options_.renew_after)) renew(now);
    return token_;
  }

  bool refused(const std::shared_ptr<const token>& used) override {
    const std::lock_guard lock(mutex_);
    if (used != token_) return true;
    const auto now = now_();
    return is_older(now, apple_min_age) && renew(now);
  }

  bool renew_first() {
    const std::lock_guard lock(mutex_);
    return renew(now_());
  }

 private:
  bool is_older(epoch_ms now, std::chrono::minutes age) const {
    return now >= token_->signed_at + age || now < token_->signed_at - clock_slack;
  }

  /// A failure keeps the token there is: better an old one than none.
  bool renew(epoch_ms now) {
    const auto issued = std::chrono::floor<std::chrono::seconds>(now).count();
    auto made = key_.sign("{\"alg\":\"ES256\",\"kid\":\"" + key_id_ + "\"}",
                          "{\"iss\":\"" + team_id_ + "\",\"iat\":" + std::to_string(issued) + "}");
    if (!made) return false;
    token_ = std::make_shared<const token>(token{std::move(*made), now});
    return true;
  }

  signing_key key_;
  std::string key_id_;
  std::string team_id_;
  std::function<epoch_ms()> now_;
  apns_credential_options options_;
  std::mutex mutex_;
  std::shared_ptr<const token> token_;
};

class apns_credential final : public credential {
 public:
  apns_credential(std::shared_ptr<apns_token_source> source, after_function after)
      : source_(std::move(source)), after_(std::move(after)) {
    current();
  }

  headers current() override {
    auto newest = source_->current();
    if (newest != token_) {
      token_ = std::move(newest);
      headers_ =
          std::make_shared<const header_list>(header_list{{"authorization", "bearer " + token_->text}});
      expires_.store((token_->signed_at + apple_max_age).count(), std::memory_order_relaxed);
    }
    return headers_;
  }

  void await(ready callback) override {
    after_(std::chrono::milliseconds{0},
           [callback = std::move(callback), weak = std::weak_ptr<bool>(alive_), made = current()] {
             if (!weak.expired()) callback(made, {});
           });
  }

  bool refused(const headers& used) override {
    if (used != headers_) return true;
    if (!source_->refused(token_)) return false;
    current();
    return true;
  }

  epoch_ms expires_at() const override { return epoch_ms(expires_.load(std::memory_order_relaxed)); }

 private:
  std::shared_ptr<apns_token_source> source_;
  after_function after_;
  std::shared_ptr<const token> token_;
  headers headers_;
  std::atomic<std::int64_t> expires_{0};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::variant<std::shared_ptr<apns_token_source>, std::string> apns_token_source::make(
    const apns_key& key, std::function<epoch_ms()> now, apns_credential_options options) {
  if (!is_apple_id(key.key_id)) return std::string("apns: key_id is not 10 letters and digits");
  if (!is_apple_id(key.team_id)) return std::string("apns: team_id is not 10 letters and digits");
  if (options.renew_after < earliest_renewal || options.renew_after > latest_renewal)
    return std::string("apns: the provider token is renewed after 40 to 50 minutes");
  const auto loaded = signing_key::from_pem(key.pem, jws_algorithm::es256);
  if (!loaded) return "apns: the key is " + std::string(to_string(loaded.error()));
  auto source = std::make_shared<token_source>(*loaded, key.key_id, key.team_id, std::move(now), options);
  if (!source->renew_first()) return std::string("apns: the key cannot sign");
  return source;
}

std::unique_ptr<credential> make_apns_credential(std::shared_ptr<apns_token_source> source,
                                                 after_function after) {
  return std::make_unique<apns_credential>(std::move(source), std::move(after));
}

}  // namespace dispatch
