#include "apps/sandbox/push_subscriptions.hpp"

#include <openssl/rand.h>

#include <stdexcept>
#include <utility>

#include "apps/sandbox/base64url.hpp"
#include "apps/sandbox/keys.hpp"
#include "apps/sandbox/push_decryption.hpp"

namespace dispatch::sandbox {

namespace json = boost::json;

std::optional<json::object> push_subscriptions::add(std::string_view origin, const std::string& token,
                                                    std::string server_key) {
  browser made;
  made.key = make_p256_key();
  made.auth.resize(16);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(made.auth.data()), 16) != 1)
    throw std::runtime_error("no randomness");
  made.server_key = std::move(server_key);
  json::object keys{{"p256dh", encode_base64url(public_point(made.key.get()))},
                    {"auth", encode_base64url(made.auth)}};
  std::lock_guard lock(mutex_);
  if (browsers_.size() >= capacity || !browsers_.emplace(token, std::move(made)).second) return std::nullopt;
  return json::object{{"endpoint", std::string(origin).append("/webpush/").append(token)},
                      {"expirationTime", nullptr},
                      {"keys", std::move(keys)}};
}

const push_subscriptions::browser* push_subscriptions::find(std::string_view token) const {
  const auto at = browsers_.find(token);
  return at == browsers_.end() ? nullptr : &at->second;
}

push_subscriptions::receipt push_subscriptions::look_up(std::string_view token,
                                                        std::string_view vapid_key) const {
  std::lock_guard lock(mutex_);
  const auto* found = find(token);
  if (found == nullptr) return receipt::unknown;
  return found->server_key.empty() || found->server_key == vapid_key ? receipt::taken : receipt::other_key;
}

std::optional<std::string> push_subscriptions::look_inside(std::string_view token,
                                                           std::string_view body) const {
  pkey_handle key;
  std::string auth;
  {
    // Decrypting takes long: not under the lock.
    std::lock_guard lock(mutex_);
    const auto* found = find(token);
    if (found == nullptr) return std::nullopt;
    EVP_PKEY_up_ref(found->key.get());
    key.reset(found->key.get());
    auth = found->auth;
  }
  return decrypt_push(body, key.get(), auth);
}

void push_subscriptions::deliver(std::string_view token, message what) {
  std::lock_guard lock(mutex_);
  const auto at = browsers_.find(token);
  if (at == browsers_.end()) return;
  ++at->second.received;
  at->second.last = std::move(what);
}

std::optional<json::object> push_subscriptions::seen(std::string_view token) const {
  std::lock_guard lock(mutex_);
  const auto* found = find(token);
  if (found == nullptr) return std::nullopt;
  const auto& last = found->last;
  return json::object{
      {"received", found->received},
      {"last",
       json::object{
           {"payload", last.payload}, {"ttl", last.ttl}, {"urgency", last.urgency}, {"topic", last.topic}}}};
}

}  // namespace dispatch::sandbox
