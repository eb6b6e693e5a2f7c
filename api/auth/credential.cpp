#include "api/auth/credential.hpp"

#include <array>
#include <utility>

namespace dispatch {
namespace {

constexpr std::array<std::pair<scope, std::string_view>, 3> scope_names{
    {{scope::send, "send"}, {scope::read, "read"}, {scope::admin, "admin"}}};

}  // namespace

std::string_view to_string(scope value) noexcept {
  for (const auto& [each, name] : scope_names)
    if (each == value) return name;
  return "unknown";
}

std::optional<scope> parse_scope(std::string_view text) noexcept {
  for (const auto& [each, name] : scope_names)
    if (name == text) return each;
  return std::nullopt;
}

std::optional<auth_problem> lacks(const principal& who, scope needed) {
  if (who.scopes.has(needed)) return std::nullopt;
  return auth_problem{403, "the credential has not the scope \"" + std::string(to_string(needed)) + '"', {}};
}

}  // namespace dispatch
