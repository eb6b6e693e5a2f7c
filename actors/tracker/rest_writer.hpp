#pragma once

// What leaves memory of a job: a parked rest or a dead letter is a document of its own, with some of the
// recipients. Were each to hold the whole message, a job of thousands that end one by one would cost its size
// thousands of times. So a rest holds the message only where that is little beside its recipients, and refers
// to the job's content (stored once) otherwise. Plain data; one a run, belongs to the tracker.

#include <cstddef>
#include <span>
#include <string>

#include "storage/records.hpp"

namespace dispatch {

class rest_writer {
 public:
  /// A message of so many bytes a recipient is copied rather than referred to.
  static constexpr std::size_t copied_bytes_each = 512;

  struct rest {
    std::string document;
    stored_content_ptr content;  ///< null: the document is whole
  };
  /// The recipients at these positions of the run's document, always the same one. `shared` is what that
  /// refers to itself (null: it is whole).
  rest write(const job& document, std::span<const std::size_t> positions, const stored_content_ptr& shared);

 private:
  stored_content_ptr content_;     ///< null: it is always copied
  std::size_t content_bytes_ = 0;  ///< 0: not known yet
};

/// The reference of a content: the same for the same job and text.
std::string content_ref(const job& document, std::string_view text);

}  // namespace dispatch
