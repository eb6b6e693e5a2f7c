#pragma once

// Where a job's mapping to a provider's JSON is written: straight into the body (the usual case), or into a
// tree when the producer's overrides are to be merged over it. Both take the same calls, so that each mapping
// is written once, as a template over its sink. Objects without members are left out.

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "transport/providers/render/compiled_body.hpp"

namespace dispatch {

/// Writes members of an object whose braces the caller writes.
class direct_sink {
 public:
  explicit direct_sink(compiled_body& out) : out_(out) {}

  /// Keys are the engine's own names, with nothing to escape; the views must live until close().
  void open(std::string_view key);
  void close();
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::int64_t value);
  void flag(std::string_view key);  ///< true
  void hole(std::string_view key, mark what);
  /// A member the producer named: any key.
  void pair(std::string_view key, std::string_view value);

 private:
  static constexpr std::size_t max_depth = 8;
  void separate();
  void open_pending();
  void begin(std::string_view key);

  compiled_body& out_;
  std::array<std::string_view, max_depth> unopened_{};
  std::size_t unopened_count_ = 0;
  bool first_ = true;
};

/// Builds an object; holes are strings no UTF-8 text can be, until write_tree() finds them.
class tree_sink {
 public:
  tree_sink() : open_(1) {}

  void open(std::string_view key);
  void close();
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::int64_t value);
  void flag(std::string_view key);
  void hole(std::string_view key, mark what);
  void pair(std::string_view key, std::string_view value) { text(key, value); }

  boost::json::object take();

 private:
  boost::json::object& top() { return open_.back(); }
  std::vector<std::string_view> names_;
  std::vector<boost::json::object> open_;
};

/// The string that stands for a hole in a tree.
boost::json::string hole_text(mark what);

/// The producer's overrides for one provider, parsed; nullopt when they are not an object this engine would
/// merge (nested deeper than 32).
std::optional<boost::json::object> parse_overrides(std::string_view text);

/// A user of an Apple device notices it (alert, badge, sound), by the message or by overrides.apns; else APNs
/// has it as a background push.
bool is_alerting(const message& what, const boost::json::object* overrides);

/// RFC 7396: members of `patch` replace or are added, null removes.
void merge_patch(boost::json::value& target, const boost::json::value& patch);

/// Writes the value with its holes; {{variables}} are replaced in every string value (not in keys).
void write_tree(const boost::json::value& tree, compiled_body& out);

}  // namespace dispatch
