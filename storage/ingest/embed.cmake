# cmake -DOUT=ingest_scripts.cpp -DDIR=... -P embed.cmake: the HTTP side's Lua scripts as C++ string literals, each after
# the parts it needs.
set(scripts
  "submit ../operator/begin ../scripts/time limits submit"
  "admit ../operator/begin ../scripts/time limits admit")
set(code "// Made by storage/ingest/embed.cmake.\n#include \"storage/ingest/scripts.hpp\"\n\n")
string(APPEND code "namespace dispatch::ingest {\n\n")
foreach(line IN LISTS scripts)
  separate_arguments(parts UNIX_COMMAND "${line}")
  list(POP_FRONT parts name)
  string(APPEND code "const std::string_view ${name}_script =\n")
  foreach(part IN LISTS parts)
    file(READ ${DIR}/${part}.lua text)
    string(APPEND code "R\"lua(${text})lua\"\n")
  endforeach()
  string(APPEND code ";\n")
endforeach()
string(APPEND code "\n}  // namespace dispatch::ingest\n")
file(WRITE ${OUT} "${code}")
