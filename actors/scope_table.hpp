#pragma once

// Every scope of this process: what breakers, rate limits and waiting lists go by. Most are made at the
// start, those of an app a reload brings and those of origins (push services, webhooks' hosts) while actors
// work. Once made a scope keeps its number and its place until the process ends. Any thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "actors/append_only.hpp"
#include "actors/channel.hpp"
#include "actors/live_settings.hpp"
#include "transport/providers/adapter.hpp"

namespace dispatch {

struct scope_info {
  std::string name;  ///< "fcm:default", "webhook:default:https://example.com"
  provider by{};
  std::string app;
  std::string origin;           ///< scheme://authority; empty: an app with one scope
  std::uint16_t app_index = 0;  ///< in engine_parts::apps
  live_number rate = 0;         ///< 0 = no limit
  live_number burst = 0;
  std::chrono::milliseconds timeout{15'000};
  /// Items handed out and not yet answered, at most. With one scope an app: enough to keep every stream busy
  /// while the next are under way. An origin is let near it as it answers (actors/intake/window.hpp).
  std::uint32_t window = 0;
  std::shared_ptr<const provider_adapter> adapter;
  std::shared_ptr<channel> way;
};

class scope_table {
 public:
  /// Origins are opened while there are fewer scopes than this; an app always finds a place.
  static constexpr std::size_t max_origins = 4'096;
  static constexpr std::size_t capacity = max_origins + 512;

  std::size_t size() const noexcept { return scopes_.size(); }
  scope_info& operator[](std::size_t at) noexcept { return scopes_[at]; }
  const scope_info& operator[](std::size_t at) const noexcept { return scopes_[at]; }

  std::optional<scope_number> find(std::string_view name) const;

  /// Adds the scope `make` makes for its number, unless one of that name is there already. nullopt: the table
  /// is full (for origins or altogether). `make` must not come back here; what it throws passes through, and
  /// nothing was added.
  std::optional<scope_number> open(const std::string& name, bool is_origin,
                                   const std::function<scope_info(scope_number)>& make);

  /// When nobody reads any more.
  void clear();

  class const_iterator {
   public:
    const_iterator(const scope_table& table, std::size_t at) : table_(&table), at_(at) {}
    const scope_info& operator*() const { return (*table_)[at_]; }
    const_iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const const_iterator& other) const { return at_ != other.at_; }

   private:
    const scope_table* table_;
    std::size_t at_;
  };
  /// Those there are at this moment.
  const_iterator begin() const { return {*this, 0}; }
  const_iterator end() const { return {*this, size()}; }

 private:
  append_only<scope_info, capacity> scopes_;
  mutable std::shared_mutex guard_;
  std::unordered_map<std::string_view, scope_number> numbers_;  // keys live in the scopes
};

/// PROVIDER:APP, or PROVIDER:APP:ORIGIN.
std::string scope_name(provider by, std::string_view app, std::string_view origin = {});

struct scope_parts {
  provider by{};
  std::string_view app;
  std::string_view origin;  ///< may be empty
};
/// What such a name says; nullopt when it is none (a job's list, "ready").
std::optional<scope_parts> parse_scope_name(std::string_view name);

}  // namespace dispatch
