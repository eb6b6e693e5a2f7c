#pragma once

// How much a job's texts may become when its recipients' variables are filled in: a title of 200 KB can name
// a value of 300 KB forty thousand times. Refused is only what no recipient could be sent; what is too large
// for its provider ends with that recipient, when it is rendered.

#include <cstddef>
#include <optional>

#include "core/job/job.hpp"
#include "core/job/job_parser.hpp"

namespace dispatch {

/// Placeholders in all texts of one job: each is looked up for each recipient, whatever it becomes.
inline constexpr std::size_t max_placeholders = 4'096;
/// Nothing larger is sent, through any provider: a mail.
inline constexpr std::size_t largest_request_bytes = std::size_t{1} << 20;

/// Names the text with which there are more than max_placeholders; nullopt: there are not.
std::optional<job_error> too_many_placeholders(const job& source);

/// A message whose title (with its body, but in mails, where a template may leave that out) becomes more than
/// largest_request_bytes for every recipient when it is filled in. Jobs with overrides, which may stand
/// instead, pass.
std::optional<job_error> fits_nobody(const job& source);

}  // namespace dispatch
