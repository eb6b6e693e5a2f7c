#pragma once

// What single keys cannot say: whether the settings hold together and the files they name are there.
// Also settles defaults that depend on other keys. Inner header of config.

#include <string>

namespace dispatch {

struct config_result;

namespace config {

/// Appends to the errors and warnings of `result`. `path` is the file, for keys that stand nowhere.
/// `insecure_dev`: HTTP ingestion without any credential is meant.
void check(const std::string& path, config_result& result, bool insecure_dev);

}  // namespace config
}  // namespace dispatch
