#include "apps/dispatchctl/send.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "apps/standard_streams.hpp"
#include "core/job/job_parser.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

std::string read_all(std::istream& in) {
  // One byte more than any document may have is enough to be refused.
  std::string out;
  char buffer[65'536];
  while (out.size() <= job_limits{}.max_document_bytes &&
         (in.read(buffer, sizeof buffer) || in.gcount() > 0)) {
    out.append(buffer, static_cast<std::size_t>(in.gcount()));
  }
  return out;
}

std::string read_document(const std::string& path) {
  if (path == "-") return read_all(std::cin);
  std::ifstream file{path, std::ios::binary};
  if (!file) throw usage_error("cannot read " + path);
  return read_all(file);
}

void put_text(json::object& into, std::string_view name, const std::string& value) {
  if (!value.empty()) into[name] = value;
}

void put_time(json::object& into, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  auto seconds = value.size() <= 12 && value.find_first_not_of("0123456789") == std::string::npos;
  if (seconds) {
    into[name] = std::stoll(value);
  } else {
    into[name] = value;
  }
}

void put_pairs(json::object& into, std::string_view name, const std::vector<std::string>& pairs) {
  if (pairs.empty()) return;
  json::object out;
  for (const auto& pair : pairs) {
    auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw usage_error(fmt::format("--{}: '{}' is not key=value", name, pair));
    out[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  into[name] = std::move(out);
}

json::object recipient_of(const send_options& options) {
  json::object out;
  out["platform"] = options.platform;
  put_text(out, "token", options.token);
  put_text(out, "fid", options.fid);
  put_text(out, "topic", options.topic);
  put_text(out, "condition", options.condition);
  put_text(out, "address", options.address);
  put_text(out, "url", options.url);
  put_pairs(out, "vars", options.vars);
  return out;
}

}  // namespace

std::string build_document(const send_options& options) {
  json::object job;
  put_text(job, "id", options.id);
  put_text(job, "tenant", options.tenant);
  put_text(job, "app", options.app);
  put_time(job, "send_at", options.send_at);
  put_time(job, "expires_at", options.expires_at);
  put_text(job, "collapse_key", options.collapse_key);
  put_text(job, "priority", options.priority);
  json::object message;
  put_text(message, "title", options.title);
  put_text(message, "body", options.body);
  put_text(message, "image", options.image);
  put_text(message, "link", options.link);
  put_text(message, "sound", options.sound);
  put_pairs(message, "data", options.data);
  job["message"] = std::move(message);
  if (options.audience.empty()) {
    job["recipients"] = json::array{recipient_of(options)};
  } else {
    job["audience"] = options.audience;
  }
  if (options.dry_run) job["dry_run"] = true;
  return json::serialize(job);
}

int run_send(session& redis, const send_options& options) {
  auto document = options.file.empty() ? build_document(options) : read_document(options.file);
  job_parser parser;
  auto parsed = parser.parse(document);
  if (auto* error = std::get_if<job_error>(&parsed)) {
    auto where = error->pointer.empty() ? std::string{"the document"} : error->pointer;
    throw usage_error(fmt::format("{}: {}", where, error->message));
  }
  const auto& job = *std::get<std::unique_ptr<dispatch::job>>(parsed);

  std::vector<std::string> add{"XADD", redis.lane_key(options.lane), "*", "job", document};
  if (!options.correlation_id.empty()) add.insert(add.end(), {"correlation_id", options.correlation_id});
  auto entry = redis.ask(std::move(add)).text;
  auto lane_name = to_string(options.lane);
  auto id = job.id.empty() ? fmt::format("{}-{}", lane_name, entry) : std::string{job.id};
  if (options.json) {
    json::object out{{"id", id},
                     {"tenant", job.tenant},
                     {"lane", lane_name},
                     {"entry", entry},
                     {"recipients", job.recipients.size()}};
    print_json(json::serialize(out));
  } else {
    print_text(id + '\n');
  }
  return 0;
}

}  // namespace dispatch::ctl
