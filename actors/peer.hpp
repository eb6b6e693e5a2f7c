#pragma once

// Sending and handling, always through here. A peer is where an actor can be reached, now or after a restart;
// it keeps what was sent until it has been handled, so that the crash of an actor loses no message: the next
// life gets what is left, in the same order. Mailboxes are gauged, an exception becomes a log line and an
// error the supervisor understands, and ThreadSanitizer is told of the hand-over it cannot see inside the
// distribution's libcaf.

#include <algorithm>
#include <atomic>
#include <caf/all.hpp>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

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

struct tick;

/// For tests: called before every message is handled, with the actor's name; may throw. Null outside tests.
inline std::function<void(const std::string& actor)>& before_handling() {
  static std::function<void(const std::string&)> hook;
  return hook;
}

template <class Handle>
class peer {
 public:
  peer() = default;
  explicit peer(std::string actor) : place_(std::make_shared<place>()) { place_->actor = std::move(actor); }

  const std::string& actor() const { return place_->actor; }

  /// The actor's (next) life begins: it gets everything not handled yet.
  void publish(const Handle& handle) const {
    std::scoped_lock lock(place_->guard);
    place_->handle = handle;
    for (const auto& sent : place_->urgent) enqueue(caf::message_priority::high, sent);
    for (const auto& sent : place_->normal) enqueue(caf::message_priority::normal, sent);
  }
  /// It died; what is sent from here on waits for the next life.
  void withdraw() const {
    std::scoped_lock lock(place_->guard);
    place_->handle = Handle{};
  }
  /// For good: ends whoever is there and drops what is left.
  void end() const {
    Handle to;
    {
      std::scoped_lock lock(place_->guard);
      place_->ended = true;
      to = std::exchange(place_->handle, Handle{});
      place_->urgent.clear();
      place_->normal.clear();
    }
    if (to) caf::anon_send_exit(to, caf::exit_reason::user_shutdown);
  }
  /// Ends whoever is there as an error would: for tests of restarts.
  void crash() const {
    Handle to;
    {
      std::scoped_lock lock(place_->guard);
      to = place_->handle;
    }
    if (to) caf::anon_send_exit(to, caf::exit_reason::unhandled_exception);
  }

  /// False when nobody will ever handle it (after end()).
  template <class Message>
  bool send(Message&& message) const {
    return send_with(caf::message_priority::normal, std::forward<Message>(message));
  }
  /// Overtakes what waits in the mailbox: for control.
  template <class Message>
  bool send_urgent(Message&& message) const {
    return send_with(caf::message_priority::high, std::forward<Message>(message));
  }

  /// What was sent and not handled.
  std::size_t depth() const {
    std::scoped_lock lock(place_->guard);
    return place_->urgent.size() + place_->normal.size();
  }

  // For on():

  /// About to handle; answers how often its handling has failed before.
  template <class Message>
  std::uint32_t begin(const Message& message) const {
    DISPATCH_TSAN_ACQUIRE(place_.get());
    if (before_handling()) before_handling()(place_->actor);
    std::scoped_lock lock(place_->guard);
    const auto* sent = find(message);
    return sent ? sent->failures : 0;
  }
  template <class Message>
  void handled(const Message& message) const {
    DISPATCH_TSAN_RELEASE(place_.get());
    std::scoped_lock lock(place_->guard);
    for (auto* queue : {&place_->urgent, &place_->normal}) {
      if (!queue->empty() && is(queue->front(), message)) {
        queue->pop_front();
        return;
      }
    }
  }
  template <class Message>
  void failed(const Message& message) const {
    std::scoped_lock lock(place_->guard);
    if (auto* sent = find(message)) ++sent->failures;
  }

 private:
  struct sent_message {
    caf::message content;
    std::uint32_t failures = 0;
  };

  template <class Message>
  bool send_with(caf::message_priority priority, Message&& message) const {
    using token = caf::detail::type_list<std::decay_t<Message>>;
    static_assert(caf::response_type_unbox<typename Handle::signatures, token>::valid,
                  "this actor does not take this message");
    auto content = caf::make_message(std::forward<Message>(message));
    std::scoped_lock lock(place_->guard);
    if (place_->ended) return false;
    auto& queue = priority == caf::message_priority::high ? place_->urgent : place_->normal;
    queue.push_back({std::move(content), 0});
    // Under the lock, so that the order here is the order in the actor's mailbox.
    if (place_->handle) enqueue(priority, queue.back());
    return true;
  }

  void enqueue(caf::message_priority priority, const sent_message& sent) const {
    DISPATCH_TSAN_RELEASE(place_.get());
    const auto id = priority == caf::message_priority::high
                        ? caf::make_message_id(caf::message_priority::high)
                        : caf::make_message_id(caf::message_priority::normal);
    caf::actor_cast<caf::strong_actor_ptr>(place_->handle)
        ->get()
        ->enqueue(nullptr, id, sent.content, nullptr);
  }

  template <class Message>
  static bool is(const sent_message& sent, const Message& message) {
    return sent.content.template match_elements<Message>() &&
           &sent.content.template get_as<Message>(0) == &message;
  }
  template <class Message>
  sent_message* find(const Message& message) const {
    for (auto* queue : {&place_->urgent, &place_->normal}) {
      if (!queue->empty() && is(queue->front(), message)) return &queue->front();
    }
    return nullptr;
  }

  struct place {
    std::string actor;
    std::mutex guard;
    Handle handle;
    bool ended = false;
    // Bounded as the mailbox is: by the credits the messages belong to (docs/architecture.md, Bounds).
    std::deque<sent_message> urgent, normal;
  };
  std::shared_ptr<place> place_;
};

/// Wraps a handler: `on<room>(me, [state](const room& m) { state->take(m); })`. One that takes a second
/// argument gets how often this very message has failed before.
template <class Message, class Handle, class Function>
auto on(const peer<Handle>& me, Function handler) {
  return [me, handler = std::move(handler)](const Message& message) mutable {
    try {
      const auto failures = me.begin(message);
      if constexpr (std::is_invocable_v<Function, const Message&, std::uint32_t>) {
        handler(message, failures);
      } else {
        static_cast<void>(failures);
        handler(message);
      }
    } catch (...) {
      me.failed(message);
      throw;
    }
    me.handled(message);
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

/// To oneself, on time. Not kept over a restart: the next life sets its own.
template <class Self, class Message>
void send_later(Self* self, std::chrono::milliseconds after, Message message) {
  self->delayed_send(self, after, std::move(message));
}

}  // namespace dispatch
