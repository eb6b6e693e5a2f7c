# cmake -DOUT=scripts.cpp -DDIR=... -P embed.cmake: the Lua scripts as C++ string literals, each after the parts
# it needs (fence: the caller still owns its epoch; always: goes through with memory used up; time; outage; spoiled;
# suspicion; entries; waiting_list; release_content).
set(scripts
  "acquire time outage acquire"
  "renew fence always time outage renew"
  "release fence always release"
  "lapsed fence always time outage lapsed"
  "take_over fence always time outage spoiled suspicion entries take_over"
  "read fence spoiled entries read"
  "accept fence time spoiled accept"
  "read_audience fence spoiled read_audience"
  "write fence always spoiled release_content waiting_list write"
  "move_due fence always time spoiled waiting_list move_due"
  "lease_permits fence lease_permits"
  "store_breaker fence store_breaker"
  "take_probes fence time take_probes"
  "mark_suspects fence always spoiled suspicion mark_suspects"
  "absolve spoiled suspicion absolve"
  "suppress fence time spoiled suppress"
  "sample fence time spoiled sample"
  "make_groups fence always make_groups")
set(code "// Made by storage/scripts/embed.cmake.\n#include \"storage/redis/scripts.hpp\"\n\n")
string(APPEND code "namespace dispatch::redis {\n\nconst std::array<script_source, script_count> script_sources{{\n")
foreach(line IN LISTS scripts)
  separate_arguments(parts UNIX_COMMAND "${line}")
  list(POP_FRONT parts name)
  string(APPEND code "    {script::${name}, \"${name}\",\n")
  foreach(part IN LISTS parts)
    file(READ ${DIR}/${part}.lua text)
    string(APPEND code "R\"lua(${text})lua\"\n")
  endforeach()
  string(APPEND code "},\n")
endforeach()
string(APPEND code "}};\n\n}  // namespace dispatch::redis\n")
file(WRITE ${OUT} "${code}")
