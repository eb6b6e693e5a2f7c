#pragma once

// How far each stream has been read, so that entries whose delivery got lost (the connection broke under a
// read) are found again: ids a consumer gets as new only grow, so they are its own pending ones after the
// last it has seen. One owner thread; as many marks as there are streams.

#include <map>
#include <string>

namespace dispatch::redis {

class read_marks {
 public:
  /// A read of `stream` goes out. Answers '' for new entries, or the id after which to repeat lost ones.
  std::string begin(const std::string& stream);
  /// It was answered; `last` is the id of its last entry, empty when there was none; `whole`: nothing lost is
  /// left to repeat.
  void answered(const std::string& stream, const std::string& last, bool whole);
  /// An entry that came in another way (a take-over).
  void seen(const std::string& stream, const std::string& id);
  /// A read is under way, or one was never answered.
  bool any_open() const noexcept;

 private:
  struct progress {
    std::string last = "0-0";
    bool open = false;  ///< a read is under way, or was never answered
  };
  std::map<std::string, progress> marks_;
};

}  // namespace dispatch::redis
