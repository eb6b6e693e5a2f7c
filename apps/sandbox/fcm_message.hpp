#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace dispatch::sandbox {

// What the sandbox wants to know of an FCM send request.
struct fcm_message {
  std::string target;             // as the ledger shows it: token or fid, "topic:NAME", "condition"
  std::string dispatch_id;        // of the block's own data, else of message.data; empty when absent
  std::string_view problem;       // a literal; empty when the request is good
  std::string_view field;         // the field at fault, may be empty
  bool names_device = false;      // the target is a token or a fid,
  std::string_view device_field;  // in this field
  bool validate_only = false;
};

// Reads bodies with one parser, so its memory is taken once. One per thread.
class fcm_reader {
 public:
  static constexpr std::size_t max_payload = 4096;

  // `body` may grow its capacity by simdjson's padding. Target and dispatch_id are filled as far as they
  // could be read even when there is a problem: the ledger wants them.
  void read(std::string& body, fcm_message& out);

 private:
  void read_message(simdjson::dom::object message, fcm_message& out);
  // A platform's block; answers the bytes of its own data.
  std::size_t read_block(std::string_view platform, simdjson::dom::element value, fcm_message& out);
  simdjson::dom::parser parser_{64 * 1024};
};

}  // namespace dispatch::sandbox
