#pragma once

// The encoder's copy of the table the peer's decoder keeps (RFC 7541 2.3.2, 4). Small enough (128 entries at
// most) to be searched from end to end. Internal to transport/http2.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::http2 {

class hpack_dynamic_table {
 public:
  /// What an entry counts besides its text (RFC 7541 4.1).
  static constexpr std::size_t entry_overhead = 32;

  struct match {
    std::uint32_t name = 0;   ///< index (from 62 on) of an entry with this name; 0 = none
    std::uint32_t whole = 0;  ///< index of the entry with this name and value; 0 = none
  };

  explicit hpack_dynamic_table(std::size_t capacity) noexcept : capacity_(capacity) {}

  match find(std::string_view name, std::string_view value) const noexcept;
  /// Evicts what must go; an entry larger than the table leaves it empty (4.4).
  void insert(std::string_view name, std::string_view value);
  void resize(std::size_t capacity);

  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t used() const noexcept { return used_; }
  std::size_t entries() const noexcept { return entries_.size(); }
  /// Another number whenever an index may mean something else than before.
  std::uint64_t version() const noexcept { return version_; }

  static std::size_t cost(std::string_view name, std::string_view value) noexcept {
    return name.size() + value.size() + entry_overhead;
  }

 private:
  struct entry {
    std::string name;
    std::string value;
  };

  void evict_down_to(std::size_t size);

  std::size_t capacity_;
  std::size_t used_ = 0;
  std::uint64_t version_ = 1;
  std::vector<entry> entries_;  ///< the newest last
};

}  // namespace dispatch::http2
