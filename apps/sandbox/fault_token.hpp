#pragma once

#include <cstdint>
#include <string_view>

namespace dispatch::sandbox {

enum class token_fault_kind : std::uint8_t {
  none,
  dead,         // dead-
  flaky_503,    // flaky503-N-
  flaky_429,    // flaky429-N-
  slow,         // slow-MS-
  hang,         // hang-
  reset,        // reset-
  reset_first,  // resetN-K-   ("resetN" is literal, K the number of attempts)
  html_500,     // html500-
  fail,         // fail-STATUS-REASON-
  redirect,     // redirect-
  not_a_token,  // notatoken
};

struct token_fault {
  token_fault_kind kind = token_fault_kind::none;
  std::uint32_t number = 0;   // N, K or MS
  int status = 0;             // of `fail`
  std::string_view reason{};  // of `fail`, a part of the token; may be empty

  bool operator==(const token_fault&) const = default;
};

// A prefix that is not complete and well-formed is no fault: the token is then served as any other.
// MS is capped at 600,000; STATUS is 300..599; REASON is [A-Za-z0-9_]*.
token_fault parse_token_fault(std::string_view token);

}  // namespace dispatch::sandbox
