#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace dispatch::sandbox {

struct options {
  std::filesystem::path directory;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::uint16_t control_port = 0;
  std::uint16_t smtp_port = 0;
  std::uint16_t smtps_port = 0;
  std::size_t threads = 1;
  std::filesystem::path ledger;       // empty: ledger.tsv in the directory
  std::filesystem::path maildir;      // empty: mail in the directory
  std::filesystem::path webhook_log;  // empty: none
  std::optional<std::uint64_t> seed;
};

// Runs until SIGTERM or SIGINT. Throws what keeps it from starting.
void run(const options& with);

}  // namespace dispatch::sandbox
