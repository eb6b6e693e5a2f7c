#pragma once

// A channel over an HTTP/2 pool: adds the credential to each request and keeps the table of what is in
// flight. It belongs to an io thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/channel.hpp"
#include "transport/http2/pool.hpp"
#include "transport/io_thread.hpp"
#include "transport/providers/credential.hpp"

namespace dispatch {

struct http2_channel_options {
  scope_number scope = 0;
  http2::pool_options pool;
  /// Makes the credential on the io thread. Must not own that thread: it would be joined by itself.
  std::function<std::unique_ptr<credential>()> make_credential;
};

class http2_channel final : public channel {
 public:
  /// Any thread, and returns at once.
  http2_channel(std::shared_ptr<io_thread> thread, http2_channel_options options,
                channel_callbacks callbacks);
  ~http2_channel() override;

  void warm_up() override;
  void submit(std::vector<outgoing> items, std::vector<local_end> ends) override;
  void recall() override;
  void credential_refused(std::shared_ptr<const header_list> used, bool new_connection) override;
  void repeat_unclaimed() override;
  void close() override;
  void close_soon() override;
  std::int64_t credential_expires_at() const noexcept override;
  bool credential_renews_itself() const noexcept override;
  std::uint64_t in_flight() const noexcept override;
  std::uint32_t concurrency() const noexcept override;
  std::uint64_t waiting() const noexcept override;

  /// Any thread. The credential there is goes on until the new one is at hand, unless it ends before.
  void replace_credential(std::function<std::unique_ptr<credential>()> make);

 private:
  struct state;
  std::shared_ptr<io_thread> thread_;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch
