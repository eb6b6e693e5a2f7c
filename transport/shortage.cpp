#include "transport/shortage.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <unistd.h>

#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>

namespace dispatch {
namespace {

constexpr std::array<std::string_view, shortage_count> names{"descriptors", "memory", "ports", "threads",
                                                             "lookups"};

constexpr std::string_view lacking = "this process lacks ";

bool lacks_descriptors() noexcept {
  const int tried = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (tried >= 0) {
    ::close(tried);
    return false;
  }
  return shortage_of(errno) == shortage::descriptors;
}

}  // namespace

std::string_view to_string(shortage what) noexcept {
  return names[static_cast<std::size_t>(what)];
}

std::optional<shortage> parse_shortage(std::string_view text) noexcept {
  for (std::size_t at = 0; at < names.size(); ++at)
    if (names[at] == text) return static_cast<shortage>(at);
  return std::nullopt;
}

std::string lacking_text(std::string_view what) {
  return std::string(lacking).append(what);
}

bool says_lacking(std::string_view error) noexcept {
  return error.find(lacking) != std::string_view::npos;
}

std::optional<shortage> shortage_of(int error_number) noexcept {
  switch (error_number) {
    case EMFILE:
    case ENFILE:
    case ENOSPC:  // epoll: max_user_watches
      return shortage::descriptors;
    case ENOBUFS:
    case ENOMEM:
      return shortage::memory;
    case EADDRNOTAVAIL:
    case EAGAIN:  // connect(2): all ports of the local range are taken
      return shortage::ports;
    default:
      return std::nullopt;
  }
}

std::optional<shortage> shortage_of(const boost::system::error_code& error) noexcept {
  if (!error || error.category() != boost::system::system_category()) return std::nullopt;
  return shortage_of(error.value());
}

std::optional<shortage> shortage_of_lookup(int code, int error_number) noexcept {
  if (code == EAI_MEMORY) return shortage::memory;
  const auto known = shortage_of(error_number);
  if (known == shortage::descriptors || known == shortage::memory) return known;
  return lacks_descriptors() ? std::optional(shortage::descriptors) : std::nullopt;
}

std::optional<shortage> shortage_of_lookup(const boost::system::error_code& error) noexcept {
  if (error == boost::asio::error::no_memory) return shortage::memory;
  return shortage_of_lookup(0, error.category() == boost::system::system_category() ? error.value() : 0);
}

}  // namespace dispatch
