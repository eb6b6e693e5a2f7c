#pragma once

// How far a request is rendered: values are anybody's, and a short text can name a long one many times. So
// rendering stops soon after the provider's limit, whatever is still to come.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/job/text_template.hpp"
#include "transport/providers/adapter.hpp"

namespace dispatch {

/// A body with this limit is rendered so far: what is a little too large is told with its size.
constexpr std::size_t stop_after(std::size_t limit) noexcept {
  return 2 * limit;
}

/// Of a collapse key, which becomes a digest where the provider takes less.
inline constexpr std::size_t max_collapse_text_bytes = 4'096;
/// Of all headers of one request together; servers commonly take 8 KiB.
inline constexpr std::size_t max_own_header_bytes = std::size_t{16} * 1024;

/// What became of a request whose filling in stopped (`how` is not ok). `detail`: the variable, or that there
/// is more than `bytes` of `what`.
inline render_status stopped(fill_status how, std::string_view missing, std::size_t bytes,
                             std::string_view what, std::string& detail) {
  if (how == fill_status::missing_variable) {
    detail = missing;
    return render_status::missing_variable;
  }
  detail = "more than " + std::to_string(bytes) + " bytes of ";
  detail += what;
  return render_status::payload_too_large;
}

}  // namespace dispatch
