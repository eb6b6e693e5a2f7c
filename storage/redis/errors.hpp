#pragma once

// What to do about each error of Redis, in one table (docs/storage.md has it in words). Pure.

#include <cstdint>
#include <span>
#include <string_view>

namespace dispatch::redis {

enum class reaction : std::uint8_t {
  refuse,       ///< ours or the operator's mistake: `refused`, the text goes to the log
  fence,        ///< another process took over: `fenced`
  back_off,     ///< passes by itself: `unavailable`, answered after a growing delay; the connection stays
  reconnect,    ///< this server, or this login, is no good any more: `unavailable`, and connect again
  follow,       ///< the slot lives elsewhere: `unavailable`, and connect there
  load_script,  ///< load it and try again, once
  make_groups,  ///< make the groups again at 0 and try again, once
  end_wait      ///< a wait that was ended for us: as if the time was over
};

struct error_rule {
  std::string_view code;
  reaction what;
};

std::span<const error_rule> error_rules() noexcept;

/// `error` as Redis sends it, also from inside a script (Redis 6: "ERR Error running script … WRONGTYPE …").
/// Unknown codes are refused.
reaction react_to(std::string_view error) noexcept;

/// Says that Redis is not set up for what was asked: this user may not, the keys do not lie in one slot of a
/// cluster, a command is not there. It stays so until an operator mends it.
bool is_setup_error(std::string_view error) noexcept;

/// Of those, that keys do not lie in one slot: rights have nothing to do with it.
bool is_placement_error(std::string_view error) noexcept;

/// "MOVED 3999 127.0.0.1:6381" → "127.0.0.1:6381"; empty when there is no such address.
std::string_view moved_to(std::string_view error) noexcept;

}  // namespace dispatch::redis
