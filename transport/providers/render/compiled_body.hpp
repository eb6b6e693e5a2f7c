#pragma once

// A request body compiled for one job: core's body_template plus the values only providers have, which depend
// on now or on the rendered collapse key. Knows how much of a rendered body is the engine's own punctuation
// and field names, for providers that limit the content rather than the JSON around it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/job/job.hpp"
#include "core/job/text_template.hpp"

namespace dispatch {

/// A value filled in when rendered.
enum class mark : std::uint8_t {
  dedupe_key,
  ttl_duration,  ///< "3600s"
  ttl_seconds,   ///< "3600"
  topic,         ///< Web Push Topic
  collapse_id,   ///< apns-collapse-id
  timestamp,     ///< RFC 3339
  recipient_id   ///< the producer's name for the recipient
};

struct render_values {
  std::string_view dedupe;
  std::int64_t ttl_seconds = 0;
  std::string_view topic;
  std::string_view collapse_id;
  std::string_view timestamp{};
};

class compiled_body {
 public:
  /// JSON of the engine's own: punctuation, field names.
  void frame(std::string_view json);
  /// JSON that counts as the message's content.
  void content(std::string_view json);
  /// The inside of a JSON string; may hold {{variables}}.
  void text(std::string_view value);
  /// The inside of a JSON string; {{ }} stay as they are.
  void plain_text(std::string_view value);
  void hole(mark what);
  /// After the last piece, before the first render().
  void seal();

  /// Like body_template::render.
  fill_status render(const job& source, const recipient& who, const render_values& values,
                     std::size_t max_bytes, std::string& out, std::string_view& missing) const;

  /// About how many bytes a rendered body has.
  std::size_t expected_bytes() const noexcept;
  /// Bytes of each rendered body that frame() made.
  std::size_t frame_bytes() const noexcept { return frame_bytes_; }

 private:
  struct segment {
    body_template body;
    mark after;
    bool has_mark;
  };
  std::vector<segment> segments_;
  body_template open_;
  std::size_t frame_bytes_ = 0;
};

}  // namespace dispatch
