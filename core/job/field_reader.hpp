#pragma once

// How core/job reads values: type and rule checks, copies into the job's arena, and the JSON Pointer of what
// is wrong. The pointer is put together only on the way out of a refusal: a leaf fails with "", and every
// level it returns through puts its own key in front (`within`). A good document pays nothing for it.

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/job/characters.hpp"
#include "core/job/job_parser.hpp"

namespace dispatch {

class field_reader {
 public:
  /// The arena must be as long as the document: nothing that is kept is longer than its source text.
  explicit field_reader(char* arena) : next_(arena) {}

  /// All return false on refusal, for `return fields.fail(...)`.
  bool fail(std::string_view message);
  bool within(std::string_view key);
  bool within(std::size_t index);
  job_error& error() noexcept { return error_; }

  std::string_view keep(std::string_view text) noexcept {
    text.copy(next_, text.size());
    const std::string_view kept(next_, text.size());
    next_ += text.size();
    return kept;
  }
  std::string_view keep_minified(std::string_view json) noexcept;

  bool text(simdjson::dom::element value, std::string_view& out);
  /// A text of 1 to `max_bytes` bytes, all from `allowed`.
  bool text(simdjson::dom::element value, std::size_t max_bytes, character_set allowed,
            std::string_view& out);
  bool object(simdjson::dom::element value, simdjson::dom::object& out);
  bool boolean(simdjson::dom::element value, bool& out);
  /// RFC 3339 text or seconds since the epoch, as a number.
  bool time(simdjson::dom::element value, std::optional<epoch_ms>& out);
  bool count(simdjson::dom::element value, std::optional<std::int32_t>& out);
  /// Text as it is; integers and booleans as their JSON text.
  bool variable(simdjson::dom::element value, std::string_view& out);

 private:
  char* next_;
  job_error error_;
};

/// Which field of an object a key is, and that none comes twice.
template <class Field, std::size_t Count>
class field_set {
 public:
  static_assert(Count <= 32);
  constexpr explicit field_set(const std::array<std::string_view, Count>& names) : names_(names) {}

  /// False, with the reason in `fields`, for unknown and repeated keys.
  bool take(field_reader& fields, std::string_view key, Field& out) {
    for (std::size_t i = 0; i < Count; ++i) {
      if (names_[i] != key) continue;
      const auto bit = std::uint32_t{1} << i;
      if (seen_ & bit) return fields.fail("duplicate field");
      seen_ |= bit;
      out = static_cast<Field>(i);
      return true;
    }
    return fields.fail("unknown field");
  }
  bool has(Field field) const noexcept { return (seen_ >> static_cast<unsigned>(field)) & 1u; }

 private:
  const std::array<std::string_view, Count>& names_;
  std::uint32_t seen_ = 0;
};

/// The first key that occurs a second time in the object. O(n log n), so no document can make it slow.
std::optional<std::string_view> find_duplicate_key(simdjson::dom::object object);

bool read_message(field_reader& fields, simdjson::dom::element value, message& out);
/// Needs the source text beside the tree: an override is kept as it was written.
bool read_overrides(field_reader& fields, simdjson::dom::element value, std::string_view document,
                    overrides& out);
bool read_recipient(field_reader& fields, simdjson::dom::element value, job& into, recipient& out);

}  // namespace dispatch
