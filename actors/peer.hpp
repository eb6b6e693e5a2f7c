#pragma once

// Sending and handling, always through here: mailboxes are gauged, an exception becomes a log line and an
// error the supervisor understands, and ThreadSanitizer is told of the hand-over it cannot see inside the
// distribution's libcaf.

#include <atomic>
#include <caf/all.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "actors/log.hpp"

#if defined(__SANITIZE_THREAD__)
#define DISPATCH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DISPATCH_TSAN 1
#endif
#endif
#ifdef DISPATCH_TSAN
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#define DISPATCH_TSAN_ACQUIRE(address) __tsan_acquire(address)
#define DISPATCH_TSAN_RELEASE(address) __tsan_release(address)
#else
#define DISPATCH_TSAN_ACQUIRE(address) static_cast<void>(address)
#define DISPATCH_TSAN_RELEASE(address) static_cast<void>(address)
#endif

namespace dispatch {

/// What is known of one mailbox from outside. The depth is what was sent less what was begun.
struct mailbox {
  std::string actor;
  std::atomic<std::int64_t> depth{0};
};

/// Where an actor can be reached, now or after a restart: the supervisor publishes the new handle here and
/// nobody keeps an old one. Copies share the place. Any thread.
template <class Handle>
class peer {
 public:
  peer() = default;
  explicit peer(std::string actor) : place_(std::make_shared<place>()) {
    place_->box.actor = std::move(actor);
  }

  void publish(const Handle& handle) const {
    place_->box.depth.store(0, std::memory_order_relaxed);
    std::scoped_lock lock(place_->guard);
    place_->handle = handle;
  }
  void clear() const { publish(Handle{}); }
  /// Ends whoever is there, and is empty then.
  void end() const {
    Handle to;
    {
      std::scoped_lock lock(place_->guard);
      to = std::exchange(place_->handle, Handle{});
    }
    if (to) caf::anon_send_exit(to, caf::exit_reason::user_shutdown);
  }

  /// False when nobody is there (between a crash and the restart, or after shut-down): the message is gone.
  template <class Message>
  bool send(Message&& message) const {
    return send_with<caf::message_priority::normal>(std::forward<Message>(message));
  }
  /// Overtakes what waits in the mailbox: for control.
  template <class Message>
  bool send_urgent(Message&& message) const {
    return send_with<caf::message_priority::high>(std::forward<Message>(message));
  }

  dispatch::mailbox& mailbox() const { return place_->box; }

 private:
  template <caf::message_priority Priority, class Message>
  bool send_with(Message&& message) const {
    Handle to;
    {
      std::scoped_lock lock(place_->guard);
      to = place_->handle;
    }
    if (!to) return false;
    place_->box.depth.fetch_add(1, std::memory_order_relaxed);
    DISPATCH_TSAN_RELEASE(&place_->box);
    caf::anon_send<Priority>(to, std::forward<Message>(message));
    return true;
  }

  struct place {
    dispatch::mailbox box;
    std::mutex guard;
    Handle handle;
  };
  std::shared_ptr<place> place_;
};

/// Wraps a handler. Use as: `on<room>(self_peer, [state](const room& m) { state->take(m); })`.
template <class Message, class Handle, class Function>
auto on(const peer<Handle>& me, Function handler) {
  return [me, handler = std::move(handler)](const Message& message) mutable {
    me.mailbox().depth.fetch_sub(1, std::memory_order_relaxed);
    DISPATCH_TSAN_ACQUIRE(&me.mailbox());
    handler(message);
    DISPATCH_TSAN_RELEASE(&me.mailbox());
  };
}

/// Makes the actor die of an exception with a log line and a reason of ours; CAF's default prints to stdout.
template <class Self>
void log_exceptions(Self* self, std::string actor) {
  self->set_exception_handler([actor = std::move(actor)](std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      log::error("actor_failed", {{"actor", actor}, {"error", e.what()}});
    } catch (...) {
      log::error("actor_failed", {{"actor", actor}, {"error", "not a std::exception"}});
    }
    return caf::make_error(caf::sec::runtime_error, actor);
  });
}

/// One tick a call; the actor's generation makes a late tick of an earlier life harmless. Counted like any
/// other message of that mailbox.
template <class Self, class Handle, class Message>
void send_later(Self* self, const peer<Handle>& me, std::chrono::milliseconds after, Message message) {
  me.mailbox().depth.fetch_add(1, std::memory_order_relaxed);
  DISPATCH_TSAN_RELEASE(&me.mailbox());
  self->delayed_send(self, after, std::move(message));
}

}  // namespace dispatch
