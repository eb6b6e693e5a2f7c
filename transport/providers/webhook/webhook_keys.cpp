#include "transport/providers/webhook/webhook_keys.hpp"

#include <utility>

#include "core/secret_lines.hpp"

namespace dispatch {

void webhook_keys::replace(std::vector<webhook_secret> secrets) {
  auto made = std::make_shared<const list>(std::move(secrets));
  const std::lock_guard lock(mutex_);
  secrets_ = std::move(made);
}

webhook_keys::list webhook_keys::current() const {
  const std::lock_guard lock(mutex_);
  return *secrets_;
}

std::string webhook_keys::sign(std::string_view id, std::int64_t timestamp, std::string_view body) const {
  std::shared_ptr<const list> secrets;
  {
    const std::lock_guard lock(mutex_);
    secrets = secrets_;
  }
  std::string out;
  for (const auto& secret : *secrets) {
    if (!out.empty()) out.push_back(' ');
    out.append(secret.sign(id, timestamp, body));
  }
  return out;
}

std::variant<std::vector<webhook_secret>, std::string> parse_webhook_secrets(std::string_view text) {
  std::vector<webhook_secret> secrets;
  for (const auto& line : secret_lines(text)) {
    auto secret = webhook_secret::parse(line);
    if (!secret) return "must hold secrets of Standard Webhooks: whsec_ and base64 of 24 to 64 bytes";
    secrets.push_back(*std::move(secret));
  }
  if (secrets.empty()) return "holds no secret";
  if (secrets.size() > webhook_keys::max_secrets) return "holds more than two secrets";
  return secrets;
}

}  // namespace dispatch
