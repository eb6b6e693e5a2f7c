// libFuzzer over mappings and payloads: fuzz_webhook_mapping tests/fuzz/corpus/webhook_mapping -max_len=4096
//
// A mapping file, a zero byte, a payload.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/json/strict_json.hpp"
#include "api/webhooks/mapping.hpp"
#include "core/job/job_parser.hpp"
#include "core/job/text_template.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace dispatch;
using dispatch::test::require;

void check_document(const std::string& document, std::string_view mapping) {
  const auto parsed = strict_json::parse(document, 128);
  if (std::holds_alternative<std::string>(parsed)) {
    // The one thing it does not look at itself is a name that the payload's array brings twice, or too deep a
    // mapping: the job parser refuses both.
    require(std::get<std::string>(parsed) != "is not JSON" && std::get<std::string>(parsed) != "is not UTF-8",
            "a document that is no JSON");
    return;
  }
  std::string_view text;
  const auto root = std::get<strict_json>(parsed).root();
  require(root.at_pointer("/tenant").get(text) == simdjson::SUCCESS && text == "t", "another tenant");
  require(root.at_pointer("/id").get(text) == simdjson::SUCCESS && text == "s:1", "another id");

  job_parser parser;
  auto made = parser.parse(document);
  const auto* job = std::get_if<std::unique_ptr<dispatch::job>>(&made);
  // Templates come from the mapping alone: when it holds no braces, escaped or not, every variable is a
  // literal's.
  if (!job || mapping.find("{{") != mapping.npos || mapping.find('\\') != mapping.npos) return;
  for (auto found = find_placeholder((*job)->message.title); found;
       found = find_placeholder((*job)->message.title, found->end))
    require(found->name.starts_with("literal."), "text of the payload as a template");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto zero = input.find('\0');
  if (zero == input.npos) return 0;
  const auto mapping = input.substr(0, zero);
  const auto compiled = webhook_mapping::compile(mapping);
  const auto payload = strict_json::parse(input.substr(zero + 1), 64);
  if (!std::holds_alternative<webhook_mapping>(compiled) || !std::holds_alternative<strict_json>(payload))
    return 0;
  const auto root = std::get<strict_json>(payload).root();
  const auto& map = std::get<webhook_mapping>(compiled);
  (void)map.wants({"POST", "/", {{"x-github-event", "issues"}}, "", ""}, root);
  const auto made = map.apply(root, "t", "s:1");
  if (const auto* document = std::get_if<std::string>(&made)) {
    require(document->size() <= 4u << 20, "larger than 4 MiB");
    check_document(*document, mapping);
  }
  return 0;
}
