#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "apps/sandbox/fleet.hpp"
#include "apps/sandbox/shared_state.hpp"
#include "apps/sandbox/smtp/post_office.hpp"

namespace dispatch::sandbox {

struct control_reply {
  int status = 200;
  std::string body = "{}";
};

// The control port's commands (README.md), free of HTTP. On the control thread only.
class control_commands {
 public:
  control_commands(shared_state& shared, fleet& workers, post_office& mail)
      : shared_(shared), workers_(workers), mail_(mail) {}

  control_reply handle(std::string_view method, std::string_view target, std::string_view body);

 private:
  control_reply post(std::string_view path, const boost::json::object& body);
  control_reply add_fault(const boost::json::object& body);
  control_reply set_mail(const boost::json::object& body);
  control_reply go_away(const boost::json::object& body);
  control_reply add_subscriptions(const boost::json::object& body);
  control_reply faults() const;
  control_reply stats() const;

  shared_state& shared_;
  fleet& workers_;
  post_office& mail_;
  std::uint64_t subscription_number_ = 0;
};

}  // namespace dispatch::sandbox
