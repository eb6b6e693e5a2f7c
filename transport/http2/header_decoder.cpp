#include "transport/http2/header_decoder.hpp"

#include <nghttp2/nghttp2.h>

#include <new>

namespace dispatch::http2 {
namespace {

std::string_view text(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

void header_decoder::release::operator()(nghttp2_hd_inflater* inflater) const noexcept {
  nghttp2_hd_inflate_del(inflater);
}

header_decoder::header_decoder() {
  nghttp2_hd_inflater* made = nullptr;
  if (nghttp2_hd_inflate_new(&made) != 0) throw std::bad_alloc();
  inflater_.reset(made);
}

header_decoder::step header_decoder::next(std::span<const std::uint8_t>& piece, bool last,
                                          std::string_view& name, std::string_view& value) {
  nghttp2_nv field{};
  int flags = 0;
  const auto used =
      nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, piece.data(), piece.size(), last ? 1 : 0);
  if (used < 0) return step::broken;
  piece = piece.subspan(static_cast<std::size_t>(used));
  if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
    name = text(field.name, field.namelen);
    value = text(field.value, field.valuelen);
    return step::field;
  }
  if ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) return step::more;
  nghttp2_hd_inflate_end_headers(inflater_.get());
  return step::end;
}

}  // namespace dispatch::http2
