#include "actors/webpush_kit.hpp"

#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "actors/app_kit.hpp"
#include "actors/sealing_channel.hpp"
#include "transport/providers/webpush/message_encryption.hpp"
#include "transport/providers/webpush/webpush_adapter.hpp"

namespace dispatch {
namespace {

/// The threads of an app, started with its first push service: a kit is also made just to see whether it can
/// be.
class lazy_pool {
 public:
  explicit lazy_pool(std::uint32_t threads) : threads_(threads) {}

  std::shared_ptr<sealing_pool> get() {
    const std::lock_guard lock(guard_);
    if (!made_)
      made_ = std::make_shared<sealing_pool>(
          sealing_pool::options{.threads = threads_, .make_seal = make_webpush_seal});
    return made_;
  }

 private:
  const std::uint32_t threads_;
  std::mutex guard_;
  std::shared_ptr<sealing_pool> made_;
};

}  // namespace

sealing_pool::seal_function make_webpush_seal() {
  return [sealer = std::make_shared<message_sealer>()](const recipient& who, std::string& body) {
    const auto done = sealer->seal(who.p256dh, who.auth, body);
    // The adapter has measured it: no recipient's fault.
    if (done == seal_status::too_large) throw std::length_error(std::string(to_string(done)));
    return done == seal_status::ok ? std::string() : std::string(to_string(done));
  };
}

app_kit_result make_kit(const webpush_app& app, const std::shared_ptr<io_thread>& thread, wall_clock wall) {
  const auto tried = try_connection("webpush." + app.app + '.', app.ca_file);
  if (!tried.wrong.empty()) return tried.wrong;
  auto loaded = load_credential(app, *thread, wall);
  if (auto* wrong = std::get_if<std::string>(&loaded)) return std::move(*wrong);
  auto& from = std::get<origin_credential_source>(loaded);
  webpush_options options;
  options.ttl = std::chrono::floor<std::chrono::seconds>(app.ttl);
  options.now = std::move(wall);
  options.allow_hosts = app.allow_hosts;
  app_kit kit;
  kit.adapter = make_webpush_adapter(std::move(options));
  kit.fingerprint = std::move(from.fingerprint);
  kit.make_credential = std::move(from.make);
  kit.open = [connect = open_over_http2(thread, strangers_pool_of(app, app.allow_addresses)),
              pool = std::make_shared<lazy_pool>(app.threads)](channel_seat seat) {
    const auto scope = seat.scope;
    const auto completed = seat.calls.completed;
    auto opened = connect(std::move(seat));
    opened.way = std::make_shared<sealing_channel>(scope, std::move(opened.way), pool->get(), completed);
    return opened;
  };
  return kit;
}

}  // namespace dispatch
