#pragma once

// Watches whether Redis may lose data, and whether it has. Loop thread only.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "storage/redis/connection.hpp"

namespace dispatch::redis {

class durability {
 public:
  /// Redis keeps what it accepted, does not, or does not say; and what is wrong.
  using listener = std::function<void(std::optional<bool> kept, const std::string& detail)>;

  /// Called when either changes.
  void on_change(listener tell) { tell_ = std::move(tell); }
  /// Asks Redis when the last answer is older than 30 s: INFO, which managed services and users without
  /// @admin may ask too; what only CONFIG says (snapshots) makes the text better where it is allowed.
  void ask_when_old(connection& link);
  void acquired() noexcept { confirmed_ = 0; }
  /// A checkpoint was applied; before it Redis held `found`: less than what it once confirmed means that it
  /// came back with an older state.
  void written(std::uint64_t sequence, std::uint64_t found);

  /// nullopt while it is not known.
  std::optional<bool> kept() const;
  /// What is wrong, or not known although it was asked; empty when all is well.
  std::string warning() const;

  /// Takes in what INFO answered, or CONFIG GET of one name.
  void read_info(std::string_view text);
  void read_setting(std::string_view name, std::string_view value);
  /// Every question of a round has been answered, well or not.
  void round_over();

 private:
  void tell();
  void ask(connection& link, command what, std::function<void(const reply&)> keep, bool is_last);

  std::chrono::steady_clock::time_point asked_{};
  bool answered_ = false;  ///< once at least
  std::optional<bool> append_only_, snapshots_;
  std::string write_error_;  ///< what Redis says of its last attempt to write to disk
  std::string policy_;       ///< empty: not known
  std::string refusal_;      ///< why not
  std::uint64_t confirmed_ = 0;
  std::string rewound_;
  listener tell_;
  std::string told_;  ///< as said last, with its kind
};

}  // namespace dispatch::redis
