#pragma once

// What the provider tests share: jobs by way of the real parser, and rendering one recipient of them.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "core/digest.hpp"
#include "core/job/job_parser.hpp"
#include "transport/providers/adapter.hpp"

namespace dispatch::testing {

inline std::unique_ptr<job> parse_job(const std::string& document) {
  job_parser parser;
  auto parsed = parser.parse(document);
  if (const auto* error = std::get_if<job_error>(&parsed)) {
    ADD_FAILURE() << error->pointer << ": " << error->message << " in " << document;
    return nullptr;
  }
  auto made = std::move(std::get<std::unique_ptr<job>>(parsed));
  if (made->id.empty()) made->name("normal-1-0");
  return made;
}

/// `rest` are the job's members beside its recipients, `recipient` is one recipient's JSON.
inline std::unique_ptr<job> job_for(const std::string& recipient, const std::string& rest) {
  return parse_job("{\"id\":\"j\",\"recipients\":[" + recipient + "]" + (rest.empty() ? "" : ",") + rest +
                   "}");
}

struct rendered {
  render_status status{};
  provider_request request;
  std::string detail;
};

inline rendered render(const provider_adapter& adapter, const job& source, std::size_t position = 0) {
  rendered made;
  const auto& who = source.recipients.at(position);
  const auto compiled = adapter.compile(source, who.platform);
  const auto key = dedupe_key::of(source.tenant, source.id, who.index);
  made.status = adapter.render(*compiled, source, who, key, made.request, made.detail);
  return made;
}

/// The dedupe key of the only recipient of a job_for() job.
inline std::string key_text() {
  return std::string(dedupe_key::of("default", "j", 0).text());
}

/// `text` with each KEY replaced by that key: bodies are compared byte by byte.
inline std::string with_key(std::string text) {
  const auto key = key_text();
  for (auto at = text.find("KEY"); at != std::string::npos; at = text.find("KEY", at + key.size()))
    text.replace(at, 3, key);
  return text;
}

inline std::string header_of(const provider_request& request, std::string_view name) {
  for (const auto& [key, value] : request.own)
    if (key == name) return value;
  return "(none)";
}

inline provider_answer answered(int status, std::string body, std::string retry_after = {}) {
  provider_answer made;
  made.status = status;
  made.body = std::move(body);
  made.retry_after = std::move(retry_after);
  return made;
}

}  // namespace dispatch::testing
