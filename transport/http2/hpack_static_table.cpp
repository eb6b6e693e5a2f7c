#include "transport/http2/hpack_static_table.hpp"

#include <array>
#include <cstddef>

namespace dispatch::http2 {
namespace {

struct entry {
  std::string_view name;
  std::string_view value{};
};

constexpr std::array<entry, static_table_size> table{{{":authority"},
                                                      {":method", "GET"},
                                                      {":method", "POST"},
                                                      {":path", "/"},
                                                      {":path", "/index.html"},
                                                      {":scheme", "http"},
                                                      {":scheme", "https"},
                                                      {":status", "200"},
                                                      {":status", "204"},
                                                      {":status", "206"},
                                                      {":status", "304"},
                                                      {":status", "400"},
                                                      {":status", "404"},
                                                      {":status", "500"},
                                                      {"accept-charset"},
                                                      {"accept-encoding", "gzip, deflate"},
                                                      {"accept-language"},
                                                      {"accept-ranges"},
                                                      {"accept"},
                                                      {"access-control-allow-origin"},
                                                      {"age"},
                                                      {"allow"},
                                                      {"authorization"},
                                                      {"cache-control"},
                                                      {"content-disposition"},
                                                      {"content-encoding"},
                                                      {"content-language"},
                                                      {"content-length"},
                                                      {"content-location"},
                                                      {"content-range"},
                                                      {"content-type"},
                                                      {"cookie"},
                                                      {"date"},
                                                      {"etag"},
                                                      {"expect"},
                                                      {"expires"},
                                                      {"from"},
                                                      {"host"},
                                                      {"if-match"},
                                                      {"if-modified-since"},
                                                      {"if-none-match"},
                                                      {"if-range"},
                                                      {"if-unmodified-since"},
                                                      {"last-modified"},
                                                      {"link"},
                                                      {"location"},
                                                      {"max-forwards"},
                                                      {"proxy-authenticate"},
                                                      {"proxy-authorization"},
                                                      {"range"},
                                                      {"referer"},
                                                      {"refresh"},
                                                      {"retry-after"},
                                                      {"server"},
                                                      {"set-cookie"},
                                                      {"strict-transport-security"},
                                                      {"transfer-encoding"},
                                                      {"user-agent"},
                                                      {"vary"},
                                                      {"via"},
                                                      {"www-authenticate"}}};

constexpr std::size_t longest_name = 27;

// The entries once more, sorted by the length of their names: few names share a length, so a look-up compares
// a handful of them at most. `first[n]` is where those of n characters begin.
struct length_order {
  std::array<std::uint8_t, static_table_size> entries{};
  std::array<std::uint8_t, longest_name + 2> first{};
};

constexpr length_order sorted = [] {
  length_order made;
  std::uint8_t used = 0;
  for (std::size_t length = 0; length <= longest_name; ++length) {
    made.first[length] = used;
    for (std::size_t i = 0; i < table.size(); ++i)
      if (table[i].name.size() == length) made.entries[used++] = static_cast<std::uint8_t>(i);
  }
  made.first[longest_name + 1] = used;
  return made;
}();
static_assert(sorted.first[longest_name + 1] == static_table_size);

}  // namespace

static_match find_static(std::string_view name, std::string_view value) noexcept {
  static_match found;
  if (name.size() > longest_name) return found;
  for (auto at = sorted.first[name.size()]; at < sorted.first[name.size() + 1]; ++at) {
    const std::uint32_t index = sorted.entries[at];
    if (table[index].name != name) continue;
    if (found.name == 0) found.name = index + 1;
    if (!value.empty() && table[index].value == value) found.whole = index + 1;
  }
  return found;
}

}  // namespace dispatch::http2
