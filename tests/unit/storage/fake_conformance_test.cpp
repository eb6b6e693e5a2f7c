// The fake that actors are tested on does what the real store does.

#include "tests/support/fake_store.hpp"
#include "tests/support/store_conformance.hpp"
#include "tests/support/store_conformance_audience.hpp"
#include "tests/support/store_conformance_content.hpp"
#include "tests/support/store_conformance_leases.hpp"
#include "tests/support/store_conformance_posts.hpp"
#include "tests/support/store_conformance_state.hpp"
#include "tests/support/store_conformance_suspects.hpp"
#include "tests/support/store_conformance_tokens.hpp"

namespace dispatch {
namespace {

class fake_backend final : public store_backend {
 public:
  std::unique_ptr<store> open(const std::string& consumer) override {
    return std::make_unique<fake_store>(world_, consumer);
  }
  void run() override { world_->run(); }
  epoch_ms now() override { return world_->now; }
  std::string add(const std::string& stream, const fields& entry) override {
    return world_->add(stream, entry);
  }
  std::vector<fields> stream(const std::string& name) override {
    std::vector<fields> all;
    for (const auto& [id, entry] : world_->streams[name].entries) all.push_back(entry);
    return all;
  }
  std::size_t pending(const std::string& stream) override { return world_->streams[stream].pending.size(); }
  fields hash(const std::string& name) override {
    fields known;
    if (name == "suspects") {
      for (const auto& [entry, record] : world_->suspects) known[entry];
      return known;
    }
    if (name == "progress") return world_->progress;
    const auto found = world_->hashes.find(name);
    return found != world_->hashes.end() ? found->second : fields();
  }
  void set_hash(const std::string& name, const fields& values) override { world_->hashes[name] = values; }
  void push(const std::string& name, const std::vector<std::string>& elements) override {
    world_->lists[name].insert(world_->lists[name].end(), elements.begin(), elements.end());
  }
  std::vector<std::string> list(const std::string& name) override {
    const auto& found = world_->lists[name];
    return {found.begin(), found.end()};
  }
  void remove(const std::string& stream, const std::string& id) override {
    world_->streams[stream].entries.erase(parse_id(id));
  }
  void lapse(const std::string& consumer) override { world_->owners.at(consumer).expires_at = epoch_ms(0); }
  void pass(std::chrono::milliseconds time) override {
    be_away(time);
    world_->served_at = world_->now;
  }
  void be_away(std::chrono::milliseconds time) override { world_->now += time; }

 private:
  std::shared_ptr<fake_world> world_ = std::make_shared<fake_world>();
};

INSTANTIATE_TEST_SUITE_P(fake, store_conformance,
                         testing::Values(backend_factory([] { return std::make_unique<fake_backend>(); })));

}  // namespace
}  // namespace dispatch
