#pragma once

// Who may hold how much of the memory for requests' bodies. What has proved whose it is and what has yet to
// (its signature is over the body) have a part each, so that neither can fill the other's. Pure.

#include <cstddef>
#include <string>
#include <unordered_map>

namespace dispatch {

/// On whose account a body is held.
struct body_share {
  bool proven = false;
  std::string owner;  ///< a credential, or an address

  friend bool operator==(const body_share&, const body_share&) = default;
};

class body_shares {
 public:
  /// `in_parts`: a quarter of `limit` is for what is not proven, the rest for what is; otherwise all of it is
  /// for what is not, and the rest does not arise.
  body_shares(std::size_t limit, bool in_parts);

  /// Bytes that came in, or (negative) are over. False: there is no room, and nothing has changed. One owner
  /// may have half of a part.
  bool hold(const body_share& whose, std::ptrdiff_t bytes);
  /// Who should give way when hold() was refused: who holds the most of that part; `whose` itself when it
  /// would have more than half of the part, or more than anybody else.
  body_share most_held(const body_share& whose, std::size_t more) const;
  std::size_t held() const noexcept { return proven_.held + unproven_.held; }

 private:
  struct part {
    std::size_t limit = 0;
    std::size_t held = 0;
    std::unordered_map<std::string, std::size_t> by_owner;  ///< none of them 0
  };
  const part& of(const body_share& whose) const { return whose.proven ? proven_ : unproven_; }

  part proven_, unproven_;
};

}  // namespace dispatch
