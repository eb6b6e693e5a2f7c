// [tenants.NAME]: live, as are their coming and going.

#include "apps/dispatchd/config/key_makers.hpp"
#include "transport/url.hpp"

namespace dispatch::config {
namespace {

using entry = tenant_settings;

std::string app_name_problem(const std::string& value) {
  return is_app_name(value) ? "" : "must match [A-Za-z0-9_-]{1,64}";
}

std::string results_url_problem(const std::string& value) {
  return value.empty() || (value.size() <= 2'048 && parse_web_url(value))
             ? ""
             : "must be https://HOST[:PORT]/PATH, or empty";
}

std::vector<key<entry>> make_keys() {
  std::vector<key<entry>> all;
  all.push_back(live(list<entry>("apps", "names",
                                 "The apps its jobs may name, others end failed (app_not_allowed); left out "
                                 "beside results_url: every app.",
                                 PLACE(apps), [](const std::string& value) {
                                   return is_app_name(value)
                                              ? std::string()
                                              : std::string("must hold names, [A-Za-z0-9_-]{1,64}");
                                 })));
  all.push_back(live(text<entry>("results_url", "https://HOST[:PORT]/PATH",
                                 "Where its jobs' results are posted; empty: nowhere.", PLACE(results_url),
                                 results_url_problem)));
  all.push_back(
      live(text<entry>("results_app", "[A-Za-z0-9_-]{1,64}", "Which [webhook.NAME] signs and sends them.",
                       PLACE(results_app), app_name_problem)));
  const std::vector<std::string> choices{"completion", "failures", "all"};
  all.push_back(live(words<entry>(
      "results", choices,
      "What is posted: each job's completion, and the outcomes of recipients not reached, or of all.",
      [choices](entry& tenant, const std::string& word) {
        const auto at = std::find(choices.begin(), choices.end(), word) - choices.begin();
        tenant.results = static_cast<posted_results>(at);
      },
      [choices](const entry& tenant) { return choices[static_cast<std::size_t>(tenant.results)]; })));
  return all;
}

}  // namespace

const std::vector<key<tenant_settings>>& tenant_keys() {
  static const auto all = make_keys();
  return all;
}

}  // namespace dispatch::config
