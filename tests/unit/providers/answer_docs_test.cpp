// docs/providers.md and docs/web-push.md show the answer tables; they must be the ones in force.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "transport/providers/apns_answer.hpp"
#include "transport/providers/fcm_answer.hpp"
#include "transport/providers/render/apns_push_type.hpp"
#include "transport/providers/smtp/smtp_answer.hpp"
#include "transport/providers/webhook/webhook_answer.hpp"
#include "transport/providers/webpush/webpush_answer.hpp"

namespace dispatch::testing {
namespace {

std::string status_text(int status) {
  if (status == 0) return "any";
  return status < 10 ? std::to_string(status) + "xx" : std::to_string(status);
}

std::string says(const answer_row& row) {
  std::string text = row.code.empty() ? "" : "`" + std::string(row.code) + "`";
  const auto add = [&](const char* what) { text += (text.empty() ? "" : ", ") + std::string(what); };
  switch (row.needs) {
    case evidence::none:
      break;
    case evidence::own_error:
      add("in an `FcmError` entry");
      break;
    case evidence::names_token:
      add("naming the token");
      break;
    case evidence::device_quota:
      add("a device's quota only");
      break;
    case evidence::not_json:
      add("no JSON body");
      break;
    case evidence::html_page:
      add("a page of HTML");
      break;
    case evidence::other_key:
      add("another VAPID key's subscription");
      break;
  }
  return text.empty() ? "anything" : text;
}

std::string end_text(const answer_row& row) {
  switch (row.what.what) {
    case verdict::kind::retry:
      return "retry";
    case verdict::kind::retry_free:
      return "retry at once, free";
    case verdict::kind::final:
      break;
  }
  return "`" + std::string(to_string(row.what.result)) + "`" + (row.by_setting ? " (setting)" : "");
}

std::string health_text(verdict::health counts) {
  switch (counts) {
    case verdict::health::success:
      return "success";
    case verdict::health::failure:
      return "failure";
    case verdict::health::neutral:
      break;
  }
  return "neutral";
}

std::string besides(const verdict& what) {
  std::string text;
  const auto add = [&](bool holds, const std::string& said) {
    if (holds) text += (text.empty() ? "" : ", ") + said;
  };
  add(what.alert, "alert");
  add(what.refresh_credential, "new credential");
  add(what.new_connection, "new connection");
  add(what.retry_after.count() > 0, "first wait " + std::to_string(what.retry_after.count() / 1000) + " s");
  add(what.hold == verdict::scope_hold::scope, "holds the scope");
  add(what.outcome_unknown, "may have been delivered");
  return text;
}

std::string markdown(std::span<const answer_row> table) {
  std::string text =
      "| status | answer says | end | breaker | reason | besides |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& row : table) {
    const auto reason = row.what.reason.empty() ? std::string() : "`" + std::string(row.what.reason) + "`";
    text += "| " + status_text(row.status) + " | " + says(row) + " | " + end_text(row) + " | " +
            health_text(row.what.counts) + " | " + reason + " | " + besides(row.what) + " |\n";
  }
  return text;
}

std::string document(const std::string& name = "providers.md") {
  std::ifstream file(DISPATCH_SOURCE_DIR "/docs/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(providers_document, shows_the_fcm_table_in_force) {
  const auto table = markdown(fcm_answer_table());
  EXPECT_NE(document().find("\n" + table + "\n"), std::string::npos) << "docs/providers.md should hold:\n"
                                                                     << table;
}

TEST(providers_document, shows_the_apns_table_in_force) {
  const auto table = markdown(apns_answer_table());
  EXPECT_NE(document().find("\n" + table + "\n"), std::string::npos) << "docs/providers.md should hold:\n"
                                                                     << table;
}

TEST(providers_document, shows_the_smtp_table_in_force) {
  const auto table = markdown(smtp_answer_table());
  EXPECT_NE(document().find("\n" + table + "\n"), std::string::npos) << "docs/providers.md should hold:\n"
                                                                     << table;
}

TEST(providers_document, shows_the_webhook_table_in_force) {
  const auto table = markdown(webhook_answer_table());
  EXPECT_NE(document().find("\n" + table + "\n"), std::string::npos) << "docs/providers.md should hold:\n"
                                                                     << table;
}

std::string quoted(std::string_view text) {
  return text.empty() ? std::string() : "`" + std::string(text) + "`";
}

TEST(providers_document, shows_the_push_types_in_force) {
  std::string table =
      "| push type | behind the topic | `apns-priority` | `apns-expiration` | payload | `dispatch_id` |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& type : apns_push_types()) {
    const auto bytes = std::to_string(type.max_bytes);
    table += "| " + quoted(type.name) + " | " + quoted(type.topic_suffix) + " | " +
             (type.priority.empty() ? "the job's" : std::string(type.priority)) + " | " +
             std::string(type.expiration) + " | " + bytes.substr(0, 1) + "," + bytes.substr(1) + " bytes | " +
             (type.reaches_app ? "yes" : "no") + " |\n";
  }
  EXPECT_NE(document().find("\n" + table + "\n"), std::string::npos) << "docs/providers.md should hold:\n"
                                                                     << table;
}

TEST(providers_document, shows_the_web_push_table_in_force) {
  const auto table = markdown(webpush_answer_table());
  EXPECT_NE(document("web-push.md").find("\n" + table + "\n"), std::string::npos)
      << "docs/web-push.md should hold:\n"
      << table;
}

}  // namespace
}  // namespace dispatch::testing
