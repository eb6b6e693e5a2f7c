#pragma once

// A mapping file's job as a tree. Inner header of mapping.

#include <memory>
#include <string>
#include <vector>

#include "api/webhooks/mapping.hpp"

namespace dispatch {

/// {{/record/title}} or {{./token}}: from the payload's root, or from the element at hand inside "$each".
struct payload_pointer {
  bool of_element = false;
  std::string path;  ///< "" or "/…"
};

struct mapping_member;

struct mapping_node {
  enum class kind : std::uint8_t {
    json,    ///< as it is: `text`
    string,  ///< `pieces`, then `text`
    object,
    array,
    copy  ///< {"$from": …}: a value of the payload, or an array made of one
  };
  struct piece {
    std::string before;
    payload_pointer pointer;
  };

  kind what = kind::json;
  std::string text;
  std::vector<piece> pieces;
  std::vector<mapping_member> members;
  std::vector<mapping_node> elements;
  payload_pointer from;
  std::unique_ptr<mapping_node> each, otherwise;  ///< "$each", "$default"
};

struct mapping_member {
  std::string name;
  mapping_node value;
};

std::variant<mapping_node, mapping_error> compile_node(simdjson::dom::element value, bool in_each);
/// "" and "/a/0/b~1c": well formed.
bool is_json_pointer(std::string_view text) noexcept;
/// One step of a pointer, escaped.
std::string pointer_step(std::string_view key);

}  // namespace dispatch
