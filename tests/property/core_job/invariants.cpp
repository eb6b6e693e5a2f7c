#include "tests/property/core_job/invariants.hpp"

#include <simdjson.h>

#include <numeric>
#include <variant>
#include <vector>

#include "core/job/job_parser.hpp"
#include "core/job/text_template.hpp"

namespace dispatch::test {
namespace {

bool is_json(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(simdjson::padded_string(text)).error() == simdjson::SUCCESS;
}

/// Refusals point to something: what they point to may be missing, but where it should be is there.
bool points_into(const std::string& document, const std::string& pointer) {
  if (pointer.empty()) return true;
  if (pointer.front() != '/') return false;
  if (pointer.find("\u2026") != std::string::npos) return true;  // a long key was cut
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(simdjson::padded_string(document)).get(root) != simdjson::SUCCESS) return false;
  return root.at_pointer(pointer.substr(0, pointer.rfind('/'))).error() == simdjson::SUCCESS;
}

std::string check_refusal(const std::string& document, const job_error& error) {
  if (error.message.empty()) return "a refusal says nothing";
  if (error.message.size() > 128) return "a refusal is longer than a value may be";
  if (error.document != document) return "the refused document is not handed back";
  if (!points_into(document, error.pointer)) return "the pointer leads nowhere: " + error.pointer;
  return {};
}

bool same_message(const job& a, const job& b) {
  return a.message.title == b.message.title && a.message.body == b.message.body &&
         a.message.image == b.message.image && a.message.link == b.message.link &&
         a.message.sound == b.message.sound && a.message.badge == b.message.badge &&
         a.message.data == b.message.data && a.overrides.android == b.overrides.android &&
         a.overrides.apns == b.overrides.apns && a.overrides.webpush == b.overrides.webpush &&
         a.overrides.email == b.overrides.email && a.overrides.webhook == b.overrides.webhook;
}

bool same_head(const job& a, const job& b) {
  return a.tenant == b.tenant && a.id == b.id && a.app == b.app && a.send_at == b.send_at &&
         a.expires_at == b.expires_at && a.collapse_key == b.collapse_key && a.priority == b.priority &&
         a.audience == b.audience && a.dry_run == b.dry_run;
}

bool same_recipient(const job& a, const recipient& in_a, const job& b, const recipient& in_b) {
  if (in_a.platform != in_b.platform || in_a.kind != in_b.kind || in_a.index != in_b.index ||
      in_a.id != in_b.id || in_a.target != in_b.target || in_a.p256dh != in_b.p256dh ||
      in_a.auth != in_b.auth || in_a.var_count != in_b.var_count)
    return false;
  for (std::uint32_t i = 0; i < in_a.var_count; ++i) {
    if (a.variables[in_a.first_var + i] != b.variables[in_b.first_var + i]) return false;
  }
  return true;
}

/// All recipients in reverse order: the same job but for the order.
std::string check_subset(job_parser& parser, const job& source) {
  const auto count = source.recipients.size();
  std::vector<std::size_t> positions(count);
  std::iota(positions.rbegin(), positions.rend(), std::size_t{0});
  const std::vector<std::uint64_t> indices(positions.begin(), positions.end());
  auto again = parser.parse(subset_document(source, positions, source.has_own_id()), indices);
  if (const auto* error = std::get_if<job_error>(&again)) return "the subset is refused at " + error->pointer;
  const auto& copy = *std::get<std::unique_ptr<job>>(again);
  if (!same_head(source, copy) || !same_message(source, copy)) return "the subset differs";
  if (copy.recipients.size() != count) return "the subset has another number of recipients";
  for (std::size_t i = 0; i < count; ++i) {
    if (!same_recipient(source, source.recipients[positions[i]], copy, copy.recipients[i]))
      return "a recipient of the subset differs";
  }
  return {};
}

std::string check_rendering(const job& source) {
  body_template body;
  body.append_literal("{\"title\":\"");
  body.append_text(source.message.title);
  body.append_literal("\",\"body\":\"");
  body.append_text(source.message.body);
  body.append_literal("\",\"token\":\"");
  body.append_hole(body_template::hole::target);
  body.append_literal("\",\"override\":");
  body.append_json(source.overrides.apns.empty() ? "{}" : source.overrides.apns);
  body.append_literal("}");
  for (const auto& who : source.recipients) {
    std::string out;
    std::string_view missing;
    const bool filled = body.render(source, who, "", 1u << 20, out, missing) == fill_status::ok;
    if (filled ? !is_json(out) : !out.empty()) return "a rendered body is not JSON";
  }
  return {};
}

}  // namespace

std::string broken_invariant(const std::string& document) {
  static job_parser parser;
  auto result = parser.parse(document);
  if (const auto* error = std::get_if<job_error>(&result)) return check_refusal(document, *error);
  const auto& source = *std::get<std::unique_ptr<job>>(result);
  if (source.document != document) return "the document is not kept";
  if (auto broken = check_subset(parser, source); !broken.empty()) return broken;
  return check_rendering(source);
}

}  // namespace dispatch::test
