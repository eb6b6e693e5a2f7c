#pragma once

// Where the engine may connect to on behalf of somebody who only named a URL (a webhook's, a push
// subscription's): the public Internet, and the networks an operator allows. Everything the IANA
// special-purpose registries (RFC 6890) do not call globally reachable is refused, and so are addresses that
// carry another one inside for some relay to unpack. Pure, immutable, any thread.
//
// It judges addresses, never names: ask it about every address a look-up gave, and connect to those alone.

#include <string_view>
#include <utility>
#include <vector>

#include "core/ip_address.hpp"

namespace dispatch {

class address_guard {
 public:
  /// `allowed`: may be connected to whatever they are. An address inside another one (NAT64) is not looked
  /// for in there: who wants it names its outer network.
  explicit address_guard(std::vector<ip_network> allowed = {}) : allowed_(std::move(allowed)) {}

  /// What speaks against connecting there, static text for the log ("loopback"); empty: nothing.
  std::string_view refusal(const ip_address& to) const noexcept;

 private:
  std::vector<ip_network> allowed_;
};

}  // namespace dispatch
