#include "actors/pressure_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace dispatch {

struct pressure_metrics::state {
  prometheus::Registry registry;
  prometheus::Gauge& rendered = prometheus::BuildGauge()
                                    .Name("dispatch_rendered_bytes")
                                    .Help("Bytes of requests rendered and not answered yet.")
                                    .Register(registry)
                                    .Add({});
  prometheus::Gauge& scopes = prometheus::BuildGauge()
                                  .Name("dispatch_scopes")
                                  .Help("Scopes there are: apps, and origins there is work for.")
                                  .Register(registry)
                                  .Add({});
  prometheus::Gauge& clock_offset = prometheus::BuildGauge()
                                        .Name("dispatch_clock_offset_seconds")
                                        .Help("Redis's clock less this machine's.")
                                        .Register(registry)
                                        .Add({});
  prometheus::Counter& unplaced = prometheus::BuildCounter()
                                      .Name("dispatch_origins_unplaced_total")
                                      .Help("How often an origin found no room; its work waits.")
                                      .Register(registry)
                                      .Add({});
  prometheus::Family<prometheus::Counter>& shortages =
      prometheus::BuildCounter()
          .Name("dispatch_resource_shortage_total")
          .Help("Attempts to connect that failed for want of something of the process's own.")
          .Register(registry);
  std::mutex guard;
  std::map<std::string, std::uint64_t, std::less<>> before;

  /// What a count has grown by since it was last told.
  double growth(const std::string& of, std::uint64_t count) {
    const std::lock_guard lock(guard);
    auto& last = before[of];
    const auto more = count > last ? count - last : 0;
    last = count;
    return static_cast<double>(more);
  }
};

pressure_metrics::pressure_metrics() : state_(std::make_unique<state>()) {}
pressure_metrics::~pressure_metrics() = default;

void pressure_metrics::rendered_bytes(std::uint64_t held) {
  state_->rendered.Set(static_cast<double>(held));
}

void pressure_metrics::scopes(std::uint64_t in_use, std::uint64_t refused) {
  state_->scopes.Set(static_cast<double>(in_use));
  state_->unplaced.Increment(state_->growth("unplaced", refused));
}

void pressure_metrics::shortage(std::string_view resource, std::uint64_t count) {
  const std::string name(resource);
  state_->shortages.Add({{"resource", name}}).Increment(state_->growth("shortage " + name, count));
}

void pressure_metrics::clock_offset(std::chrono::microseconds redis_ahead) {
  state_->clock_offset.Set(std::chrono::duration<double>(redis_ahead).count());
}

std::string pressure_metrics::exposition() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace dispatch
