#pragma once

// What this process itself lacks when something fails: descriptors, memory, local ports, threads, look-ups. A
// peer is not to blame for that: it is waited for, and counts against no host and no attempt.

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

enum class shortage : std::uint8_t { descriptors, memory, ports, threads, lookups };
inline constexpr std::size_t shortage_count = 5;

/// As metrics and logs have it: "descriptors".
std::string_view to_string(shortage what) noexcept;
std::optional<shortage> parse_shortage(std::string_view text) noexcept;

/// An error's text that says so, where errors are texts: "this process lacks descriptors".
std::string lacking_text(std::string_view what);
bool says_lacking(std::string_view error) noexcept;

/// Of a failed system call; nullopt: the failure says nothing of us.
std::optional<shortage> shortage_of(int error_number) noexcept;
std::optional<shortage> shortage_of(const boost::system::error_code& error) noexcept;

/// Of a look-up that failed with this code of getaddrinfo(); `error_number` is errno behind it, 0 when
/// unknown. Without descriptors the system's files and servers cannot be asked, and the codes hide that: so
/// whether there are any is tried.
std::optional<shortage> shortage_of_lookup(int code, int error_number) noexcept;
/// The same of Asio's resolver.
std::optional<shortage> shortage_of_lookup(const boost::system::error_code& error) noexcept;

}  // namespace dispatch
