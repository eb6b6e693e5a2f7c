#pragma once

// What becomes of mail: faults by address and by command, the ledger, and one file for each message taken.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

#include "apps/sandbox/ledger.hpp"
#include "apps/sandbox/shared_state.hpp"
#include "apps/sandbox/smtp/smtp_session.hpp"

namespace dispatch::sandbox {

class post_office {
 public:
  static constexpr std::string_view username = "sandbox";

  // Messages are written to `maildir`/new, first to `maildir`/tmp.
  post_office(shared_state& shared, ledger_file& ledger, const std::filesystem::path& maildir);

  // For connections made from then on. Any thread.
  smtp_rules rules() const;
  void set_starttls(bool offered);
  void set_password(std::string password);

  // Any of the smtp threads. Replies as in smtp_session::desk.
  std::string judge_recipient(const std::string& address, std::uint64_t connection);
  std::string judge_message(const std::string& address, const std::string& text, std::uint64_t connection,
                            smtp_session::next& then);

 private:
  // What a message gets, before it is written down. An empty reply is none.
  std::string decide(const std::string& address, smtp_session::next& then);
  void log(int status, std::string_view dedupe, const std::string& address, std::uint64_t connection,
           std::string_view reason);
  void keep(const std::string& address, const std::string& text);

  shared_state& shared_;
  ledger_file& ledger_;
  const std::filesystem::path maildir_;
  mutable std::mutex guard_;
  smtp_rules rules_;
  std::atomic<std::uint64_t> kept_{0};
};

// What stands in front of the '@' of its Message-ID; "-" when there is none.
std::string_view message_key(std::string_view text);

}  // namespace dispatch::sandbox
