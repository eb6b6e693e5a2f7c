#include <algorithm>

#include "api/auth/credential_table.hpp"
#include "api/auth/signed_delivery.hpp"
#include "api/auth/verified_tokens.hpp"
#include "transport/crypto/hmac.hpp"

namespace dispatch {
namespace {

using time_point = std::chrono::system_clock::time_point;

constexpr std::chrono::seconds hmac_tolerance{300};
constexpr std::string_view bearer = "bearer ";

/// The same for all that is wrong with a credential: which part it was helps only those who guess.
auth_problem refused(std::string detail = "the credential is not valid") {
  return {401, std::move(detail), "Bearer error=\"invalid_token\""};
}

std::string_view bearer_token(std::string_view header) noexcept {
  if (header.size() <= bearer.size()) return {};
  const bool is_bearer = std::equal(bearer.begin(), bearer.end(), header.begin(),
                                    [](char want, char got) { return want == (got | 0x20); });
  return is_bearer ? header.substr(bearer.size()) : std::string_view();
}

/// Goes over all keys and every byte of each, so that time says nothing about how near a guess was.
auth_result check_key(std::string_view key, const std::vector<api_key_entry>& known) {
  if (key.empty()) return refused();
  const auto digest = sha256(key);
  const api_key_entry* found = nullptr;
  for (const auto& each : known)
    if (equal_in_constant_time(bytes_of(each.digest), bytes_of(digest))) found = &each;
  if (!found) return refused();
  return authenticated{found->who, std::nullopt};
}

auth_problem refused(delivery_fault fault) {
  return refused(fault == delivery_fault::stale ? "webhook-timestamp is more than 300 s from now"
                                                : "the credential is not valid");
}

auth_result check_signature(const http_request& request, const std::vector<hmac_entry>& known,
                            time_point now) {
  const auto read = read_signed_delivery(request, now, hmac_tolerance);
  if (const auto* fault = std::get_if<delivery_fault>(&read)) return refused(*fault);
  const auto& delivery = std::get<signed_delivery>(read);
  const hmac_entry* found = nullptr;
  for (const auto& each : known)
    if (is_signed_by(delivery, each.secrets, request.body)) found = &each;
  if (!found) return refused();
  // As long as its timestamp would be taken, also by a process whose clock is behind this one's.
  const auto here = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const auto left = std::chrono::seconds{delivery.timestamp} + 2 * hmac_tolerance - here;
  return authenticated{found->who, replay_guard{found->name + ':' + std::string(delivery.id), left}};
}

}  // namespace

bool brings_credential(const http_request& request) noexcept {
  return !request.header("authorization").empty() || !request.header("x-api-key").empty() ||
         !request.header("webhook-signature").empty();
}

auth_result authenticator::check_token(std::string_view token, time_point now) const {
  const auto here = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (tokens_) {
    if (auto who = tokens_->find(*table_, token, here)) return authenticated{std::move(who), std::nullopt};
  }
  const auto answer = verify_jwt(token, table_->jwts, now);
  if (const auto* good = std::get_if<verified_jwt>(&answer)) {
    if (tokens_) tokens_->add(table_, token, {good->key->who, here, good->until});
    return authenticated{good->key->who, std::nullopt};
  }
  const auto fault = std::get<jwt_fault>(answer);
  return fault == jwt_fault::untrusted ? refused() : refused("the token " + std::string(to_string(fault)));
}

auth_result authenticator::check(const http_request& request, time_point now) const {
  if (auto known = check_head(request, now)) return *std::move(known);
  return check_signature(request, table_->hmacs, now);
}

std::optional<auth_result> authenticator::check_head(const http_request& request, time_point now) const {
  const auto authorization = request.header("authorization");
  const auto api_key = request.header("x-api-key");
  const bool is_signed = !request.header("webhook-signature").empty();
  if (!at_most_once(request, "authorization") || !at_most_once(request, "x-api-key"))
    return refused("a credential comes twice");
  const int kinds = int{!authorization.empty()} + int{!api_key.empty()} + int{is_signed};
  if (kinds == 0) return auth_problem{401, "a credential is needed", "Bearer"};
  if (kinds > 1) return refused("more than one credential");

  if (is_signed) {
    const auto read = read_signed_delivery(request, now, hmac_tolerance);
    if (const auto* fault = std::get_if<delivery_fault>(&read)) return refused(*fault);
    if (table_->hmacs.empty()) return refused();
    return std::nullopt;
  }
  if (!api_key.empty()) return check_key(api_key, table_->keys);
  const auto token = bearer_token(authorization);
  // Keys have no full stop: `dispatchctl key new` makes base64url.
  return std::count(token.begin(), token.end(), '.') == 2 ? check_token(token, now)
                                                          : check_key(token, table_->keys);
}

}  // namespace dispatch
