#pragma once

// Applying mappings in tests, and reading the jobs they make with the engine's own parser.

#include <memory>
#include <string>
#include <variant>

#include "api/json/strict_json.hpp"
#include "api/webhooks/mapping.hpp"
#include "core/job/job_parser.hpp"

namespace dispatch::test {

/// The job document, or "POINTER: MESSAGE"; of a mapping that cannot be compiled "mapping POINTER: MESSAGE".
inline std::string applied(const std::string& mapping, const std::string& payload) {
  const auto compiled = webhook_mapping::compile(mapping);
  if (const auto* wrong = std::get_if<mapping_error>(&compiled))
    return "mapping " + wrong->pointer + ": " + wrong->message;
  const auto parsed = strict_json::parse(payload, 64);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) return "payload " + *wrong;
  const auto made =
      std::get<webhook_mapping>(compiled).apply(std::get<strict_json>(parsed).root(), "t", "s:1");
  if (const auto* wrong = std::get_if<mapping_error>(&made)) return wrong->pointer + ": " + wrong->message;
  return std::get<std::string>(made);
}

/// What the job mapping {"job": `job`} makes of the payload, without tenant and id.
inline std::string made(const std::string& job, const std::string& payload) {
  const auto document = applied("{\"job\":" + job + "}", payload);
  const std::string begin = R"({"tenant":"t","id":"s:1")";
  if (document.rfind(begin, 0) != 0) return document;
  const auto rest = document.substr(begin.size());
  return rest.front() == ',' ? "{" + rest.substr(1) : "{" + rest;
}

/// nullptr when the parser refuses it; then `why` says so.
inline std::unique_ptr<job> parsed_job(const std::string& document, std::string* why = nullptr) {
  auto result = job_parser().parse(document);
  if (auto* wrong = std::get_if<job_error>(&result)) {
    if (why) *why = wrong->pointer + ": " + wrong->message;
    return nullptr;
  }
  return std::get<std::unique_ptr<job>>(std::move(result));
}

}  // namespace dispatch::test
