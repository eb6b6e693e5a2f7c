#include "tests/support/virtual_engine.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "actors/supervisor/supervisor.hpp"
#include "tests/support/origin_adapter.hpp"
#include "transport/providers/apns_adapter.hpp"
#include "transport/providers/fcm_adapter.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr auto tick_length = 5ms;

// The dedupe key and token of a request, whichever provider it is for.
std::string between(const std::string& text, const std::string& before) {
  const auto at = text.find(before);
  if (at == std::string::npos) return {};
  const auto from = at + before.size();
  return text.substr(from, text.find('"', from) - from);
}

seen_request seen(const provider_request& request, epoch_ms at) {
  seen_request result;
  result.path = request.path;
  result.body = request.body;
  result.at = at;
  if (request.path.starts_with("/3/device/")) {
    result.token = request.path.substr(10);
    for (const auto& [name, value] : request.own) {
      if (name == "apns-id") result.dedupe = value;
    }
  } else if (request.path.starts_with("http")) {
    result.token = request.path;
    for (const auto& [name, value] : request.own) {
      if (name == "webhook-id") result.dedupe = value;
    }
  } else {
    result.token = between(request.body, "\"token\":\"");
    result.dedupe = between(request.body, "\"dispatch_id\":\"");
  }
  return result;
}

}  // namespace

provider_answer scripted_channel::status(int code, std::string body, std::string retry_after) {
  provider_answer answer;
  answer.status = code;
  answer.body = std::move(body);
  answer.retry_after = std::move(retry_after);
  answer.round_trip = 5ms;
  return answer;
}

provider_answer scripted_channel::unregistered() {
  return status(404,
                R"({"error":{"status":"NOT_FOUND","details":[{"@type":)"
                R"("type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]}})");
}

void scripted_channel::submit(std::vector<outgoing> items, std::vector<local_end> ends) {
  if (!ends.empty()) {
    auto batch = std::make_shared<completion_batch>();
    batch->scope = scope_;
    batch->ends = std::move(ends);
    tracker_.send(std::move(batch));
  }
  for (auto& out : items) {
    auto request = seen(out.request, time_.wall());
    request.attempt = ++memory_->attempts[request.dedupe];
    auto result = answer(request);
    request.status = result.status;
    ledger.push_back(std::move(request));
    under_way_.push_back(
        {time_.wall() + latency, {std::move(out.item), std::move(result), nullptr}, std::move(out.held)});
  }
}

bool scripted_channel::deliver() {
  if (under_way_.empty() || under_way_.front().due > time_.wall()) return false;
  auto batch = std::make_shared<completion_batch>();
  batch->scope = scope_;
  while (!under_way_.empty() && under_way_.front().due <= time_.wall()) {
    batch->answers.push_back(std::move(under_way_.front().result));
    under_way_.pop_front();
  }
  tracker_.send(std::move(batch));
  return true;
}

virtual_engine::virtual_engine(std::function<void(settings&)> change)
    : virtual_engine(virtual_world{}, "engine-1", std::move(change)) {}

virtual_engine::virtual_engine(virtual_world shared, const std::string& consumer,
                               std::function<void(settings&)> change)
    : shared_(std::move(shared)),
      world_(shared_.redis),
      store_(std::make_shared<fake_store>(world_, consumer)),
      time_(shared_.time),
      parts_(std::make_shared<engine_parts>()) {
  if (change) change(config_);
  parts_->config.set(config_);
  parts_->measures = shared_.measures.get();
  parts_->storage = store_.get();
  parts_->time = time_.get();
  parts_->scopes.limit_rendered(config_.engine.rendered_bytes);
  parts_->seed = shared_.seed;
  parts_->limiters.emplace_back("limiter_0");
  const auto& serving = config_.platforms.served_by;
  const auto serves = [&](provider by) {
    return std::find(serving.begin(), serving.end(), by) != serving.end();
  };
  if (serves(provider::fcm))
    fcm_ = add_app(provider::fcm, "default", make_fcm_adapter({"project", outcome::quarantined, {}}),
                   shared_.fcm);
  if (serves(provider::apns))
    apns_ = add_app(provider::apns, "default", make_apns_adapter({"app.example", {}, outcome::quarantined}),
                    shared_.apns);
  if (config_.platforms.served_by[index_of(platform::webhook)]) add_webhooks();
  if (!config_.fcm.empty()) parts_->scopes[0].rate = config_.fcm[0].rate;

  system_config_.set("scheduler.policy", caf::atom("testing"));
  system_ = std::make_unique<caf::actor_system>(system_config_);
  supervisor_config top;
  top.parts = parts_;
  top.children = engine_children(*system_, parts_);
  // Redis may answer the lease's release after this process is gone.
  top.ended = [alive = std::weak_ptr<bool>(alive_), this](int code) {
    if (alive.lock()) ended = code;
  };
  top.ready = [this](bool is) { ready = is; };
  top.missing = [this](const std::string& what) { missing = what; };
  spawn_supervisor(*system_, std::move(top));
  settle();
}

virtual_engine::~virtual_engine() {
  withdraw_all(*parts_);
  auto& scheduler = static_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  scheduler.run();
  // What the actors hold of the parts must go before the parts' store does.
  parts_->scopes.clear();
  system_.reset();
}

std::shared_ptr<scripted_channel> virtual_engine::add_channel(scope_number scope,
                                                              std::shared_ptr<provider_memory> memory) {
  channels_.push_back(std::make_shared<scripted_channel>(*time_, scope, parts_->tracker, std::move(memory)));
  return channels_.back();
}

std::shared_ptr<scripted_channel> virtual_engine::add_app(provider by, const std::string& name,
                                                          std::shared_ptr<const provider_adapter> adapter,
                                                          std::shared_ptr<provider_memory> memory) {
  std::shared_ptr<scripted_channel> way;
  app_info app;
  app.by = by;
  app.name = name;
  app.adapter = adapter;
  app.scope = parts_->scopes.open(scope_name(by, name), false, [&](scope_number number) {
    scope_info info;
    info.by = by;
    info.app = name;
    info.app_index = static_cast<std::uint16_t>(parts_->apps.size());
    info.window = 100;
    info.adapter = adapter;
    info.way = way = add_channel(number, std::move(memory));
    return info;
  });
  parts_->apps.add(std::move(app));
  return way;
}

scripted_channel& virtual_engine::add_app(const std::string& name) {
  return *add_app(provider::fcm, name, make_fcm_adapter({"project", outcome::quarantined, {}}), shared_.fcm);
}

void virtual_engine::add_webhooks() {
  webhook_adapter_ = std::make_shared<origin_adapter>();
  app_info app;
  app.by = provider::webhook;
  app.name = "default";
  app.adapter = webhook_adapter_;
  app.open = [this](const std::string& origin, std::string_view tenant) {
    return open_origin(origin, tenant);
  };
  app.close = [this](scope_number scope) { parts_->scopes.retire(scope, time_->now()); };
  parts_->apps.add(std::move(app));
}

std::optional<scope_number> virtual_engine::open_origin(const std::string& origin, std::string_view tenant) {
  return parts_->scopes.open(
      scope_name(provider::webhook, "default", origin), true,
      [&](scope_number number) {
        scope_info info;
        info.by = provider::webhook;
        info.app = "default";
        info.origin = origin;
        info.app_index = 2;
        info.window = config_.engine.max_in_flight / 8;
        info.adapter = webhook_adapter_;
        info.way = origins_[origin] = add_channel(number, shared_.webhook);
        if (on_origin) on_origin(origin, *origins_[origin]);
        return info;
      },
      tenant, time_->now());
}

void virtual_engine::reload(const std::function<void(settings&)>& change) {
  change(config_);
  if (!config_.fcm.empty()) parts_->scopes[0].rate = config_.fcm[0].rate;
  parts_->config.set(config_);
}

std::string virtual_engine::add(lane to, std::string document) {
  const std::string stream = to == lane::normal ? "jobs" : "jobs:" + std::string(to_string(to));
  return world_->add(stream, {{"job", std::move(document)}});
}

bool virtual_engine::run_actors(std::size_t turns) {
  auto& scheduler = static_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  return scheduler.run(turns) > 0 || scheduler.has_job();
}

bool virtual_engine::run_providers() {
  bool answered = false;
  for (const auto& way : channels_) answered = way->deliver() || answered;
  return answered;
}

bool virtual_engine::step() {
  const bool ran = run_actors(std::numeric_limits<std::size_t>::max());
  world_->run();
  return run_providers() || ran;
}

void virtual_engine::timers(std::chrono::milliseconds passed) {
  static_cast<caf::scheduler::test_coordinator&>(system_->scheduler()).advance_time(passed);
}

void virtual_engine::settle() {
  for (int rounds = 0; rounds < 10'000; ++rounds) {
    if (!step()) return;
  }
  throw std::runtime_error("the engine does not come to rest: it spins");
}

void virtual_engine::run_for(std::chrono::milliseconds time) {
  for (auto passed = 0ms; passed < time; passed += tick_length) {
    time_->advance(tick_length);
    world_->advance(tick_length);
    timers(tick_length);
    settle();
  }
}

bool virtual_engine::run_until(const std::function<bool()>& done, std::chrono::milliseconds most) {
  for (auto passed = 0ms; passed < most; passed += tick_length) {
    if (done()) return true;
    run_for(tick_length);
  }
  return done();
}

std::size_t virtual_engine::depth(const std::string& stream) const {
  const auto found = world_->streams.find(stream);
  return found == world_->streams.end() ? 0 : found->second.entries.size();
}

std::string virtual_engine::job_field(const std::string& job, const std::string& field,
                                      const std::string& tenant) const {
  const auto found = world_->hashes.find("job:" + tenant + ":" + job);
  if (found == world_->hashes.end()) return {};
  const auto at = found->second.find(field);
  return at == found->second.end() ? std::string() : at->second;
}

bool virtual_engine::idle() const {
  for (const auto& [name, stream] : world_->streams) {
    if ((name.starts_with("jobs") || name.starts_with("wait:") || name == "outbox") &&
        !stream.entries.empty())
      return false;
  }
  return world_->due.empty() && world_->progress.empty();
}

std::string recipient_document(platform on, const std::string& target) {
  std::string out = "{\"platform\":\"";
  out.append(to_string(on)).append(on == platform::webhook ? "\",\"url\":\"" : "\",\"token\":\"");
  return out.append(target).append("\"}");
}

std::string job_document(const std::string& id, const std::vector<std::pair<platform, std::string>>& to,
                         const std::string& more) {
  std::string out = "{";
  if (!id.empty()) out.append("\"id\":\"").append(id).append("\",");
  out.append(more).append("\"message\":{\"title\":\"t\",\"body\":\"b\"},\"recipients\":[");
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (i > 0) out.append(",");
    out.append(recipient_document(to[i].first, to[i].second));
  }
  return out.append("]}");
}

std::string webhook_document(const std::string& id, const std::vector<std::string>& urls,
                             const std::string& more) {
  std::vector<std::pair<platform, std::string>> to;
  to.reserve(urls.size());
  for (const auto& url : urls) to.emplace_back(platform::webhook, url);
  return job_document(id, to, more);
}

}  // namespace dispatch
