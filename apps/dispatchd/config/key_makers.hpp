#pragma once

// One function per type of value, each making a key from the place the value has. `place` is a generic
// lambda that gives a reference to it, for the settings as well as for const settings. Inner header of
// config.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "apps/dispatchd/config/registry.hpp"
#include "core/ip_address.hpp"

// A generic lambda to a member, for settings and const settings alike.
// NOLINTBEGIN(bugprone-macro-parentheses): a member's name cannot stand in parentheses
#define PLACE(member)         \
  [](auto& object) -> auto& { \
    return object.member;     \
  }
// NOLINTEND(bugprone-macro-parentheses)

namespace dispatch::config {

using milliseconds = std::chrono::milliseconds;

/// For a key whose place holds just its value.
template <class Object, class Place>
auto copier(Place place) {
  return [=](Object& to, const Object& from) { place(to) = place(from); };
}

inline std::string unquoted(std::string text) {
  std::erase(text, '"');
  return text;
}

template <class Object, class Place>
key<Object> integer(const char* name, std::int64_t least, std::int64_t most, const char* doc, Place place) {
  key<Object> made{name, std::to_string(least) + " to " + std::to_string(most), doc};
  made.set = [=](Object& object, const raw_value& raw) {
    std::int64_t value = 0;
    auto wrong = read_integer(raw, least, most, value);
    if (wrong.empty()) place(object) = static_cast<std::remove_reference_t<decltype(place(object))>>(value);
    return wrong;
  };
  made.get = [=](const Object& object) { return std::to_string(place(object)); };
  made.copy = copier<Object>(place);
  return made;
}

template <class Object, class Place>
key<Object> number(const char* name, double least, double most, const char* doc, Place place) {
  auto range = print_number(least) + " to " + print_number(most);
  key<Object> made{name, std::move(range), doc};
  made.set = [=](Object& object, const raw_value& raw) {
    return read_number(raw, least, most, place(object));
  };
  made.get = [=](const Object& object) { return print_number(place(object)); };
  made.copy = copier<Object>(place);
  return made;
}

template <class Object, class Place>
key<Object> duration(const char* name, milliseconds least, milliseconds most, const char* doc, Place place) {
  key<Object> made{name, unquoted(print_duration(least) + " to " + print_duration(most)), doc};
  made.set = [=](Object& object, const raw_value& raw) {
    return read_duration(raw, least, most, place(object));
  };
  made.get = [=](const Object& object) { return print_duration(place(object)); };
  made.copy = copier<Object>(place);
  return made;
}

template <class Object, class Place>
key<Object> size(const char* name, std::uint64_t least, std::uint64_t most, const char* doc, Place place) {
  key<Object> made{name, unquoted(print_size(least) + " to " + print_size(most)), doc};
  made.set = [=](Object& object, const raw_value& raw) {
    return read_size(raw, static_cast<std::int64_t>(least), static_cast<std::int64_t>(most), place(object));
  };
  made.get = [=](const Object& object) { return print_size(place(object)); };
  made.copy = copier<Object>(place);
  return made;
}

/// `check(text)` says what is wrong with it, or nothing.
template <class Object, class Place, class Check>
key<Object> text(const char* name, const char* accepts, const char* doc, Place place, Check check) {
  key<Object> made{name, accepts, doc};
  made.set = [=](Object& object, const raw_value& raw) {
    std::string value;
    auto wrong = read_text(raw, value);
    if (wrong.empty()) wrong = check(value);
    if (wrong.empty()) place(object) = std::move(value);
    return wrong;
  };
  made.get = [=](const Object& object) { return print_text(place(object)); };
  made.copy = copier<Object>(place);
  return made;
}

/// Whether the file can be read is checked when everything is known (check.cpp).
template <class Object, class Place>
key<Object> file(const char* name, const char* doc, Place place) {
  auto made = text<Object>(name, "a path", doc, place, [](const std::string&) { return std::string(); });
  made.file = true;
  return made;
}

inline std::string one_of(const std::vector<std::string>& choices) {
  std::string out;
  for (const auto& choice : choices) out += (out.empty() ? "" : " | ") + choice;
  return out;
}

template <class Object, class Place>
key<Object> choice(const char* name, std::vector<std::string> choices, const char* doc, Place place) {
  const auto check = [choices](const std::string& value) {
    const bool known = std::find(choices.begin(), choices.end(), value) != choices.end();
    return known ? std::string() : "must be one of " + one_of(choices);
  };
  return text<Object>(name, one_of(choices).c_str(), doc, place, check);
}

template <class Object, class Place, class Check>
key<Object> list(const char* name, const char* accepts, const char* doc, Place place, Check check) {
  key<Object> made{name, accepts, doc};
  made.set = [=](Object& object, const raw_value& raw) {
    std::vector<std::string> values;
    auto wrong = read_list(raw, values);
    for (const auto& value : values)
      if (wrong.empty()) wrong = check(value);
    if (wrong.empty()) place(object) = std::move(values);
    return wrong;
  };
  made.get = [=](const Object& object) { return print_list(place(object)); };
  made.copy = copier<Object>(place);
  return made;
}

template <class Object, class Place>
key<Object> flag(const char* name, const char* doc, Place place) {
  key<Object> made{name, "true | false", doc};
  made.set = [=](Object& object, const raw_value& raw) {
    const auto* text = std::get_if<std::string>(&raw.data);
    const auto* boolean = std::get_if<bool>(&raw.data);
    const bool word = text && raw.from_environment && (*text == "true" || *text == "false");
    if (!boolean && !word) return std::string("must be true or false");
    place(object) = boolean ? *boolean : *text == "true";
    return std::string();
  };
  made.get = [=](const Object& object) { return std::string(place(object) ? "true" : "false"); };
  made.copy = copier<Object>(place);
  return made;
}

/// For what is no string in the settings: `read` gives its word, `write` sets it from one of the choices.
template <class Object, class Read, class Write>
key<Object> words(const char* name, std::vector<std::string> choices, const char* doc, Write write,
                  Read read) {
  key<Object> made{name, one_of(choices), doc};
  made.set = [=](Object& object, const raw_value& raw) {
    std::string value;
    auto wrong = read_text(raw, value);
    if (!wrong.empty()) return wrong;
    if (std::find(choices.begin(), choices.end(), value) == choices.end())
      return "must be one of " + one_of(choices);
    write(object, value);
    return std::string();
  };
  made.get = [=](const Object& object) { return print_text(read(object)); };
  made.copy = [=](Object& to, const Object& from) { write(to, read(from)); };
  return made;
}

template <class Object>
key<Object> live(key<Object> made) {
  made.live = true;
  return made;
}

template <class Object>
key<Object> secret(key<Object> made) {
  made.secret = true;
  return made;
}

/// A secret in a file that is copied, committed and mailed is none. There is a key NAME_file beside it.
template <class Object, class Place>
key<Object> environment_only(const char* name, const char* doc, Place place) {
  auto made = secret(text<Object>(name, "from the environment only", doc, place,
                                  [](const std::string&) { return std::string(); }));
  made.set = [set = made.set, name = std::string(name)](Object& object, const raw_value& raw) {
    const auto* value = std::get_if<std::string>(&raw.data);
    if (!raw.from_environment && value && !value->empty())
      return "must not stand in a file: use " + name + "_file or the environment";
    return set(object, raw);
  };
  made.get = [place](const Object& object) { return print_text(place(object).empty() ? "" : "***"); };
  return made;
}

/// What is wrong with an entry of a list of networks.
inline std::string network_problem(const std::string& value) {
  return ip_network::parse(value) ? "" : "holds an entry that is neither an address nor a network (CIDR)";
}

}  // namespace dispatch::config
