#include "apps/dispatchctl/endpoint_options.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/dispatchctl/endpoints.hpp"

namespace dispatch::ctl {

void add_endpoint_commands(CLI::App& app, const bool& json, std::function<int(session&)>& chosen) {
  auto* endpoint = app.add_subcommand("endpoint", "Webhooks' endpoints whose receiver wants no more (410)");
  endpoint->require_subcommand(1);

  auto listing = std::make_shared<endpoint_list_options>();
  auto* list = endpoint->add_subcommand("ls", "Those disabled: nothing is sent to them");
  list->add_flag("--urls", listing->urls, "Whole URLs instead of origins; a path may be a secret");
  list->callback([listing, &json, &chosen] {
    listing->json = json;
    chosen = [listing](session& redis) { return run_endpoint_list(redis, *listing); };
  });

  auto enabling = std::make_shared<endpoint_enable_options>();
  auto* enable = endpoint->add_subcommand("enable", "Send to them again");
  enable->add_option("id", enabling->ids, "As endpoint ls shows them");
  enable->add_flag("--all", enabling->all, "All that are listed");
  enable->callback([enabling, &json, &chosen] {
    enabling->json = json;
    chosen = [enabling](session& redis) { return run_endpoint_enable(redis, *enabling); };
  });
}

}  // namespace dispatch::ctl
