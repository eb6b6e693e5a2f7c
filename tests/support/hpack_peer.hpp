#pragma once

// The decoding side of HPACK as a peer has it: nghttp2's.

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::http2::test {

class hpack_peer {
 public:
  using fields = std::vector<std::pair<std::string, std::string>>;

  hpack_peer() { nghttp2_hd_inflate_new(&inflater_); }
  ~hpack_peer() { nghttp2_hd_inflate_del(inflater_); }
  hpack_peer(const hpack_peer&) = delete;
  hpack_peer& operator=(const hpack_peer&) = delete;

  /// What SETTINGS_HEADER_TABLE_SIZE of this peer now says.
  void limit_table(std::size_t size) { nghttp2_hd_inflate_change_table_size(inflater_, size); }

  /// One whole block; nothing when it cannot be decoded.
  std::optional<fields> decode(const std::string& block) {
    fields out;
    auto* at = reinterpret_cast<std::uint8_t*>(const_cast<char*>(block.data()));
    auto left = block.size();
    for (;;) {
      nghttp2_nv field{};
      int flags = 0;
      const auto used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
      if (used < 0) return std::nullopt;
      at += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
        out.emplace_back(std::string(reinterpret_cast<const char*>(field.name), field.namelen),
                         std::string(reinterpret_cast<const char*>(field.value), field.valuelen));
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return out;
  }

  std::size_t table_used() const { return nghttp2_hd_inflate_get_dynamic_table_size(inflater_); }

 private:
  nghttp2_hd_inflater* inflater_ = nullptr;
};

}  // namespace dispatch::http2::test
