#pragma once

// The token store without Redis: marks are in the fake world, so that several processes share them.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/token_store.hpp"
#include "tests/support/fake_world.hpp"

namespace dispatch {

class fake_token_store final : public token_store {
 public:
  /// `consumer` and `epoch` are its process's fake_store's, and outlive it.
  fake_token_store(std::shared_ptr<fake_world> world, const std::string& consumer, const std::uint64_t& epoch)
      : world_(std::move(world)), consumer_(consumer), epoch_(epoch) {}

  bool any() const noexcept override;
  void suppressed(std::vector<token_fingerprint> tokens,
                  store_callback<std::vector<epoch_ms>> callback) override;
  void suppress(std::vector<suppress_mark> marks, store_callback<nothing> callback) override;

 private:
  bool owns_its_epoch() const;

  std::shared_ptr<fake_world> world_;
  const std::string& consumer_;
  const std::uint64_t& epoch_;
};

}  // namespace dispatch
