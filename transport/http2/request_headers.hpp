#pragma once

// A request's header block (RFC 9113 8.3.1). What a request has in common with the one before is not encoded
// again but copied: after the first two, a push to FCM costs two comparisons and some ten bytes. Internal to
// transport/http2.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "transport/http2/hpack_encoder.hpp"
#include "transport/http2/message.hpp"

namespace dispatch::http2 {

class request_headers {
 public:
  /// `index_path_and_authorization`: as in pool_options.
  request_headers(std::string authority, bool index_path_and_authorization);

  void limit_table(std::size_t size, std::size_t least) { encoder_.limit_table(size, least); }
  /// Appends the block.
  void encode(const request& call, std::string& out);

 private:
  /// Bytes of fields that are good while the encoder's table is as it was.
  struct piece {
    std::string bytes;
    std::uint64_t version = 0;
  };

  template <class Encode>
  void append(piece& kept, std::string& out, Encode encode);
  void encode_shared(const header_list& headers, std::string& out);
  hpack_storing storing_of(std::string_view name, hpack_storing otherwise) const noexcept;

  hpack_encoder encoder_;
  std::string authority_;
  bool index_path_and_authorization_;
  piece pseudo_;  ///< :method, :scheme, :authority
  piece shared_;
  std::shared_ptr<const header_list> shared_of_;  ///< kept, so that its address stays its own
};

}  // namespace dispatch::http2
