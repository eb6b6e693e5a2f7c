#pragma once

// The way to one provider for one app, as the actors see it. The real ones are http2_channel (with
// sealing_channel in front of it for Web Push) and smtp_channel; tests bring their own. A channel is no
// actor: an actor's crash changes nothing for what was handed over here, and completions are kept until the
// tracker has taken them.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/messages.hpp"
#include "actors/rendered_bytes.hpp"
#include "transport/message.hpp"

namespace dispatch {

/// A rendered item on its way to the provider.
struct outgoing {
  work_item item;
  provider_request request;
  rendered_bytes::claim held{};  ///< until it is answered
};

/// What a channel tells, on a thread of its own: its io thread, or one that encrypts.
struct channel_callbacks {
  /// The channel keeps the batch until its `applied` is claimed.
  std::function<void(completion_batch_ptr)> completed;
  std::function<void(connection_event, const std::string& detail)> connection;
  /// The credential could not be had.
  std::function<void(const std::string& error)> credential_failed;
};

/// All of it from any thread.
class channel {
 public:
  virtual ~channel() = default;

  /// Connects and fetches the credential ahead of the first item.
  virtual void warm_up() = 0;
  /// From here on the channel answers for every item, exactly once, by completion batches to the tracker.
  virtual void submit(std::vector<outgoing> items, std::vector<local_end> ends) = 0;
  /// What has not reached the network comes back as not_sent.
  virtual void recall() = 0;
  /// The provider refused this credential.
  virtual void credential_refused(std::shared_ptr<const header_list> used, bool new_connection) = 0;
  /// Says again what the tracker has not claimed.
  virtual void repeat_unclaimed() = 0;
  /// Ends it; waits until nothing of it runs any more.
  virtual void close() = 0;
  /// Ends it when it holds nothing, without waiting.
  virtual void close_soon() { close(); }
  /// Milliseconds since the epoch; 0 when unknown.
  virtual std::int64_t credential_expires_at() const noexcept = 0;
  /// False of a certificate: somebody must bring the next one before that time.
  virtual bool credential_renews_itself() const noexcept { return true; }
  /// Items submitted and not yet answered.
  virtual std::uint64_t in_flight() const noexcept = 0;
  /// How many the provider gets at a time, as found by watching it.
  virtual std::uint32_t concurrency() const noexcept = 0;
  /// Items among them that have not reached a stream: no connection, no credential, all streams taken.
  virtual std::uint64_t waiting() const noexcept = 0;
};

}  // namespace dispatch
