#include "transport/http2/hpack_dynamic_table.hpp"

#include "transport/http2/hpack_static_table.hpp"

namespace dispatch::http2 {

hpack_dynamic_table::match hpack_dynamic_table::find(std::string_view name,
                                                     std::string_view value) const noexcept {
  match found;
  auto index = static_table_size;
  for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) {
    ++index;
    if (at->name != name) continue;
    if (found.name == 0) found.name = index;
    if (at->value != value) continue;
    found.whole = index;
    break;
  }
  return found;
}

void hpack_dynamic_table::insert(std::string_view name, std::string_view value) {
  ++version_;
  const auto size = cost(name, value);
  if (size > capacity_) return evict_down_to(0);
  evict_down_to(capacity_ - size);
  entries_.push_back({std::string(name), std::string(value)});
  used_ += size;
}

void hpack_dynamic_table::resize(std::size_t capacity) {
  ++version_;
  capacity_ = capacity;
  evict_down_to(capacity);
}

void hpack_dynamic_table::evict_down_to(std::size_t size) {
  auto oldest = entries_.begin();
  for (; used_ > size; ++oldest) used_ -= cost(oldest->name, oldest->value);
  entries_.erase(entries_.begin(), oldest);
}

}  // namespace dispatch::http2
