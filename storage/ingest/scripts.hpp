#pragma once

// The HTTP side's Lua scripts (storage/ingest/*.lua), embedded at build time.

#include <string_view>

namespace dispatch::ingest {

extern const std::string_view submit_script, admit_script;

}  // namespace dispatch::ingest
