#pragma once

// One request on its way: from submit() to its completion it is an element of exactly one list, which owns
// it, and moves between lists by splicing, so that its address stays. Internal to transport/http2.

#include <boost/intrusive/list_hook.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>

#include "transport/http2/message.hpp"

namespace dispatch::http2 {

class connection;

/// What the deadline wheel knows of an exchange; leaves the wheel when destroyed.
struct timed : boost::intrusive::list_base_hook<
                   boost::intrusive::link_mode<boost::intrusive::link_mode_type::auto_unlink>> {
  std::chrono::steady_clock::time_point deadline;
};

struct exchange : timed {
  explicit exchange(request&& from) : call(std::move(from)) { deadline = call.deadline; }

  request call;
  std::list<exchange>::iterator self;
  /// Whose list it is in while on a stream; null while it waits.
  connection* via = nullptr;
  std::chrono::steady_clock::time_point rest_until;  ///< after REFUSED_STREAM
  unsigned refusals = 0;

  // One attempt on a stream; begin_attempt() clears it.
  std::int32_t stream = 0;
  bool on_wire = false;  ///< its HEADERS went into a buffer for the socket: the peer may know of it
  std::chrono::steady_clock::time_point sent_at;
  int status = 0;  ///< of the final answer (RFC 9110 15: 200 and up)
  std::string answer;
  std::string retry_after;
  std::string apns_id;
  std::string location;

  void begin_attempt() {
    stream = 0;
    on_wire = false;
    status = 0;
    answer.clear();
    retry_after.clear();
    apns_id.clear();
    location.clear();
  }
};

using exchange_list = std::list<exchange>;

}  // namespace dispatch::http2
