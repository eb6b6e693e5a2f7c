# cmake -DOUT=openapi.cpp -DFILE=openapi.json -DJOB=job.schema.json -P embed.cmake: the document as a C++ string literal,
# with the job's own schema in its place. There it has no name of its own, and its references begin at the document's
# root: many tools follow nothing else.
file(READ ${FILE} text)
file(READ ${JOB} job)
string(REGEX REPLACE "\n *\"\\$(schema|id)\": \"[^\"]*\"," "" job "${job}")
string(REPLACE "\"#/$defs/" "\"#/components/schemas/Job/$defs/" job "${job}")
string(REPLACE "\"@JOB_SCHEMA@\"" "${job}" text "${text}")
set(code "// Made by api/ingest/embed.cmake.\n#include \"api/ingest/openapi.hpp\"\n\nnamespace dispatch {\n\n")
string(APPEND code "const std::string_view openapi_document = R\"json(${text})json\";\n\n}  // namespace dispatch\n")
file(WRITE ${OUT} "${code}")
