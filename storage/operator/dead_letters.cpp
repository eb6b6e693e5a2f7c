#include "storage/operator/dead_letters.hpp"

#include <algorithm>
#include <charconv>

#include "core/job/job_parser.hpp"
#include "core/job/json_text.hpp"

namespace dispatch {
namespace {

std::string refusal(const job_error& error) {
  return (error.pointer.empty() ? std::string("the document") : error.pointer) + ": " + error.message;
}

std::string without_id(std::string_view document) {
  std::string out = "{";
  json_text::walker members(document);
  while (members.next()) {
    if (members.key_is("id")) continue;
    if (out.size() > 1) out += ',';
    out += members.raw_key();
    out += ':';
    json_text::append_minified(out, members.raw_value());
  }
  out += '}';
  return out;
}

}  // namespace

std::uint64_t dead_record::recipients() const {
  const auto state = decode_resume(resume);
  return state ? state->indices.size() : 0;
}

dead_record read_dead_record(std::string entry, const redis::reply& fields) {
  dead_record out;
  const auto text = [&](std::string_view name) { return std::string(fields.field(name).as_text()); };
  out.entry = std::move(entry);
  out.tenant = text("tenant");
  out.reason = text("reason");
  out.detail = text("detail");
  out.source_id = text("source_id");
  out.attempts = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(fields.field("attempts").as_integer(), 0, UINT32_MAX));
  out.at = epoch_ms(fields.field("at").as_integer());
  out.lane = parse_lane(fields.field("lane").as_text());
  out.resume = text("resume");
  out.content = text("content");
  out.document = text("job");
  out.document_bytes = out.document.size();
  return out;
}

bool is_entry_id(std::string_view text) noexcept {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto is_number = [](std::string_view part) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return !part.empty() && error == std::errc() && end == part.data() + part.size();
  };
  return is_number(text.substr(0, dash)) && is_number(text.substr(dash + 1));
}

std::variant<redrive_plan, std::string> plan_redrive(const dead_record& letter) {
  if (letter.resume.empty()) return "it does not know its place in a job";
  auto state = decode_resume(letter.resume);
  if (!state || state->indices.empty()) return "its place in the job cannot be read";
  auto parsed = job_parser{}.parse(letter.document, state->indices);
  if (const auto* error = std::get_if<job_error>(&parsed)) return refusal(*error);
  const auto& job = *std::get<std::unique_ptr<dispatch::job>>(parsed);
  if (job.id.empty()) return "/id: the job's id is missing";
  redrive_plan plan;
  plan.tenant = job.tenant;
  plan.id = job.id;
  plan.recipients = state->indices.size();
  plan.stored_at = state->stored_at;
  std::fill(state->attempts.begin(), state->attempts.end(), 0);
  plan.resume = encode(*state);
  return plan;
}

std::variant<new_document, std::string> document_as_new(const dead_record& letter) {
  auto parsed = job_parser{}.parse(letter.document);
  if (const auto* error = std::get_if<job_error>(&parsed)) return refusal(*error);
  const auto& job = *std::get<std::unique_ptr<dispatch::job>>(parsed);
  return new_document{without_id(letter.document), job.recipients.size()};
}

}  // namespace dispatch
