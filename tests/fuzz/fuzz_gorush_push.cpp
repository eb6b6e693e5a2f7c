// libFuzzer over gorush's requests: fuzz_gorush_push tests/fuzz/corpus/gorush_push -max_len=4096

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/gorush/push.hpp"
#include "api/json/strict_json.hpp"
#include "core/job/job_parser.hpp"
#include "core/job/text_template.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace dispatch;
using dispatch::test::require;

void check_document(const std::string& document) {
  const auto parsed = strict_json::parse(document, 64);
  require(std::holds_alternative<strict_json>(parsed), "a document that is no strict JSON");
  std::string_view tenant;
  require(std::get<strict_json>(parsed).root().at_pointer("/tenant").get(tenant) == simdjson::SUCCESS &&
              tenant == "t",
          "another tenant");
  job_parser parser;
  auto made = parser.parse(document);
  const auto* job = std::get_if<std::unique_ptr<dispatch::job>>(&made);
  if (!job) return;
  const auto& shown = (*job)->message;
  for (const auto text : {shown.title, shown.body, shown.image, shown.sound, (*job)->collapse_key})
    for (auto found = find_placeholder(text); found; found = find_placeholder(text, found->end))
      require((*job)->variable((*job)->recipients[0], found->name).has_value(), "text as a template");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto made = convert_push({reinterpret_cast<const char*>(data), size}, {"t", "default", 100});
  if (const auto* refusal = std::get_if<push_refusal>(&made)) {
    require(refusal->status == 400 && !refusal->message.empty(), "a refusal without a reason");
    return 0;
  }
  const auto& jobs = std::get<push_jobs>(made);
  require(!jobs.documents.empty() && jobs.counts >= jobs.documents.size(), "a notification to nobody");
  for (const auto& document : jobs.documents) check_document(document);
  return 0;
}
