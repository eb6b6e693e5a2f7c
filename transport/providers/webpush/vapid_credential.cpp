#include "transport/providers/webpush/vapid_credential.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/job/text_template.hpp"
#include "transport/crypto/base64.hpp"
#include "transport/crypto/p256_pem.hpp"
#include "transport/url.hpp"

namespace dispatch {
namespace {

using headers = std::shared_ptr<const header_list>;

// RFC 8292 section 2 allows 24 hours; clocks differ.
constexpr std::chrono::hours lifetime{12};
constexpr std::chrono::hours renew_after{6};
/// A refused token this young was not refused for its age: another would be refused too.
constexpr std::chrono::minutes min_age{1};
/// How far the clock may be behind a token's signing before it counts as set back.
constexpr std::chrono::minutes clock_slack{1};
constexpr std::size_t max_subject_bytes = 255;

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<p256_pair> read_key(std::string_view text) {
  if (auto pair = p256_pair_from_pem(text)) return pair;
  const auto bytes = base64_decode_any(trimmed(text));
  return bytes ? p256().pair_of(*bytes) : std::nullopt;
}

bool is_localhost(std::string_view host) noexcept {
  return host == "localhost" || host.ends_with(".localhost");
}

class vapid_credential final : public credential {
 public:
  vapid_credential(std::shared_ptr<const vapid_identity> identity, std::string origin,
                   std::function<epoch_ms()> now, after_function after)
      : identity_(std::move(identity)),
        origin_(std::move(origin)),
        now_(std::move(now)),
        after_(std::move(after)) {}

  headers current() override {
    if (!headers_ || is_older_than(renew_after)) renew();
    return headers_;
  }

  void await(ready callback) override {
    after_(std::chrono::milliseconds{0},
           [callback = std::move(callback), weak = std::weak_ptr<bool>(alive_), made = current()] {
             if (!weak.expired()) callback(made, made ? "" : "the VAPID key cannot sign");
           });
  }

  bool refused(const headers& used) override {
    if (used != headers_) return true;
    return is_older_than(min_age) && renew();
  }

  epoch_ms expires_at() const override { return epoch_ms(expires_.load(std::memory_order_relaxed)); }

 private:
  bool is_older_than(std::chrono::minutes age) const {
    const auto now = now_();
    return now >= signed_at_ + age || now < signed_at_ - clock_slack;
  }

  /// A failure keeps the token there is: better an old one than none.
  bool renew() {
    const auto now = now_();
    const auto expires = std::chrono::floor<std::chrono::seconds>(now + lifetime);
    const auto token = identity_->token(origin_, expires);
    if (token.empty()) return false;
    signed_at_ = now;
    headers_ = std::make_shared<const header_list>(
        header_list{{"authorization", "vapid t=" + token + ", k=" + identity_->public_key()},
                    {"content-encoding", "aes128gcm"},
                    {"content-type", "application/octet-stream"}});
    expires_.store(epoch_ms(expires).count(), std::memory_order_relaxed);
    return true;
  }

  std::shared_ptr<const vapid_identity> identity_;
  std::string origin_;
  std::function<epoch_ms()> now_;
  after_function after_;
  epoch_ms signed_at_{0};
  headers headers_;
  std::atomic<std::int64_t> expires_{0};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::string vapid_subject_problem(std::string_view subject) {
  constexpr std::string_view mail = "mailto:";
  if (subject.size() > max_subject_bytes) return "has more than 255 characters";
  const bool plain = std::all_of(subject.begin(), subject.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '<' && c != '>' && c != '"' && c != '\\';
  });
  if (!plain) return "must hold neither blanks, brackets, quotes nor other than ASCII";
  if (subject.starts_with(mail)) {
    const auto address = subject.substr(mail.size());
    const auto at = address.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == address.size())
      return "must be a mail address behind mailto:";
    return is_localhost(address.substr(at + 1)) ? "must not be at localhost: Apple refuses that" : "";
  }
  const auto url = parse_web_url(subject);
  if (!url || !url->secure) return "must be mailto:ADDRESS or https://HOST/…";
  return is_localhost(url->host) ? "must not be at localhost: Apple refuses that" : "";
}

std::variant<std::shared_ptr<const vapid_identity>, std::string> vapid_identity::make(
    std::string_view key, const std::string& subject) {
  if (auto problem = vapid_subject_problem(subject); !problem.empty())
    return "the subject " + std::move(problem);
  const auto pair = read_key(key);
  if (!pair) return std::string("the key is no private key on P-256, in PEM or as 32 bytes of base64");
  const auto signer = signing_key::from_pem(p256_pair_to_pem(*pair), jws_algorithm::es256);
  if (!signer) return "the key is " + std::string(to_string(signer.error()));
  const std::string_view open(reinterpret_cast<const char*>(pair->open.data()), pair->open.size());
  return std::shared_ptr<const vapid_identity>(new vapid_identity(*signer, base64url(open), subject));
}

std::string vapid_identity::token(std::string_view origin, std::chrono::seconds expires) const {
  std::string claims(R"({"aud":")");
  append_json_escaped(claims, origin);
  claims.append(R"(","exp":)").append(std::to_string(expires.count())).append(R"(,"sub":")");
  append_json_escaped(claims, subject_);
  claims.append("\"}");
  auto made = key_.sign(R"({"typ":"JWT","alg":"ES256"})", claims);
  return made ? *std::move(made) : std::string();
}

std::unique_ptr<credential> make_vapid_credential(std::shared_ptr<const vapid_identity> identity,
                                                  std::string origin, std::function<epoch_ms()> now,
                                                  after_function after) {
  return std::make_unique<vapid_credential>(std::move(identity), std::move(origin), std::move(now),
                                            std::move(after));
}

}  // namespace dispatch
