#include "transport/http2/request_headers.hpp"

#include <charconv>
#include <utility>

namespace dispatch::http2 {

request_headers::request_headers(std::string authority, bool index_path_and_authorization)
    : authority_(std::move(authority)), index_path_and_authorization_(index_path_and_authorization) {}

void request_headers::encode(const request& call, std::string& out) {
  encoder_.begin(out);
  append(pseudo_, out, [&] {
    encoder_.field(out, ":method", "POST", hpack_storing::stable);
    encoder_.field(out, ":scheme", "https", hpack_storing::stable);
    encoder_.field(out, ":authority", authority_, hpack_storing::stable);
  });
  encoder_.field(out, ":path", call.path, storing_of(":path", hpack_storing::adaptive));
  if (call.shared) {
    if (call.shared != shared_of_) {
      shared_of_ = call.shared;
      shared_.version = 0;
    }
    append(shared_, out, [&] { encode_shared(*call.shared, out); });
  }
  for (const auto& [name, value] : call.own)
    encoder_.field(out, name, value, storing_of(name, hpack_storing::adaptive));
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, call.body.size()).ptr;
  const std::string_view length(digits, static_cast<std::size_t>(end - digits));
  encoder_.field(out, "content-length", length, hpack_storing::literal);
}

template <class Encode>
void request_headers::append(piece& kept, std::string& out, Encode encode) {
  const auto version = encoder_.version();
  if (kept.version == version) {
    out += kept.bytes;
    return;
  }
  const auto begun = out.size();
  encode();
  // Fields that have just gone into the table are not what is sent the next time.
  if (encoder_.version() != version) return;
  kept.bytes.assign(out, begun);
  kept.version = version;
}

void request_headers::encode_shared(const header_list& headers, std::string& out) {
  for (const auto& [name, value] : headers)
    encoder_.field(out, name, value, storing_of(name, hpack_storing::stable));
}

hpack_storing request_headers::storing_of(std::string_view name, hpack_storing otherwise) const noexcept {
  const bool secret = name == "authorization" || name == ":path";
  return secret && !index_path_and_authorization_ ? hpack_storing::literal : otherwise;
}

}  // namespace dispatch::http2
