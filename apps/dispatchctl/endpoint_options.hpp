#pragma once

// The command lines of endpoint ls and endpoint enable, apart from main.cpp like credential_options.

#include <functional>

namespace CLI {
class App;
}

namespace dispatch::ctl {

class session;

/// `json` is read, and `chosen` set, when the command line was parsed.
void add_endpoint_commands(CLI::App& app, const bool& json, std::function<int(session&)>& chosen);

}  // namespace dispatch::ctl
