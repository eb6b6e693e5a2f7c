#pragma once

// Makes of a configured app what a start makes of it, and throws it away: whether it can be used.

#include <memory>
#include <optional>
#include <string>

#include "actors/settings.hpp"

namespace dispatch {

class io_thread;

struct setting_problem {
  std::string key;  ///< whole path: apns.default.key_file
  std::string message;
};

class app_trial {
 public:
  app_trial();
  ~app_trial();
  app_trial(const app_trial&) = delete;
  app_trial& operator=(const app_trial&) = delete;

  /// Reads the files it names; connects nothing. nullopt: it can be used.
  std::optional<setting_problem> of(const fcm_app& app);
  std::optional<setting_problem> of(const apns_app& app);
  std::optional<setting_problem> of(const smtp_app& app);
  std::optional<setting_problem> of(const webpush_app& app);
  std::optional<setting_problem> of(const webhook_app& app);

 private:
  std::shared_ptr<io_thread> thread_;  ///< kits are made for one; nothing runs on it
};

}  // namespace dispatch
