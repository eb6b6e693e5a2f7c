#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::sandbox {

enum class address_fault_kind : std::uint8_t {
  none,
  fail,   // fail-CODE[-X.Y.Z]+…@    to RCPT, always
  flaky,  // flaky-N-CODE[-X.Y.Z]+…@ to the message, the first N times
  hang,   // hang+…@                 no answer to the message
  drop    // drop+…@                 the message is taken, and the connection closed instead of the answer
};

struct address_fault {
  address_fault_kind kind = address_fault_kind::none;
  std::uint32_t times = 0;    // of `flaky`
  int code = 0;               // 400 to 599
  std::string_view status{};  // a part of the address; may be empty

  bool operator==(const address_fault&) const = default;
};

// The fault an address asks for by what stands in front of its first '+'. What is not complete and
// well-formed is no fault: the address is then served as any other.
address_fault parse_address_fault(std::string_view address);

// A reply line without its CRLF: "550 5.1.1 ordered".
std::string ordered_reply(int code, std::string_view status);

}  // namespace dispatch::sandbox
