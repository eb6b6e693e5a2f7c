#pragma once

// Bytes of requests that are rendered and not answered yet: they wait to be encrypted, for a stream, for the
// provider. Counted by scope, app and process, each account in the one above it. No account may take all
// there is: it may hold as much as is left, counted at every level, so that a provider that does not answer
// leaves room for the others, and one origin for the rest of its app's. Any thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace dispatch {

class rendered_bytes {
 public:
  /// The process's account.
  explicit rendered_bytes(std::uint64_t limit) : limit_(limit) {}
  explicit rendered_bytes(std::shared_ptr<rendered_bytes> above)
      : limit_(above->limit_), above_(std::move(above)) {}
  rendered_bytes(const rendered_bytes&) = delete;
  rendered_bytes& operator=(const rendered_bytes&) = delete;

  std::uint64_t held() const noexcept { return held_.load(std::memory_order_relaxed); }

  /// Whether more may be rendered. One request may then go beyond the limit, by its own size.
  bool has_room() const noexcept { return counted() < limit_; }
  /// Whether it is worth while to begin: not with the last bytes, for what does not find room comes back.
  bool has_ample_room() const noexcept { return counted() < limit_ - limit_ / 4; }

  /// While it lives the bytes are held.
  class claim {
   public:
    claim() = default;
    claim(std::shared_ptr<rendered_bytes> account, std::uint64_t bytes)
        : account_(std::move(account)), bytes_(bytes) {
      account_->add(bytes_);
    }
    claim(claim&& other) noexcept : account_(std::move(other.account_)), bytes_(other.bytes_) {}
    claim& operator=(claim&& other) noexcept {
      std::swap(account_, other.account_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~claim() {
      if (account_) account_->take_off(bytes_);
    }

   private:
    std::shared_ptr<rendered_bytes> account_;
    std::uint64_t bytes_ = 0;
  };

 private:
  std::uint64_t counted() const noexcept {
    std::uint64_t sum = 0;
    for (const auto* at = this; at != nullptr; at = at->above_.get()) sum += at->held();
    return sum;
  }
  void add(std::uint64_t bytes) noexcept {
    for (auto* at = this; at != nullptr; at = at->above_.get())
      at->held_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void take_off(std::uint64_t bytes) noexcept {
    for (auto* at = this; at != nullptr; at = at->above_.get())
      at->held_.fetch_sub(bytes, std::memory_order_relaxed);
  }

  const std::uint64_t limit_;
  const std::shared_ptr<rendered_bytes> above_;
  std::atomic<std::uint64_t> held_{0};
};

}  // namespace dispatch
