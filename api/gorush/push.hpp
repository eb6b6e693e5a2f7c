#pragma once

// gorush's POST /api/push, for programs written for it: its request becomes jobs (one per notification), and
// the answers have its shape. docs/credentials.md says which of its fields mean what here.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/address_list.hpp"
#include "api/auth/credential.hpp"
#include "core/ingest_settings.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

/// Documents without `id`, with `tenant` and `app`, not checked against the rules of jobs yet.
struct push_jobs {
  std::vector<std::string> documents;
  std::size_t counts = 0;  ///< tokens and topics in all, as gorush counts them
};

struct push_refusal {
  int status = 400;
  std::string message;
};

struct push_options {
  std::string tenant, app;
  std::size_t max_notifications = 100;
};

std::variant<push_jobs, push_refusal> convert_push(std::string_view body, const push_options& options);

/// {"success":"ok","counts":N,"logs":[]}: what went wrong later is in NS:results, not in the answer.
http_response push_reply(std::size_t counts);
/// {"code":STATUS,"message":"…"}
http_response push_error(int status, std::string_view message);

/// Who may push without a credential, by address.
class gorush_door {
 public:
  gorush_door() = default;  ///< nobody
  /// Throws std::invalid_argument naming the entry that is no address.
  explicit gorush_door(const gorush_settings& settings);

  /// nullptr: a credential is needed.
  std::shared_ptr<const principal> open_to(const ip_address& from) const;

  /// How this tenant's pushes become jobs, and where those go.
  push_options options_for(std::string_view tenant) const {
    return {std::string(tenant), settings_.app, settings_.max_notifications};
  }
  dispatch::lane lane() const noexcept { return settings_.lane; }

 private:
  gorush_settings settings_;
  std::shared_ptr<const principal> who_;
  address_rules allowed_;
};

}  // namespace dispatch
