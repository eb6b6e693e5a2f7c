#include "api/ingest/job_intake.hpp"

#include "core/job/json_text.hpp"
#include "core/job/reserved_types.hpp"

namespace dispatch {
namespace {

/// `"name":"value",` behind the opening brace. The values are names (contract), which need no escape.
void add_member(std::string& members, std::string_view name, std::string_view value) {
  members.append("\"").append(name).append("\":\"").append(value).append("\",");
}

std::string_view trimmed(std::string_view line) {
  while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::variant<job_submission, intake_problem> job_intake::read(std::string document, std::string_view tenant,
                                                              const std::vector<tenant_settings>& tenants,
                                                              std::string id) {
  auto parsed = parser_.parse(std::move(document));
  if (auto* wrong = std::get_if<job_error>(&parsed))
    return intake_problem{422, std::move(wrong->pointer), std::move(wrong->message)};
  auto& job = *std::get<std::unique_ptr<dispatch::job>>(parsed);
  std::string members;
  if (job.tenant != tenant) {
    // Absent it reads as "default", which is a tenant like any other.
    if (job.tenant != "default" || !json_text::member(job.document, "tenant").empty())
      return intake_problem{403, "/tenant", "is not the credential's tenant"};
    add_member(members, "tenant", tenant);
  }
  if (!may_use_app(tenants, tenant, job.app))
    return intake_problem{403, "/app", "is not one this tenant may use"};
  if (claims_reserved_type(job))
    return intake_problem{422, "/overrides/webhook/type", "is one that only the engine sends"};
  job_submission out;
  out.tenant = tenant;
  if (!job.id.empty())
    out.id = job.id;
  else
    add_member(members, "id", out.id = id.empty() ? ids_.next() : std::move(id));
  out.total = job.recipients.size();
  out.audience = job.audience;
  out.document = std::move(job.document);
  if (!members.empty()) out.document.insert(out.document.find('{') + 1, members);
  return out;
}

std::variant<std::vector<std::string>, intake_problem> job_intake::read_audience(std::string_view lines) {
  std::vector<std::string> out;
  for (std::size_t number = 1; !lines.empty(); ++number) {
    const auto end = lines.find('\n');
    const auto line = trimmed(lines.substr(0, end));
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 1);
    if (line.empty()) continue;
    if (auto wrong = parser_.check_recipient(line))
      return intake_problem{422, std::move(wrong->pointer),
                            "line " + std::to_string(number) + ": " + std::move(wrong->message)};
    out.emplace_back(line);
  }
  if (out.empty()) return intake_problem{422, "", "no recipients: one JSON object a line is expected"};
  return out;
}

}  // namespace dispatch
