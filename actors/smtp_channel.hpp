#pragma once

// A channel over a pool of SMTP connections. Its credential is part of logging in, not of the messages. It
// belongs to an io thread.

#include <cstdint>
#include <memory>
#include <string>

#include "actors/channel.hpp"
#include "transport/io_thread.hpp"
#include "transport/smtp/pool.hpp"

namespace dispatch {

struct smtp_channel_options {
  scope_number scope = 0;
  smtp::pool_options pool;
  /// Messages the connections are handed at a time, of which each sends one.
  std::uint32_t concurrency = 0;
};

class smtp_channel final : public channel {
 public:
  /// Throws std::runtime_error when the pool's ca_file cannot be read. Any thread, and returns at once.
  smtp_channel(std::shared_ptr<io_thread> thread, smtp_channel_options options, channel_callbacks callbacks);
  ~smtp_channel() override;

  void warm_up() override;
  void submit(std::vector<outgoing> items, std::vector<local_end> ends) override;
  void recall() override;
  /// Nothing to do: a server refuses a login, not a message's credential.
  void credential_refused(std::shared_ptr<const header_list> used, bool new_connection) override;
  void repeat_unclaimed() override;
  void close() override;
  /// A password says nothing of its end.
  std::int64_t credential_expires_at() const noexcept override { return 0; }
  std::uint64_t in_flight() const noexcept override;
  std::uint32_t concurrency() const noexcept override { return concurrency_; }
  std::uint64_t waiting() const noexcept override;

  /// Any thread. Messages being sent go on with the old one.
  void replace_password(std::string username, std::string password);

 private:
  struct state;
  std::shared_ptr<io_thread> thread_;
  const std::uint32_t concurrency_;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch
