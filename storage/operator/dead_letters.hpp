#pragma once

// Dead letters (NS:dead) as operators see them, and what can be done with one.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/job/job.hpp"
#include "core/job/resume.hpp"
#include "core/types.hpp"
#include "storage/redis/reply.hpp"

namespace dispatch {

struct dead_record {
  std::string entry;  ///< its id in NS:dead
  std::string tenant, reason, detail, source_id;
  std::uint32_t attempts = 0;
  epoch_ms at{};
  std::optional<dispatch::lane> lane;  ///< where its job came from; letters of old have none
  std::string resume;                  ///< core/job/resume.hpp; empty: it cannot go back to its job
  std::uint64_t document_bytes = 0;
  std::string document;  ///< only of show_dead(), then whole
  std::string content;   ///< what it refers to for its message (stored_content::ref); empty: nothing

  /// What redriving it sends; 0 when that cannot be told.
  std::uint64_t recipients() const;
};

/// A dead letter's fields, [name, value, …].
dead_record read_dead_record(std::string entry, const redis::reply& fields);
/// "MS-SEQ"; nothing else is looked up ("-" would be Redis's first entry).
bool is_entry_id(std::string_view text) noexcept;

struct dead_query {
  std::string tenant{}, reason{};  ///< empty = all
  std::size_t limit = 50;
  bool oldest_first = false;
  std::string after{};  ///< where the last page ended (dead_page::next); empty = from the start
  std::string until{};  ///< oldest first: this entry is the last looked at; empty = to the end
};
struct dead_page {
  std::vector<dead_record> letters;  ///< without documents; may be fewer than asked for, even none
  std::string next;                  ///< for dead_query::after; empty: that was all
};

struct redrive_options {
  /// What cannot go back to its job (malformed, id_conflict, …) is stored as a new job without id: with new
  /// dedupe keys, so a device may show it twice.
  bool as_new = false;
  std::optional<dispatch::lane> lane{};  ///< of such a new job; else the letter's, else normal
};
struct redrive_result {
  enum class kind : std::uint8_t {
    moved,      ///< back to its job, under the same dedupe keys
    as_new,     ///< stored as a new job, `detail` is its entry
    gone,       ///< not there (any more): purged, or redriven by somebody else
    cancelled,  ///< its job was cancelled meanwhile: left where it is
    refused     ///< left where it is, `detail` says why
  };
  kind what = kind::gone;
  std::uint64_t recipients = 0;
  std::string detail;
};

/// How a letter goes back to its job.
struct redrive_plan {
  std::string tenant, id;
  std::string resume;  ///< with no attempts made
  std::uint64_t recipients = 0;
  epoch_ms stored_at{};
};
/// The plan, or why there is none. The letter needs its document.
std::variant<redrive_plan, std::string> plan_redrive(const dead_record& letter);
/// The document of a new job: without its id. Or why the engine would refuse it.
struct new_document {
  std::string text;
  std::uint64_t recipients = 0;
};
std::variant<new_document, std::string> document_as_new(const dead_record& letter);

}  // namespace dispatch
