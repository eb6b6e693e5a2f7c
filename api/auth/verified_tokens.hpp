#pragma once

// JSON Web Tokens whose signature was found good: a caller sends the same one until it ends, and verifying it
// costs more than all the rest of the request. Known by their SHA-256. One thread.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string_view>

#include "core/digest.hpp"

namespace dispatch {

struct credential_table;
struct principal;

class verified_tokens {
 public:
  struct entry {
    std::shared_ptr<const principal> who;
    std::int64_t seen = 0;   ///< seconds since the epoch, when it was verified
    std::int64_t until = 0;  ///< good before that
  };
  static constexpr std::size_t max_tokens = 4'096;

  /// nullptr: it has to be verified. With another table than the last one all are forgotten.
  std::shared_ptr<const principal> find(const credential_table& table, std::string_view token,
                                        std::int64_t now);
  /// The one that was not used for longest is forgotten when there are too many.
  void add(const std::shared_ptr<const credential_table>& table, std::string_view token, entry good);
  std::size_t size() const noexcept { return known_.size(); }

 private:
  struct place {
    entry good;
    std::list<sha256_digest>::iterator used;
  };

  std::shared_ptr<const credential_table> of_;  ///< held, so that no other one gets its address
  std::map<sha256_digest, place> known_;
  std::list<sha256_digest> by_use_;  ///< the latest first
};

}  // namespace dispatch
