#pragma once

// Mail by SMTP submission: a job's message as a MIME mail in text and HTML. What maps to what:
// docs/providers.md.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "transport/providers/adapter.hpp"
#include "transport/providers/smtp/mailbox.hpp"

namespace dispatch {

struct smtp_options {
  mailbox from;
  std::optional<mailbox> reply_to;
  std::string text_template, html_template;  ///< empty: the default ones
  std::string unsubscribe_url;               ///< https, may hold {{variables}}; empty: none
  std::string unsubscribe_mailto;            ///< mailto:…; empty: none
  /// Wall clock for Date; empty = the system's.
  std::function<epoch_ms()> now = {};
};

/// A larger mail is not sent.
inline constexpr std::size_t max_mail_bytes = std::size_t{1} << 20;

std::unique_ptr<provider_adapter> make_smtp_adapter(smtp_options options);

}  // namespace dispatch
