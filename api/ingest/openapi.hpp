#pragma once

// The OpenAPI 3.1 document of all operations (api/ingest/openapi.json), embedded at build time.

#include <string_view>

namespace dispatch {

extern const std::string_view openapi_document;

}  // namespace dispatch
