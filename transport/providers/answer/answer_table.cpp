#include "transport/providers/answer/answer_table.hpp"

#include "core/policy/retry_after.hpp"

namespace dispatch {
namespace {

bool fits_status(int wanted, int status) noexcept {
  if (wanted == 0) return true;
  return wanted < 10 ? wanted == status / 100 : wanted == status;
}

bool fits(const answer_row& row, const answer_facts& facts) noexcept {
  if (!fits_status(row.status, facts.status)) return false;
  if (!row.code.empty() && row.code != facts.code) return false;
  switch (row.needs) {
    case evidence::none:
      return true;
    case evidence::own_error:
      return facts.own_error;
    case evidence::names_token:
      return facts.names_token;
    case evidence::device_quota:
      return facts.device_quota;
    case evidence::not_json:
      return !facts.is_json;
    case evidence::html_page:
      return facts.is_html;
    case evidence::other_key:
      return facts.other_key;
  }
  return false;
}

}  // namespace

const answer_row& find_row(std::span<const answer_row> table, const answer_facts& facts) noexcept {
  for (const auto& row : table)
    if (fits(row, facts)) return row;
  return table.back();
}

verdict unanswered(send_failure why) noexcept {
  switch (why) {
    case send_failure::timeout:
      return breaks_unknown("timeout");
    case send_failure::reset:
      return breaks_unknown("reset");
    case send_failure::connection:
      return breaks_unknown("connection_lost");
    case send_failure::no_credential:
      return free_of_charge(breaks_credential("no_credential"));
    case send_failure::address_refused:
      return fails("address_refused");
    case send_failure::not_sent:
    case send_failure::none:
      break;
  }
  return free_of_charge(retries("not_sent"));
}

void apply_retry_after(verdict& what, std::string_view retry_after, epoch_ms now) {
  if (what.what != verdict::kind::retry || retry_after.empty()) return;
  if (const auto asked = parse_retry_after(retry_after, now)) what.retry_after = *asked;
}

}  // namespace dispatch
