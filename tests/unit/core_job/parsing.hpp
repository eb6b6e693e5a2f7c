#pragma once

// What the tests of core/job share: documents in, jobs or refusals out.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "core/job/job_parser.hpp"

namespace dispatch::test {

using parsed = std::variant<std::unique_ptr<job>, job_error>;

inline parsed parse(std::string document, std::span<const std::uint64_t> indices = {}) {
  static job_parser parser;
  return parser.parse(std::move(document), indices);
}

/// Fails the test (and returns null) when the document is refused.
inline std::unique_ptr<job> parse_good(std::string document, std::span<const std::uint64_t> indices = {}) {
  auto result = parse(std::move(document), indices);
  if (auto* error = std::get_if<job_error>(&result)) {
    ADD_FAILURE() << "refused at \"" << error->pointer << "\": " << error->message;
    return nullptr;
  }
  return std::move(std::get<std::unique_ptr<job>>(result));
}

/// Fails the test when the document is taken.
inline job_error parse_bad(std::string document) {
  auto result = parse(std::move(document));
  if (auto* error = std::get_if<job_error>(&result)) return std::move(*error);
  ADD_FAILURE() << "accepted";
  return {};
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace dispatch::test
