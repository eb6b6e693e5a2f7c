#pragma once

// Job documents: parsed (simdjson DOM, fully validating) and checked against the contract.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/job/job.hpp"

namespace dispatch {

/// Why a document was refused. `pointer` is an RFC 6901 JSON Pointer to the offending value ("" = the whole);
/// for what is missing, to where it should be.
struct job_error {
  std::string pointer;     ///< keys over 64 bytes are cut there and end in U+2026
  std::string message;     ///< for people; never contains a token
  std::string document{};  ///< the refused document, handed back (dead letters keep it)
};

struct job_limits {
  std::size_t max_document_bytes = 4u << 20;
  std::size_t max_recipients = 10'000;
};

/// Keeps its buffers between documents; one per thread.
class job_parser {
 public:
  explicit job_parser(job_limits limits = {});
  ~job_parser();
  job_parser(job_parser&&) noexcept;
  job_parser& operator=(job_parser&&) noexcept;

  /// Refuses: not JSON, invalid UTF-8, duplicate or unknown keys, wrong types, bad names, missing targets,
  /// expires_at not after send_at, neither or both of recipients and audience, too many or too large, texts
  /// that no recipient could be sent once filled in (core/job/expansion.hpp).
  /// `indices`, when not empty, gives the recipients their original positions (a parked or dead-lettered
  /// rest of a job); it must be as long as the recipients.
  std::variant<std::unique_ptr<job>, job_error> parse(std::string document,
                                                      std::span<const std::uint64_t> indices = {});

  /// A job's content (content_document()): a job whose recipients stand elsewhere.
  std::variant<std::unique_ptr<job>, job_error> parse_content(std::string document);
  /// A rest that refers to that content (recipients_document()).
  std::variant<std::unique_ptr<job>, job_error> parse_rest(std::string document,
                                                           std::span<const std::uint64_t> indices,
                                                           std::shared_ptr<const job> content);

  /// Checks one recipient alone (an element of an audience) by the same rules; the pointer is relative to it.
  /// nullopt when it is good.
  std::optional<job_error> check_recipient(std::string_view json);

 private:
  enum class part : std::uint8_t { whole, content, rest };
  std::variant<std::unique_ptr<job>, job_error> parse(std::string document,
                                                      std::span<const std::uint64_t> indices, part of,
                                                      std::shared_ptr<const job> content);
  struct state;
  std::unique_ptr<state> state_;
};

/// The job's document again, holding only the recipients at these positions of `source.recipients`, in this
/// order, everything else unchanged, numbers included ("id" set to the job's id when `with_id`). Blanks are
/// dropped. For parking and dead letters. A job of an audience has no positions and keeps its audience.
std::string subset_document(const job& source, std::span<const std::size_t> positions, bool with_id);

/// The document without recipients, with the job's id: what all rests of a job have in common.
std::string content_document(const job& source);
/// The two put together again (recipients_document() below is the other); nullopt when these texts are not
/// what they should be.
std::optional<std::string> whole_document(std::string_view content, std::string_view recipients);
/// {"recipients": […]}: those at these positions, and nothing else.
std::string recipients_document(const job& source, std::span<const std::size_t> positions);

/// The document of a job of an audience with these recipients (JSON texts that check_recipient() has passed)
/// in the audience's place and the job's id.
std::string window_document(const job& source, std::span<const std::string_view> recipients);

}  // namespace dispatch
