#pragma once

// What a page in somebody's browser can be made to send to us, where no credential is needed: the browser's
// address would open the door for it. Pure.

#include <optional>

#include "api/auth/credential.hpp"
#include "api/ingest/settings.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

/// Why a request without a credential is refused: it comes from a page of another origin than `cors` names
/// (Origin, Sec-Fetch-Site), or has a type that a page may send anywhere without asking (the Fetch standard's
/// safelist). Reading is not looked at: a page does not see the answer.
std::optional<auth_problem> foreign_page(const http_request& request, const cors_settings& cors);

/// Whether its Host is this machine or an address. A name could be anybody's that points here (DNS
/// rebinding), and what it answers would then be that page's to read.
bool names_this_machine(const http_request& request) noexcept;

}  // namespace dispatch
