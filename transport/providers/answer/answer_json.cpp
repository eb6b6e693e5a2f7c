#include "transport/providers/answer/answer_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parser.hpp>

namespace json = boost::json;

namespace dispatch {
namespace {

constexpr std::size_t max_bytes = 16'384;
constexpr std::size_t max_depth = 16;

json::value parse(std::string_view body, const json::storage_ptr& memory) {
  if (body.empty() || body.size() > max_bytes) return nullptr;
  unsigned char stack[1024];
  json::parse_options options;
  options.max_depth = max_depth;
  json::parser parser(memory, options, stack);
  json::error_code error;
  parser.write(body.data(), body.size(), error);
  if (error) return nullptr;
  return parser.release();
}

}  // namespace

answer_json::answer_json(std::string_view body)
    : memory_(buffer_.data(), buffer_.size()), root_(parse(body, &memory_)) {}

const json::object* object_in(const json::object* from, std::string_view name) noexcept {
  const auto* member = from ? from->if_contains(name) : nullptr;
  return member ? member->if_object() : nullptr;
}

const json::array* array_in(const json::object* from, std::string_view name) noexcept {
  const auto* member = from ? from->if_contains(name) : nullptr;
  return member ? member->if_array() : nullptr;
}

std::string_view string_in(const json::object* from, std::string_view name) noexcept {
  const auto* member = from ? from->if_contains(name) : nullptr;
  const auto* text = member ? member->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

}  // namespace dispatch
