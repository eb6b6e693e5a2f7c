#include <toml++/toml.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "apps/dispatchd/config/check.hpp"
#include "apps/dispatchd/config/config.hpp"
#include "apps/dispatchd/config/registry.hpp"
#include "core/printable.hpp"
#include "transport/files/regular_file.hpp"

extern char** environ;

namespace dispatch {
namespace config {
namespace {

constexpr std::size_t max_file_bytes = 1 << 20;
constexpr std::string_view environment_prefix = "DISPATCHD_";
constexpr std::size_t max_problems = 100;
/// Of no setting, but known (actors/engine.cpp).
constexpr std::string_view crash_token_variable = "DISPATCHD_TEST_CRASH_TOKEN";

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const auto changed = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

template <class Object>
std::string unknown_key(std::string_view name, const std::vector<key<Object>>& keys) {
  const key<Object>* closest = nullptr;
  std::size_t least = 4;  // further away is no typo
  for (const auto& each : keys) {
    if (name.size() > 128) break;
    const auto distance = edit_distance(name, each.name);
    if (distance < least) {
      least = distance;
      closest = &each;
    }
  }
  return closest ? "unknown key, did you mean " + closest->name + "?" : "unknown key";
}

std::optional<raw_value> raw_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return raw_value{text->get()};
  if (const auto* integer = node.as_integer()) return raw_value{integer->get()};
  if (const auto* real = node.as_floating_point()) return raw_value{real->get()};
  if (const auto* flag = node.as_boolean()) return raw_value{flag->get()};
  const auto* array = node.as_array();
  if (!array) return std::nullopt;
  raw_value::list texts;
  for (const auto& element : *array) {
    if (!element.is_string()) return std::nullopt;
    texts.push_back(element.as_string()->get());
  }
  return raw_value{std::move(texts)};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// What an environment variable can say of an app's name: no capitals, no dash.
std::string environment_form(std::string_view app) {
  auto out = lower(app);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

class loader {
 public:
  explicit loader(config_result& result) : result_(result) {}

  void file(const std::string& path);
  void variables(const environment& env);

 private:
  void problem(const config_place& place, std::string key, std::string message) {
    if (result_.errors.size() < max_problems)
      result_.errors.push_back({place, std::move(key), std::move(message)});
  }
  config_place place_of(const toml::source_region& region) const {
    return {path_, region.begin.line, region.begin.column};
  }

  void table(const toml::table& table, const std::string& prefix);
  void leaf(const toml::node& node, const std::string& path, const config_place& key_place);
  template <class App>
  void app_tables(std::string_view section, const toml::node& node, std::vector<App>& apps,
                  const std::vector<key<App>>& keys);
  void variable(const std::string& name, const std::string& value);
  template <class App>
  bool app_variable(std::string_view section, const std::vector<std::string>& parts,
                    const config_place& place, const raw_value& raw, std::vector<App>& apps,
                    const std::vector<key<App>>& keys);

  template <class Object>
  void set(Object& object, const std::vector<key<Object>>& keys, const std::string& prefix,
           std::string_view name, const raw_value& raw, const config_place& place) {
    const auto path = prefix + std::string(name);
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.name == name; });
    if (found == keys.end()) return problem(place, path, unknown_key(name, keys));
    if (auto wrong = found->set(object, raw); !wrong.empty()) return problem(place, path, std::move(wrong));
    result_.origins[path] = place;
  }

  template <class App>
  App* app_named(std::string_view section, const std::string& name, const config_place& place,
                 std::vector<App>& apps) {
    for (auto& app : apps)
      if (name_of(app) == name) return &app;
    constexpr auto most = std::is_base_of_v<provider_app, App> ? max_apps : max_named;
    const auto path = std::string(section) + '.' + name;
    if (!is_app_name(name)) {
      problem(place, path, "a name must match [A-Za-z0-9_-]{1,64}");
      return nullptr;
    }
    if (apps.size() >= most) {
      problem(place, path, "more than " + std::to_string(most) + " of them");
      return nullptr;
    }
    name_of(apps.emplace_back()) = name;
    result_.origins[path] = place;
    return &apps.back();
  }

  config_result& result_;
  std::string path_;
};

bool is_section(const std::string& prefix) {
  const auto& keys = setting_keys();
  bool found =
      std::any_of(keys.begin(), keys.end(), [&](const auto& k) { return k.name.starts_with(prefix); });
  const settings values;
  for_each_app_section(values, [&](std::string_view section, const auto&, const auto&) {
    found = found || section.starts_with(prefix);
  });
  return found;
}

void loader::file(const std::string& path) {
  path_ = path;
  const auto read = read_file(path, max_file_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read)) {
    const auto said = "cannot read " + path + ": ";
    const auto& why = wrong->message;
    return problem({path, 1, 1}, "",
                   "cannot be read: " + (why.starts_with(said) ? why.substr(said.size()) : why));
  }
  try {
    const auto document = toml::parse(std::get<std::string>(read), path);
    table(document, "");
  } catch (const toml::parse_error& error) {
    problem(place_of(error.source()), "", std::string(error.description()));
  }
}

void loader::table(const toml::table& table, const std::string& prefix) {
  for (const auto& [name, child] : table) {
    const auto& node = child;  // clang 14 captures no structured binding
    const auto path = prefix + std::string(name.str());
    const auto place = place_of(name.source());
    bool of_apps = false;
    for_each_app_section(result_.settings, [&](std::string_view section, auto& apps, const auto& keys) {
      if (path != section) return;
      of_apps = true;
      app_tables(section, node, apps, keys);
    });
    if (of_apps) continue;
    if (!is_section(path + '.')) {
      leaf(node, path, place);
    } else if (const auto* inner = node.as_table()) {
      this->table(*inner, path + '.');
    } else {
      problem(place, path, "expects a table: [" + path + "]");
    }
  }
}

void loader::leaf(const toml::node& node, const std::string& path, const config_place& key_place) {
  const auto& keys = setting_keys();
  const auto known = std::any_of(keys.begin(), keys.end(), [&](const auto& k) { return k.name == path; });
  if (!known) {
    // A whole unknown table is one mistake, said once.
    return problem(key_place, path, node.is_table() ? "unknown section" : unknown_key(path, keys));
  }
  const auto raw = raw_of(node);
  const auto place = place_of(node.source());
  if (!raw) return problem(place, path, "has a type no key has");
  set(result_.settings, keys, "", path, *raw, place);
}

template <class App>
void loader::app_tables(std::string_view section, const toml::node& node, std::vector<App>& apps,
                        const std::vector<key<App>>& keys) {
  const auto* named = node.as_table();
  if (!named) return problem(place_of(node.source()), std::string(section), "expects a table");
  for (const auto& [name, value] : *named) {
    const auto path = std::string(section) + '.' + std::string(name.str());
    const auto* table = value.as_table();
    if (!table) {
      problem(place_of(name.source()), path, "expects a table: [" + std::string(section) + ".NAME]");
      continue;
    }
    auto* app = app_named(section, std::string(name.str()), place_of(name.source()), apps);
    if (!app) continue;
    for (const auto& [key_name, key_node] : *table) {
      const auto raw = raw_of(key_node);
      if (raw)
        set(*app, keys, path + '.', key_name.str(), *raw, place_of(key_node.source()));
      else
        problem(place_of(key_node.source()), path + '.' + std::string(key_name.str()),
                "has a type no key has");
    }
  }
}

void loader::variables(const environment& env) {
  for (const auto& [name, value] : env)
    if (name.starts_with(environment_prefix)) variable(name, value);
}

void loader::variable(const std::string& name, const std::string& value) {
  const config_place place{"env " + name, 0, 0};
  if (name == crash_token_variable) {
    result_.warnings.push_back(
        {place, "",
         "IS FOR TESTS ONLY: the process aborts when it renders a token that begins with \"" + value + "\""});
    return;
  }
  std::vector<std::string> parts;
  std::string_view rest = std::string_view(name).substr(environment_prefix.size());
  for (auto at = rest.find("__"); at != std::string_view::npos; at = rest.find("__")) {
    parts.emplace_back(rest.substr(0, at));
    rest = rest.substr(at + 2);
  }
  parts.emplace_back(rest);
  if (parts.size() < 2) {
    // Perhaps a script's own variable: no reason not to start.
    result_.warnings.push_back({place, "", "names no key (DISPATCHD_SECTION__KEY)"});
    return;
  }
  const raw_value raw{value, true};
  bool done = false;
  for_each_app_section(result_.settings, [&](std::string_view section, auto& apps, const auto& keys) {
    done = done || app_variable(section, parts, place, raw, apps, keys);
  });
  if (done) return;
  std::string path;
  for (const auto& part : parts) path += (path.empty() ? "" : ".") + lower(part);
  set(result_.settings, setting_keys(), "", path, raw, place);
}

template <class App>
bool loader::app_variable(std::string_view section, const std::vector<std::string>& parts,
                          const config_place& place, const raw_value& raw, std::vector<App>& apps,
                          const std::vector<key<App>>& keys) {
  // HTTP__CREDENTIALS__NAME__KEY, FCM__NAME__KEY
  const auto depth = static_cast<std::size_t>(std::count(section.begin(), section.end(), '.')) + 1;
  std::string begin;
  for (std::size_t at = 0; at < std::min(depth, parts.size()); ++at)
    begin += (at > 0 ? "." : "") + lower(parts[at]);
  if (begin != section) return false;
  if (parts.size() != depth + 2) {
    problem(place, std::string(section), "expects DISPATCHD_SECTION__NAME__KEY");
    return true;
  }
  auto name = lower(parts[depth]);
  for (const auto& app : apps)
    if (environment_form(name_of(app)) == environment_form(parts[depth])) name = name_of(app);
  if (auto* app = app_named(section, name, place, apps))
    set(*app, keys, std::string(section) + '.' + name + '.', lower(parts[depth + 1]), raw, place);
  return true;
}

}  // namespace
}  // namespace config

environment current_environment() {
  environment found;
  for (char** each = environ; each && *each; ++each) {
    const std::string_view entry(*each);
    const auto equals = entry.find('=');
    if (!entry.starts_with(config::environment_prefix) || equals == std::string_view::npos) continue;
    found.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return found;
}

config_result load_config(const std::string& path, const environment& env, bool insecure_dev) {
  config_result result;
  config::loader loader(result);
  if (!path.empty()) loader.file(path);
  loader.variables(env);
  // What does not hold together is worth saying only about values that were all understood.
  if (result.ok()) config::check(path, result, insecure_dev);
  return result;
}

std::string to_string(const config_problem& problem) {
  std::string out = problem.place.file;
  if (problem.place.line > 0)
    out += ':' + std::to_string(problem.place.line) + ':' + std::to_string(problem.place.column);
  if (!problem.key.empty()) out += ": " + problem.key;
  // Keys and values come from a file that may be anybody's.
  return printable(out + ": " + problem.message);
}

}  // namespace dispatch
