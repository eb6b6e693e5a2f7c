#pragma once

#include <string_view>

#include "apps/sandbox/answer.hpp"

namespace dispatch::sandbox {

// A page as Google's front ends and proxies send it instead of an API error.
void html_error(answer& out, int status, std::string_view reason);

}  // namespace dispatch::sandbox
