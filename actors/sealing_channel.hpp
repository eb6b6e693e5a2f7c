#pragma once

// A channel whose requests are encrypted for their recipients on a pool's threads before they go on to the
// channel behind it. Keeps the order within a lane. It answers itself for what does not get that far: taken
// back, or with keys that are none.

#include <functional>
#include <memory>
#include <vector>

#include "actors/channel.hpp"
#include "actors/sealing_pool.hpp"

namespace dispatch {

class sealing_channel final : public channel {
 public:
  /// `completed` is called on any thread.
  sealing_channel(scope_number scope, std::shared_ptr<channel> inner, std::shared_ptr<sealing_pool> pool,
                  std::function<void(completion_batch_ptr)> completed);
  ~sealing_channel() override;

  void warm_up() override;
  void submit(std::vector<outgoing> items, std::vector<local_end> ends) override;
  void recall() override;
  void credential_refused(std::shared_ptr<const header_list> used, bool new_connection) override;
  void repeat_unclaimed() override;
  /// What is not with the inner channel yet is given back first.
  void close() override;
  void close_soon() override;
  std::int64_t credential_expires_at() const noexcept override;
  bool credential_renews_itself() const noexcept override;
  std::uint64_t in_flight() const noexcept override;
  std::uint32_t concurrency() const noexcept override;
  std::uint64_t waiting() const noexcept override;

 private:
  struct state;
  std::shared_ptr<sealing_pool> pool_;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch
