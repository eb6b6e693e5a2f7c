// The token endpoint over a small HTTP/2 pool of its own: the real world of an FCM credential.

#include <exception>
#include <utility>

#include "transport/http2/pool.hpp"
#include "transport/io_thread.hpp"
#include "transport/providers/fcm_credential.hpp"
#include "transport/shortage.hpp"

namespace dispatch {
namespace {

using answered = std::function<void(provider_answer&&, const std::string&)>;

http2::pool_options options_for(std::string endpoint, std::string ca_file) {
  http2::pool_options options;
  options.endpoint = std::move(endpoint);
  options.ca_file = std::move(ca_file);
  options.max_connections = 1;
  options.max_streams = 4;
  options.max_waiting = 4;
  // One request an hour is no reason to keep a connection.
  options.idle_timeout = std::chrono::seconds{30};
  return options;
}

class token_client {
 public:
  token_client(io_thread& thread, token_endpoint where, const fcm_credential_options& options)
      : path_(std::move(where.path)),
        timeout_(options.request_timeout),
        shared_(std::make_shared<const header_list>(header_list{
            {"content-type", "application/x-www-form-urlencoded"}, {"accept", "application/json"}})),
        pool_(thread, options_for(std::move(where.endpoint), options.ca_file),
              {.completed = [this](std::vector<provider_answer>&& done) { completed(std::move(done)); },
               .event = [this](connection_event what, const std::string& detail) { event(what, detail); }}) {}

  void post(std::string form, answered callback) {
    callback_ = std::move(callback);
    provider_request request;
    request.correlation = ++last_;
    request.shared = shared_;
    request.path = path_;
    request.body = std::move(form);
    request.deadline = std::chrono::steady_clock::now() + timeout_;
    std::vector<provider_request> one;
    one.push_back(std::move(request));
    pool_.submit(std::move(one));
  }

 private:
  void completed(std::vector<provider_answer>&& done) {
    // The credential has one request under way at a time.
    for (auto& each : done) {
      if (each.correlation != last_ || !callback_) continue;
      const auto why = note(each.failure);
      const auto call = std::exchange(callback_, nullptr);
      call(std::move(each), why);
      return;
    }
  }

  void event(connection_event what, const std::string& detail) {
    if (what == connection_event::connected)
      trouble_.clear();
    else
      trouble_ = what == connection_event::shortage ? lacking_text(detail) : detail;
  }

  std::string note(send_failure why) const {
    switch (why) {
      case send_failure::none:
        return {};
      case send_failure::timeout:
        return "timeout";
      case send_failure::reset:
        return "stream reset";
      case send_failure::connection:
        return "connection lost";
      case send_failure::no_credential:
      case send_failure::not_sent:
      case send_failure::address_refused:
        break;
    }
    return trouble_.empty() ? std::string("no connection") : trouble_;
  }

  std::string path_;
  std::chrono::milliseconds timeout_;
  std::shared_ptr<const header_list> shared_;
  std::uint64_t last_ = 0;
  answered callback_;
  std::string trouble_;  ///< of the connection, since it last stood
  http2::pool pool_;
};

}  // namespace

fcm_credential_result make_fcm_credential(io_thread& thread, service_account account,
                                          fcm_credential_options options) {
  auto where = split_token_uri(account.token_uri);
  if (where.endpoint.empty()) return std::string("service account: \"token_uri\" is not an https address");
  try {
    const auto client = std::make_shared<token_client>(thread, std::move(where), options);
    fcm_credential_world world;
    world.now = options.now ? options.now : [] {
      return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
    };
    world.after = timer_on(thread);
    world.post = [client](std::string form, answered callback) {
      client->post(std::move(form), std::move(callback));
    };
    return make_fcm_credential(std::move(world), std::move(account), std::move(options));
  } catch (const std::exception& problem) {
    return std::string("token endpoint: ") + problem.what();
  }
}

}  // namespace dispatch
