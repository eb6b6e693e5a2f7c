#pragma once

// What a parked rest of a job takes with it besides its document: where its recipients stood.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job/job.hpp"

namespace dispatch {

struct resume_state {
  epoch_ms stored_at{};                 ///< when the job was first stored, for dispatch_duration_seconds
  bool has_hash = false;                ///< the job has a hash to be counted in
  std::vector<std::uint64_t> indices;   ///< original position of each recipient of the document
  std::vector<std::uint32_t> attempts;  ///< made so far, one a recipient
};

/// One line of text, format documented in docs/storage.md.
std::string encode(const resume_state& state);
/// nullopt when the text is not what encode() makes.
std::optional<resume_state> decode_resume(std::string_view text);

}  // namespace dispatch
