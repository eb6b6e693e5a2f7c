#include "storage/redis/reply.hpp"

#include <charconv>

namespace dispatch::redis {

namespace {
const reply nil_reply;
}

std::int64_t reply::as_integer(std::int64_t otherwise) const noexcept {
  if (type == kind::integer) return integer;
  if (type != kind::string) return otherwise;
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end ? value : otherwise;
}

const reply& reply::at(std::size_t index) const noexcept {
  return index < elements.size() ? elements[index] : nil_reply;
}

const reply& reply::field(std::string_view name) const noexcept {
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
    if (elements[i].as_text() == name) return elements[i + 1];
  }
  return nil_reply;
}

}  // namespace dispatch::redis
