#pragma once

// Short names inside the HTTP/2 client for what it shares with the other transports.

#include "transport/message.hpp"

namespace dispatch::http2 {

using dispatch::connection_event;
using dispatch::header;
using dispatch::header_list;
using request = provider_request;
using completion = provider_answer;
using failure = send_failure;

}  // namespace dispatch::http2
