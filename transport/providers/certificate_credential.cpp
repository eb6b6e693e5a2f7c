#include "transport/providers/certificate_credential.hpp"

#include <utility>

namespace dispatch {
namespace {

using headers = std::shared_ptr<const header_list>;

class certificate_credential final : public credential {
 public:
  certificate_credential(client_identity_ptr identity, after_function after)
      : identity_(std::move(identity)), after_(std::move(after)) {}

  headers current() override { return headers_; }

  void await(ready callback) override {
    after_(std::chrono::milliseconds{0},
           [callback = std::move(callback), weak = std::weak_ptr<bool>(alive_), made = headers_] {
             if (!weak.expired()) callback(made, {});
           });
  }

  /// There is no other before a person brings one.
  bool refused(const headers&) override { return false; }
  epoch_ms expires_at() const override { return identity_->expires_at; }
  client_identity_ptr identity() const override { return identity_; }

 private:
  client_identity_ptr identity_;
  after_function after_;
  headers headers_ = std::make_shared<const header_list>();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<credential> make_certificate_credential(client_identity_ptr identity, after_function after) {
  return std::make_unique<certificate_credential>(std::move(identity), std::move(after));
}

}  // namespace dispatch
