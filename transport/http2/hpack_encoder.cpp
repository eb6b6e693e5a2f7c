#include "transport/http2/hpack_encoder.hpp"

#include <algorithm>

#include "transport/http2/hpack_static_table.hpp"

namespace dispatch::http2 {
namespace {

// The bits in front of an index (RFC 7541 6) and how many are left for it.
struct representation {
  std::uint8_t pattern;
  int index_bits;
};
constexpr representation indexed{0x80, 7};
constexpr representation literal_stored{0x40, 6};
constexpr representation literal_not_stored{0x00, 4};
constexpr representation table_size_update{0x20, 5};
constexpr representation raw_string{0x00, 7};

// RFC 7541 5.1.
void put_integer(std::string& out, representation as, std::size_t value) {
  const std::size_t limit = (std::size_t{1} << as.index_bits) - 1;
  if (value < limit) {
    out += static_cast<char>(as.pattern | value);
    return;
  }
  out += static_cast<char>(as.pattern | limit);
  for (value -= limit; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}

void put_string(std::string& out, std::string_view text) {
  put_integer(out, raw_string, text.size());
  out += text;
}

}  // namespace

void hpack_encoder::limit_table(std::size_t size, std::size_t least) {
  limit_ = std::min(size, max_table);
  least_limit_ = std::min(least_limit_, least);
}

void hpack_encoder::begin(std::string& out) {
  // Both the smallest and the last of several changes are to be said, so that the peer evicts what we do.
  if (least_limit_ < std::min(limit_, table_.capacity())) {
    put_integer(out, table_size_update, least_limit_);
    table_.resize(least_limit_);
  }
  if (limit_ != table_.capacity()) {
    put_integer(out, table_size_update, limit_);
    table_.resize(limit_);
  }
  least_limit_ = limit_;
}

void hpack_encoder::field(std::string& out, std::string_view name, std::string_view value,
                          hpack_storing how) {
  const auto fixed = find_static(name, value);
  if (fixed.whole != 0) return put_integer(out, indexed, fixed.whole);
  const auto dynamic = table_.find(name, value);
  if (dynamic.whole != 0) return put_integer(out, indexed, dynamic.whole);
  const auto name_index = fixed.name != 0 ? fixed.name : dynamic.name;
  const bool store = is_worth_storing(name, value, name_index != 0, how);
  put_integer(out, store ? literal_stored : literal_not_stored, name_index);
  if (name_index == 0) put_string(out, name);
  put_string(out, value);
  if (store) table_.insert(name, value);
}

bool hpack_encoder::is_worth_storing(std::string_view name, std::string_view value, bool name_known,
                                     hpack_storing how) {
  if (how == hpack_storing::literal) return false;
  // One entry must not push out all the others.
  if (hpack_dynamic_table::cost(name, value) > table_.capacity() / 4 * 3) return false;
  return how == hpack_storing::stable || repeats_latest(name, value) || !name_known;
}

bool hpack_encoder::repeats_latest(std::string_view name, std::string_view value) {
  auto at = std::find_if(latest_.begin(), latest_.end(), [name](const latest& x) { return x.name == name; });
  if (at != latest_.end()) {
    if (at->value == value) return true;
  } else {
    at = latest_.begin() + static_cast<std::ptrdiff_t>(next_latest_);
    next_latest_ = (next_latest_ + 1) % latest_.size();
    at->name = name;
  }
  at->value = value;
  return false;
}

}  // namespace dispatch::http2
