#pragma once

// The contents of jobs whose rests are loaded: one object for all rests that refer to the same, however many
// are read and whenever, so that a job of thousands of them is in memory once. Plain data; belongs to the
// intake.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>

#include "actors/run.hpp"
#include "core/job/job_parser.hpp"

namespace dispatch {

class content_cache {
 public:
  /// Counts the bytes of the contents that live there.
  explicit content_cache(std::shared_ptr<std::atomic<std::uint64_t>> bytes) : bytes_(std::move(bytes)) {}

  /// Null for an entry whose document is whole. Of a content that is gone, one that has no more than the
  /// names its reference tells.
  std::variant<std::shared_ptr<shared_content>, job_error> of(const entry& what, job_parser& parser);

 private:
  std::shared_ptr<shared_content> keep(std::shared_ptr<const job> document, stored_content stored);

  std::shared_ptr<std::atomic<std::uint64_t>> bytes_;
  std::unordered_map<std::string, std::weak_ptr<shared_content>> known_;
  std::size_t sweep_at_ = 64;  ///< entries of known_ at which those nobody uses are dropped
};

}  // namespace dispatch
