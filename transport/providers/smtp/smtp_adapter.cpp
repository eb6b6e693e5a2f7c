#include "transport/providers/smtp/smtp_adapter.hpp"

#include <chrono>
#include <utility>

#include "core/job/characters.hpp"
#include "core/job/expansion.hpp"
#include "transport/providers/render/message_fields.hpp"
#include "transport/providers/smtp/default_template.hpp"
#include "transport/providers/smtp/mail_header.hpp"
#include "transport/providers/smtp/mail_overrides.hpp"
#include "transport/providers/smtp/mail_template.hpp"
#include "transport/providers/smtp/mime_message.hpp"
#include "transport/providers/smtp/smtp_answer.hpp"

namespace dispatch {
namespace {

static_assert(max_mail_bytes <= largest_request_bytes && mail_template::max_literal_bytes >= max_mail_bytes);

// Header lines may have 998 characters (RFC 5322 2.1.1).
constexpr std::size_t max_uri_bytes = 900;

struct mail final : compiled_message {
  bool supported = true;
  std::string error;  ///< why nothing can be sent; empty when it can
  std::optional<mail_template> subject, text, html, from, reply_to;
  bool no_reply_to = false;
  std::vector<mail_template> unsubscribe;
  std::vector<std::pair<std::string, mail_template>> headers;
};

epoch_ms system_now() {
  return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
}

/// Fills the templates of one recipient; stops being good at the first that cannot be.
class renderer {
 public:
  renderer(const job& source, const recipient& who, std::string& detail)
      : source_(source), who_(who), detail_(detail) {}

  render_status status() const noexcept { return status_; }
  bool good() const noexcept { return status_ == render_status::ok; }

  std::string fill(const mail_template& from, std::size_t max_bytes) {
    std::string out;
    if (!good()) return out;
    std::string_view missing;
    switch (from.render(source_, who_, max_bytes, out, missing)) {
      case fill_status::ok:
        break;
      case fill_status::missing_variable:
        fail(render_status::missing_variable, missing);
        break;
      case fill_status::too_large:
        fail(render_status::payload_too_large, "more text than a mail may have");
        break;
    }
    return out;
  }

  std::string fill_header(std::string_view name, const mail_template& from) {
    auto out = fill(from, max_header_text_bytes);
    if (good() && !is_header_text(out)) invalid(name, " has a control character");
    return out;
  }

  mailbox fill_mailbox(std::string_view name, const mail_template& from) {
    auto parsed = parse_mailbox(fill_header(name, from));
    if (good() && !parsed) invalid(name, " is no mail address");
    return parsed.value_or(mailbox{});
  }

  std::string fill_uri(const mail_template& from) {
    auto out = fill(from, max_uri_bytes);
    const bool known = out.starts_with("https://") || out.starts_with("mailto:");
    const bool plain = all_of(out, url_characters) && out.find_first_of("<>") == std::string::npos;
    if (good() && !(known && plain)) invalid("list_unsubscribe", " is neither https:// nor mailto:");
    return out;
  }

  void invalid(std::string_view what, std::string_view why) {
    fail(render_status::invalid_message, what);
    detail_.append(why);
  }

 private:
  void fail(render_status how, std::string_view why) {
    status_ = how;
    detail_ = why;
  }

  const job& source_;
  const recipient& who_;
  std::string& detail_;
  render_status status_ = render_status::ok;
};

class smtp_adapter final : public provider_adapter {
 public:
  explicit smtp_adapter(smtp_options options) : options_(std::move(options)) {
    if (!options_.now) options_.now = system_now;
    if (options_.text_template.empty()) options_.text_template = default_text_template;
    if (options_.html_template.empty()) options_.html_template = default_html_template;
  }

  provider kind() const noexcept override { return provider::smtp; }

  std::unique_ptr<compiled_message> compile(const job& source, platform target) const override {
    auto made = std::make_unique<mail>();
    made->supported = target == platform::email;
    auto overrides = parse_mail_overrides(source.overrides.email);
    made->error = std::move(overrides.error);
    const auto& what = source.message;
    compile_body(what, overrides, *made);
    if (made->error.empty() && !made->text && !made->html) made->error = "neither title, body, text nor html";
    const std::string_view title =
        what.title.empty() ? what.body.substr(0, what.body.find('\n')) : what.title;
    made->subject.emplace(overrides.subject ? std::string_view(*overrides.subject) : title);
    if (overrides.from) made->from.emplace(*overrides.from);
    if (overrides.reply_to && !overrides.reply_to->empty()) made->reply_to.emplace(*overrides.reply_to);
    made->no_reply_to = overrides.reply_to && overrides.reply_to->empty();
    // A value becomes part of a configured URL; what the producer writes may be a value as a whole.
    const auto escaper = overrides.list_unsubscribe ? append_unescaped : append_url_escaped;
    for (const auto& uri : unsubscribe_uris(overrides)) made->unsubscribe.emplace_back(uri, escaper);
    for (const auto& [name, value] : overrides.headers)
      made->headers.emplace_back(name, mail_template(value));
    return made;
  }

  render_status render(const compiled_message& message, const job& source, const recipient& who,
                       const dedupe_key& key, provider_request& out, std::string& detail) const override {
    const auto& from = static_cast<const mail&>(message);
    if (!from.supported || who.kind != target_kind::address || !is_mail_address(who.target))
      return render_status::unsupported_target;
    if (!from.error.empty()) {
      detail = from.error;
      return render_status::invalid_message;
    }
    renderer fill(source, who, detail);
    mime_message what;
    what.date = options_.now();
    what.key = key.text();
    what.to = who.target;
    fill_headers(from, fill, what);
    if (from.text) what.text = fill.fill(*from.text, max_mail_bytes);
    if (from.html) what.html = fill.fill(*from.html, max_mail_bytes);
    if (!fill.good()) return fill.status();
    // Encoding makes nothing shorter: what is too much as it is need not be encoded to know.
    if (const auto bytes = size_of(what.text) + size_of(what.html); bytes > max_mail_bytes) {
      detail = std::to_string(bytes) + " bytes of text, " + std::to_string(max_mail_bytes) + " allowed";
      return render_status::payload_too_large;
    }
    out.path = who.target;
    out.own.clear();
    out.body = compose(what);
    if (out.body.size() <= max_mail_bytes) return render_status::ok;
    detail =
        std::to_string(out.body.size()) + " bytes of mail, " + std::to_string(max_mail_bytes) + " allowed";
    return render_status::payload_too_large;
  }

  verdict classify(const provider_answer& answer, epoch_ms) const override { return classify_smtp(answer); }

  std::string provider_id(const provider_answer& answer) const override { return queue_id(answer); }

 private:
  static std::size_t size_of(const std::optional<std::string>& text) noexcept {
    return text ? text->size() : 0;
  }

  std::vector<std::string_view> unsubscribe_uris(const mail_overrides& overrides) const {
    std::vector<std::string_view> out;
    if (overrides.list_unsubscribe) {
      if (!overrides.list_unsubscribe->empty()) out.emplace_back(*overrides.list_unsubscribe);
      return out;
    }
    if (!options_.unsubscribe_url.empty()) out.emplace_back(options_.unsubscribe_url);
    if (!options_.unsubscribe_mailto.empty()) out.emplace_back(options_.unsubscribe_mailto);
    return out;
  }

  // A part the producer wrote is taken as it is. The other one is made of the message, or left out when the
  // message says nothing.
  void compile_body(const message& what, const mail_overrides& overrides, mail& made) const {
    const auto uris = unsubscribe_uris(overrides);
    const auto unsubscribe = uris.empty() ? std::string_view() : uris.front();
    const std::vector<template_field> own{{"unsubscribe", unsubscribe, !overrides.list_unsubscribe}};
    const std::vector<template_field> fields{
        {"title", what.title}, {"body", what.body}, {"link", what.link}, {"image", what.image}, own.front()};
    if (overrides.text) made.text.emplace(*overrides.text, own, append_unescaped);
    if (overrides.html) made.html.emplace(*overrides.html, own, append_html_escaped);
    if (!is_visible(what)) return;
    if (!made.text) made.text.emplace(options_.text_template, fields, append_unescaped);
    if (!made.html) made.html.emplace(options_.html_template, fields, append_html_escaped);
  }

  void fill_headers(const mail& from, renderer& fill, mime_message& what) const {
    what.subject = fill.fill_header("subject", *from.subject);
    what.from = options_.from;
    if (from.from) {
      what.from = fill.fill_mailbox("from", *from.from);
      // SPF, DKIM and DMARC are set up for the configured domain; and nobody shall write in another's name.
      if (fill.good() && what.from.domain() != options_.from.domain())
        fill.invalid("from", " is of another domain than the configured one");
    }
    if (!from.no_reply_to) what.reply_to = options_.reply_to;
    if (from.reply_to) what.reply_to = fill.fill_mailbox("reply_to", *from.reply_to);
    for (const auto& uri : from.unsubscribe) what.unsubscribe.push_back(fill.fill_uri(uri));
    for (const auto& [name, value] : from.headers)
      what.headers.emplace_back(name, fill.fill_header(name, value));
  }

  smtp_options options_;
};

}  // namespace

std::unique_ptr<provider_adapter> make_smtp_adapter(smtp_options options) {
  return std::make_unique<smtp_adapter>(std::move(options));
}

}  // namespace dispatch
