#include "actors/http2_channel.hpp"

#include <atomic>
#include <utility>

#include "actors/flight_table.hpp"
#include "transport/providers/io_timer.hpp"
#include "transport/shortage.hpp"

namespace dispatch {
namespace {

// How often what waits for a credential is looked through for passed deadlines.
constexpr std::chrono::milliseconds held_check{500};
// Between attempts at a new credential while the old one serves; its own back-off may make it longer.
constexpr std::chrono::milliseconds successor_pause{1'000};

}  // namespace

struct http2_channel::state : std::enable_shared_from_this<state> {
  state(io_thread& loop, http2_channel_options given, channel_callbacks calls)
      : loop_thread(loop),
        options(std::move(given)),
        callbacks(std::move(calls)),
        after(timer_on(loop)),
        flights(options.scope, callbacks.completed) {
    http2::pool_callbacks pool_calls;
    pool_calls.completed = [this](std::vector<provider_answer>&& answers) { deliver(std::move(answers)); };
    pool_calls.event = [this](connection_event what, const std::string& detail) {
      callbacks.connection(what, detail);
    };
    connections = std::make_unique<http2::pool>(loop, options.pool, std::move(pool_calls));
    count();
  }

  void begin() {
    token = options.make_credential();
    adopt_credential();
  }

  void submit(std::vector<outgoing> items, std::vector<local_end> ends) {
    flights.end_here(std::move(ends));
    if (items.empty()) return;
    for (auto& request : flights.take(std::move(items))) held.push_back(std::move(request));
    send_held();
    count();
    // Streams are opened at the end of the loop's turn: only then is what still waits known.
    loop_thread.post([weak = weak_from_this()] {
      if (auto self = weak.lock(); self && !self->closed) self->count();
    });
  }

  void count() {
    const auto stats = connections->stats();
    waiting.store(held.size() + stats.waiting, std::memory_order_relaxed);
    concurrency.store(static_cast<std::uint32_t>(stats.limit), std::memory_order_relaxed);
  }

  // Requests wait here only for a credential; with one at hand they pass straight through.
  void send_held() {
    if (closed || held.empty()) return;
    auto headers = token->current();
    if (!headers && successor) {
      succeed();
      headers = token->current();
    }
    if (!headers) {
      await_credential();
      watch_held();
      return;
    }
    note_expiry();
    for (auto& request : held) {
      flights.set_credential(request.correlation, headers);
      request.shared = headers;
    }
    connections->submit(std::exchange(held, {}));
  }

  void await_credential() {
    if (std::exchange(awaiting, true)) return;
    token->await([weak = weak_from_this(), asked = generation](std::shared_ptr<const header_list> headers,
                                                               const std::string& error) {
      auto self = weak.lock();
      if (!self || self->closed || self->generation != asked) return;
      self->awaiting = false;
      if (headers) {
        self->lacking = false;
        self->note_expiry();
        self->send_held();
        return;
      }
      self->callbacks.credential_failed(error);
      self->lacking = says_lacking(error);
      self->fail_held(self->without_credential());
    });
  }

  // Made before it is needed: sends go on with the old one, and a new one that cannot be had (a typing error,
  // a token endpoint that is away) takes nothing from them.
  void replace_credential(std::unique_ptr<credential> next) {
    successor = std::move(next);
    ++successor_generation;
    if (successor->current()) {
      succeed();
      send_held();
    } else {
      await_successor();
    }
  }

  void await_successor() {
    successor->await([weak = weak_from_this(), asked = successor_generation](
                         const std::shared_ptr<const header_list>& headers, const std::string& error) {
      auto self = weak.lock();
      if (!self || self->closed || !self->successor || self->successor_generation != asked) return;
      if (headers) {
        self->succeed();
        self->send_held();
        return;
      }
      self->callbacks.credential_failed(error);
      self->after(successor_pause, [weak, asked] {
        auto again = weak.lock();
        if (!again || again->closed || !again->successor || again->successor_generation != asked) return;
        again->await_successor();
      });
    });
  }

  void succeed() {
    token = std::move(successor);
    ++generation;
    awaiting = false;
    adopt_credential();
  }

  void adopt_credential() {
    connections->use_identity(token->identity());
    renews_itself.store(token->identity() == nullptr, std::memory_order_relaxed);
    note_expiry();
  }

  void note_expiry() { expires.store(token->expires_at().count(), std::memory_order_relaxed); }

  void fail_held(send_failure why) { fail(std::exchange(held, {}), why); }

  void fail(const std::vector<provider_request>& requests, send_failure why) {
    flights.fail(requests, why);
    count();
  }

  // What could not be asked for, for want of something of our own, is no fault of the provider's.
  send_failure without_credential() const noexcept {
    return lacking ? send_failure::not_sent : send_failure::no_credential;
  }

  // The token endpoint may be away for longer than a request may take.
  void watch_held() {
    if (held.empty() || std::exchange(watching, true)) return;
    after(held_check, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self || self->closed) return;
      self->watching = false;
      const auto now = std::chrono::steady_clock::now();
      std::vector<provider_request> late;
      std::erase_if(self->held, [&](provider_request& request) {
        if (request.deadline > now) return false;
        late.push_back(std::move(request));
        return true;
      });
      self->fail(late, self->without_credential());
      self->watch_held();
    });
  }

  void deliver(std::vector<provider_answer>&& answers) {
    flights.deliver(std::move(answers));
    count();
  }

  void recall() {
    fail_held(send_failure::not_sent);
    connections->recall();
  }

  void credential_refused(const std::shared_ptr<const header_list>& used, bool new_connection) {
    if (used) token->refused(used);
    if (new_connection) connections->renew_connections();
  }

  void close() {
    if (std::exchange(closed, true)) return;
    connections.reset();
    token.reset();
    successor.reset();
    held.clear();
    flights.clear();
  }

  io_thread& loop_thread;
  http2_channel_options options;
  channel_callbacks callbacks;
  after_function after;
  std::unique_ptr<http2::pool> connections;
  std::unique_ptr<credential> token;
  std::unique_ptr<credential> successor;   ///< takes over as soon as it can
  std::uint64_t generation = 0;            ///< of token: what an earlier one still answers is void
  std::uint64_t successor_generation = 0;  ///< the same of successor
  flight_table flights;
  std::vector<provider_request> held;
  bool awaiting = false;
  bool lacking = false;  ///< why there is no credential
  bool watching = false;
  bool closed = false;
  std::atomic<std::uint64_t> waiting{0};
  std::atomic<std::uint32_t> concurrency{0};
  std::atomic<std::int64_t> expires{0};
  std::atomic<bool> renews_itself{true};
};

http2_channel::http2_channel(std::shared_ptr<io_thread> thread, http2_channel_options options,
                             channel_callbacks callbacks)
    : thread_(std::move(thread)),
      state_(std::make_shared<state>(*thread_, std::move(options), std::move(callbacks))) {
  // Before everything else that is asked of it. Not waited for: channels are also made on actors' threads.
  thread_->post([self = state_] { self->begin(); });
}

http2_channel::~http2_channel() = default;

void http2_channel::warm_up() {
  thread_->post([self = state_] {
    if (self->closed) return;
    if (!self->token->current()) self->await_credential();
    self->connections->warm_up();
  });
}

void http2_channel::submit(std::vector<outgoing> items, std::vector<local_end> ends) {
  auto load = std::make_shared<std::pair<std::vector<outgoing>, std::vector<local_end>>>(std::move(items),
                                                                                         std::move(ends));
  thread_->post([self = state_, load] {
    if (!self->closed) self->submit(std::move(load->first), std::move(load->second));
  });
}

void http2_channel::recall() {
  thread_->post([self = state_] {
    if (!self->closed) self->recall();
  });
}

void http2_channel::credential_refused(std::shared_ptr<const header_list> used, bool new_connection) {
  thread_->post([self = state_, used = std::move(used), new_connection] {
    if (!self->closed) self->credential_refused(used, new_connection);
  });
}

void http2_channel::replace_credential(std::function<std::unique_ptr<credential>()> make) {
  thread_->post([self = state_, make = std::move(make)] {
    if (!self->closed) self->replace_credential(make());
  });
}

void http2_channel::repeat_unclaimed() {
  thread_->post([self = state_] { self->flights.repeat_unclaimed(); });
}

void http2_channel::close() {
  thread_->run([self = state_] { self->close(); });
}

void http2_channel::close_soon() {
  thread_->post([self = state_] { self->close(); });
}

std::int64_t http2_channel::credential_expires_at() const noexcept {
  return state_->expires.load(std::memory_order_relaxed);
}

bool http2_channel::credential_renews_itself() const noexcept {
  return state_->renews_itself.load(std::memory_order_relaxed);
}

std::uint64_t http2_channel::in_flight() const noexcept {
  return state_->flights.in_flight();
}

std::uint32_t http2_channel::concurrency() const noexcept {
  return state_->concurrency.load(std::memory_order_relaxed);
}

std::uint64_t http2_channel::waiting() const noexcept {
  return state_->waiting.load(std::memory_order_relaxed);
}

}  // namespace dispatch
