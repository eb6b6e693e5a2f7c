#include "apps/dispatchctl/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <unordered_set>

#include "storage/redis/address.hpp"

namespace dispatch::ctl {
namespace {

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (auto c : text) {
    auto byte = static_cast<unsigned char>(c);
    auto plain = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string first_line_of(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  if (!file || (!std::getline(file, line) && !file.eof())) throw usage_error("cannot read " + path);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) throw usage_error(path + " holds no password");
  return line;
}

std::string glob_escaped(std::string_view text) {
  std::string out;
  for (auto c : text) {
    if (std::string_view{"*?[]^\\"}.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string url_with_password(const session_options& options) {
  redis::address where;
  try {
    where = redis::parse_address(options.url);
  } catch (const std::invalid_argument& error) {
    throw usage_error(error.what());
  }
  if (options.url_typed && !where.password.empty()) {
    throw usage_error(
        "a password among the arguments can be read by every user of this machine: use "
        "DISPATCHCTL_REDIS_PASSWORD or --password-file");
  }
  auto password = options.password_file.empty() ? options.password : first_line_of(options.password_file);
  if (!password || password->empty()) return options.url;
  auto scheme_end = options.url.find("://") + 3;
  auto authority_end = std::min(options.url.find('/', scheme_end), options.url.size());
  auto at = options.url.substr(0, authority_end).rfind('@');
  auto rest = options.url.substr(at == std::string::npos ? scheme_end : at + 1);
  return fmt::format("{}{}:{}@{}", options.url.substr(0, scheme_end), percent_encoded(where.user),
                     percent_encoded(*password), rest);
}

session::session(const session_options& options)
    : client_({.url = url_with_password(options), .ca_file = options.ca_file}),
      name_space_(options.name_space) {
  if (name_space_.empty()) throw usage_error("--namespace must not be empty");
}

std::string session::lane_key(lane which) const {
  switch (which) {
    case lane::high:
      return key("jobs:high");
    case lane::normal:
      return key("jobs");
    case lane::bulk:
      return key("jobs:bulk");
    case lane::results:
      return key("outbox");
  }
  return key("jobs");
}

std::string session::job_key(std::string_view tenant, std::string_view id) const {
  return key(fmt::format("job:{}:{}", tenant, id));
}

session::reply session::ask(std::vector<std::string> command) {
  auto name = command.front();
  auto answer = client_.command(std::move(command));
  if (answer.is_error()) throw command_failed(fmt::format("Redis refused {}: {}", name, answer.text));
  return answer;
}

std::vector<session::reply> session::ask_all(std::vector<std::vector<std::string>> commands) {
  if (commands.empty()) return {};
  return client_.pipeline(std::move(commands));
}

std::vector<std::string> session::scan(std::string_view prefix, std::size_t limit) {
  auto whole = key(prefix);
  // SCAN may answer a key more than once.
  std::unordered_set<std::string> seen;
  std::vector<std::string> out;
  std::string cursor = "0";
  do {
    auto page = ask({"SCAN", cursor, "MATCH", glob_escaped(whole) + "*", "COUNT", "1000"});
    cursor = page.at(0).text;
    for (const auto& found : page.at(1).elements) {
      if (out.size() < limit && seen.insert(found.text).second)
        out.push_back(found.text.substr(whole.size()));
    }
  } while (cursor != "0" && out.size() < limit);
  return out;
}

std::int64_t session::now_ms() {
  auto time = ask({"TIME"});
  return time.at(0).as_integer() * 1000 + time.at(1).as_integer() / 1000;
}

}  // namespace dispatch::ctl
