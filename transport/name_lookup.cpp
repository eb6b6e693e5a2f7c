#include "transport/name_lookup.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <span>
#include <utility>

#include "transport/io_thread.hpp"

namespace dispatch {
namespace {

struct freeing {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

template <std::size_t Size, class Field>
std::span<const std::uint8_t, Size> bytes_of(const Field& field) noexcept {
  static_assert(sizeof(Field) == Size);
  return std::span<const std::uint8_t, Size>(reinterpret_cast<const std::uint8_t*>(&field), Size);
}

name_found ask_system(const std::string& host) {
  name_found out;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;  // else every address comes once per protocol
  addrinfo* list = nullptr;
  errno = 0;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &list); error != 0) {
    out.lacking = shortage_of_lookup(error, errno);
    out.error = ::gai_strerror(error);
    return out;
  }
  const std::unique_ptr<addrinfo, freeing> owned(list);
  for (const auto* each = list; each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET) {
      sockaddr_in address{};
      std::memcpy(&address, each->ai_addr, sizeof(address));
      out.addresses.push_back(ip_address::of_v4(bytes_of<4>(address.sin_addr)));
    } else if (each->ai_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, each->ai_addr, sizeof(address));
      out.addresses.push_back(ip_address::of_v6(bytes_of<16>(address.sin6_addr)));
    }
  }
  return out;
}

class system_lookup final : public name_lookup {
 public:
  explicit system_lookup(const name_lookup_options& options) : max_waiting_(options.max_waiting) {
    for (std::size_t i = 0; i < options.threads; ++i) workers_.push_back(std::make_unique<worker>());
  }

  using name_lookup::look_up;
  void look_up(std::string host, std::function<void(name_found)> then,
               std::shared_ptr<std::atomic<bool>> begun) override {
    auto& least = **std::min_element(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) {
      return a->asked.load() < b->asked.load();
    });
    if (least.asked.load() > max_waiting_)
      return then(name_found{{}, "too many look-ups", shortage::lookups});
    least.asked.fetch_add(1);
    least.thread.post([&least, host = std::move(host), then = std::move(then), begun = std::move(begun)] {
      if (begun) begun->store(true);
      then(ask_system(host));
      least.asked.fetch_sub(1);
    });
  }

 private:
  struct worker {
    std::atomic<std::size_t> asked{0};
    io_thread thread{"name-lookup"};
  };

  std::size_t max_waiting_;
  std::vector<std::unique_ptr<worker>> workers_;
};

}  // namespace

std::shared_ptr<name_lookup> make_system_lookup(const name_lookup_options& options) {
  return std::make_shared<system_lookup>(options);
}

std::shared_ptr<name_lookup> shared_system_lookup() {
  static std::mutex guard;
  static std::weak_ptr<name_lookup> known;
  const std::scoped_lock lock(guard);
  auto held = known.lock();
  if (!held) known = held = make_system_lookup();
  return held;
}

}  // namespace dispatch
