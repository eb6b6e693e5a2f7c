# cmake -DOUT=operator_scripts.cpp -DDIR=... -P embed.cmake: the operators' Lua scripts as C++ string literals, each
# after the parts it needs (always: goes through with memory used up, begins with HDEL of its first key).
set(scripts
  "cancel begin always move_lists cancel"
  "pause begin always pause"
  "resume begin always move_lists resume"
  "pause_lane begin pause_lane"
  "force_breaker begin time breaker force_breaker"
  "decide begin always time breaker decide"
  "forget_tokens begin forget_tokens"
  "dead_page begin dead_page"
  "redrive begin always redrive"
  "send_as_new begin release_content send_as_new"
  "purge begin release_content purge")
set(code "// Made by storage/operator/embed.cmake.\n#include \"storage/operator/scripts.hpp\"\n\n")
string(APPEND code "namespace dispatch::operators {\n\n")
string(APPEND code "const std::array<script_source, script_count> script_sources{{\n")
foreach(line IN LISTS scripts)
  separate_arguments(parts UNIX_COMMAND "${line}")
  list(POP_FRONT parts name)
  string(APPEND code "    {script::${name}, \"${name}\",\n")
  foreach(part IN LISTS parts)
    set(file ${DIR}/${part}.lua)
    if(NOT EXISTS ${file})
      set(file ${DIR}/../scripts/${part}.lua)
    endif()
    file(READ ${file} text)
    string(APPEND code "R\"lua(${text})lua\"\n")
  endforeach()
  string(APPEND code "},\n")
endforeach()
string(APPEND code "}};\n\n}  // namespace dispatch::operators\n")
file(WRITE ${OUT} "${code}")
