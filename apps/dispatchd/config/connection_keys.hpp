#pragma once

// The keys about connections that every provider's app has. Inner header of config.

#include <vector>

#include "apps/dispatchd/config/key_makers.hpp"

namespace dispatch::config {

/// `by_host`: the app's recipients live at many hosts, each with connections and limits of its own.
template <class App>
void add_connection_keys(std::vector<key<App>>& all, bool by_host) {
  using namespace std::chrono_literals;
  all.push_back(file<App>("ca_file",
                          by_host ? "Certificates that may sign the hosts'; empty: the system's."
                                  : "Certificates that may sign the endpoint's; empty: the system's.",
                          PLACE(ca_file)));
  all.push_back(
      duration<App>("timeout", 10ms, 10min, "A send not answered by then has failed.", PLACE(timeout)));
  all.push_back(integer<App>("max_connections", 1, 1'024,
                             by_host ? "Connections to one host." : "Connections, per io thread.",
                             PLACE(max_connections)));
  all.push_back(integer<App>("max_streams", 1, 10'000,
                             "Sends at once on one connection; the peer may lower it.", PLACE(max_streams)));
  all.push_back(live(number<App>("rate", 0, 1e7,
                                 by_host ? "Sends a second to one host, over all processes; 0: no limit."
                                         : "Sends a second over all processes; 0: no limit.",
                                 PLACE(rate))));
  all.push_back(live(
      number<App>("burst", 0, 1e7, "Sends at once on top of the rate; 0: max(1, rate/10).", PLACE(burst))));
}

}  // namespace dispatch::config
