#include "actors/app_trial.hpp"

#include <exception>
#include <variant>

#include "actors/app_kit.hpp"
#include "transport/io_thread.hpp"

namespace dispatch {
namespace {

template <class App>
std::optional<setting_problem> try_app(const App& app, const std::string& section,
                                       const std::shared_ptr<io_thread>& thread) {
  try {
    const auto made = make_kit(app, thread);
    const auto* wrong = std::get_if<std::string>(&made);
    if (wrong == nullptr) return std::nullopt;
    const auto colon = wrong->find(": ");
    if (!wrong->starts_with(section + '.') || colon == std::string::npos)
      return setting_problem{section, *wrong};
    return setting_problem{wrong->substr(0, colon), wrong->substr(colon + 2)};
  } catch (const std::exception& wrong) {
    return setting_problem{section, wrong.what()};
  }
}

}  // namespace

app_trial::app_trial() : thread_(std::make_shared<io_thread>("dispatch-try")) {}
app_trial::~app_trial() = default;

std::optional<setting_problem> app_trial::of(const fcm_app& app) {
  return try_app(app, "fcm." + app.app, thread_);
}
std::optional<setting_problem> app_trial::of(const apns_app& app) {
  return try_app(app, "apns." + app.app, thread_);
}
std::optional<setting_problem> app_trial::of(const smtp_app& app) {
  return try_app(app, "smtp." + app.app, thread_);
}
std::optional<setting_problem> app_trial::of(const webpush_app& app) {
  return try_app(app, "webpush." + app.app, thread_);
}
std::optional<setting_problem> app_trial::of(const webhook_app& app) {
  return try_app(app, "webhook." + app.app, thread_);
}

}  // namespace dispatch
