# cmake -DOUT=openapi.cpp -DFILE=openapi.json -DJOB=job.schema.json -P embed.cmake: the document as a C++ string literal,
# with the job's own schema in its place.
file(READ ${FILE} text)
file(READ ${JOB} job)
string(REPLACE "\"@JOB_SCHEMA@\"" "${job}" text "${text}")
set(code "// Made by api/ingest/embed.cmake.\n#include \"api/ingest/openapi.hpp\"\n\nnamespace dispatch {\n\n")
string(APPEND code "const std::string_view openapi_document = R\"json(${text})json\";\n\n}  // namespace dispatch\n")
file(WRITE ${OUT} "${code}")
