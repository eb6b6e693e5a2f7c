#include "transport/providers/smtp/smtp_answer.hpp"

#include <algorithm>

#include "transport/smtp/reply_parser.hpp"

namespace dispatch {
namespace {

using enum evidence;
constexpr auto whole_scope = verdict::scope_hold::scope;
/// How long a server that asks to be left in peace is.
constexpr std::chrono::milliseconds peace{30'000};

/// The engine's own credentials or addresses are refused: the next message will be as well.
constexpr verdict refuses_sender(std::string_view reason) noexcept {
  return with_alert(counted(fails(reason)));
}

// Only a refusal of the recipient or the message speaks of the recipient (names_token): what is said to MAIL
// is about the sender, whatever its code. X.7 is policy and never condemns an address. A code that has no row
// is looked for as 5.7.x, then as any.
constexpr answer_row table[] = {
    when(2, "", none, delivered()),
    when(421, "", none, retries_after("service_closing", peace, whole_scope)),
    when(5, "5.1.1", names_token, drops("unknown_mailbox")),
    when(5, "5.1.3", names_token, drops("bad_address")),
    when(5, "5.1.10", names_token, drops("null_mx")),
    when(5, "5.2.1", names_token, drops("mailbox_disabled")),
    when(5, "5.2.2", names_token, sets_aside("mailbox_full")),
    when(4, "4.2.2", names_token, retries("mailbox_full")),
    when(5, "5.3.4", none, fails("message_too_large")),
    when(5, "5.7.1", none, refuses_sender("sender_refused")),
    when(5, "5.7.26", none, breaks_credential("sender_unauthenticated")),
    when(5, "5.7.515", none, breaks_credential("sender_unauthenticated")),
    when(4, "4.7.32", none, breaks_credential("sender_unauthenticated")),
    when(5, "5.7.0", none, breaks_credential("authentication_required")),
    when(5, "5.7.8", none, breaks_credential("authentication_failed")),
    when(530, "", none, breaks_credential("authentication_required")),
    when(535, "", none, breaks_credential("authentication_failed")),
    when(450, "4.7.x", none, retries_after("slow_down", peace, whole_scope)),
    when(451, "4.7.x", none, retries_after("slow_down", peace, whole_scope)),
    when(5, "5.7.x", none, with_alert(fails("policy"))),
    when(4, "4.3.x", none, breaks("server_trouble")),
    when(4, "", names_token, retries("deferred")),
    when(4, "", none, breaks("sender_deferred")),
    when(5, "", names_token, fails("rejected")),
    when(5, "", none, refuses_sender("sender_refused")),
    when(0, "", none, breaks_unknown("bad_status")),
};

bool has_row(std::string_view code) noexcept {
  return std::any_of(std::begin(table), std::end(table),
                     [code](const answer_row& row) { return !row.code.empty() && row.code == code; });
}

}  // namespace

std::span<const answer_row> smtp_answer_table() noexcept {
  return table;
}

verdict classify_smtp(const provider_answer& answer) {
  if (answer.failure != send_failure::none) return unanswered(answer.failure);
  const auto code = smtp::enhanced_status(answer.status, answer.body);
  std::string general;
  answer_facts facts;
  facts.status = answer.status;
  facts.names_token = answer.refused != "MAIL";
  facts.code = code;
  if (!code.empty() && !has_row(code)) {
    general.append(code.substr(0, code.rfind('.'))).append(".x");
    facts.code = general;
  }
  return find_row(table, facts).what;
}

std::string queue_id(const provider_answer& answer) {
  constexpr std::string_view mark = "queued as ";
  const auto at = answer.body.find(mark);
  if (answer.status / 100 != 2 || at == std::string::npos) return {};
  const auto rest = std::string_view(answer.body).substr(at + mark.size());
  return std::string(rest.substr(0, rest.find_first_of(" \n")));
}

}  // namespace dispatch
