#pragma once

// The command lines of key new, sign and vapid keygen. Apart from main.cpp, which has the others, because
// that would get too long.

#include <functional>

namespace CLI {
class App;
}

namespace dispatch::ctl {

class session;

/// `json` is read, and `chosen` set, when the command line was parsed.
void add_credential_commands(CLI::App& app, const bool& json, std::function<int(session&)>& chosen);

}  // namespace dispatch::ctl
