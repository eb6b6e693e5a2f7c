// [tenants.NAME]: live, as are their coming and going.

#include "apps/dispatchd/config/key_makers.hpp"

namespace dispatch::config {

const std::vector<key<tenant_settings>>& tenant_keys() {
  static const std::vector<key<tenant_settings>> all{live(list<tenant_settings>(
      "apps", "names", "The apps its jobs may name; others end failed (app_not_allowed).", PLACE(apps),
      [](const std::string& value) {
        return is_app_name(value) ? std::string() : std::string("must hold names, [A-Za-z0-9_-]{1,64}");
      }))};
  return all;
}

}  // namespace dispatch::config
