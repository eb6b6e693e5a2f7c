#pragma once

// How far each stream has been read, so that entries whose delivery got lost (the connection broke under a
// read) are found again: ids a consumer gets as new only grow, so they are its own pending ones after the
// last it has seen, but for those it took over meanwhile. One owner thread; as many marks as there are
// streams.

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace dispatch::redis {

class read_marks {
 public:
  /// A read of `stream` goes out. Answers '' for new entries, or the id after which to repeat lost ones.
  std::string begin(const std::string& stream);
  /// It was answered; `last` is the id of its last entry, empty when there was none; `whole`: nothing lost is
  /// left to repeat.
  void answered(const std::string& stream, const std::string& last, bool whole);
  /// An entry was taken over from another consumer.
  void claimed(const std::string& stream, const std::string& id);
  /// A read that was repeated found it again.
  bool was_claimed(const std::string& stream, const std::string& id) const;

 private:
  using stream_id = std::pair<std::uint64_t, std::uint64_t>;
  static stream_id parsed(const std::string& id);

  struct progress {
    std::string last = "0-0";
    bool open = false;  ///< a read is under way, or was never answered
    /// Taken over while it is, and their ids as they were: a repetition would bring them along.
    std::map<stream_id, std::string> claimed;
    void seen(const std::string& id);
  };
  std::map<std::string, progress> marks_;
};

}  // namespace dispatch::redis
