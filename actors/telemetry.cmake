# Metrics and log: in this folder, but without actors, so that tests and tools can link them alone.
dispatch_library(dispatch_telemetry metrics.cpp pressure_metrics.cpp log.cpp build_info.cpp)
target_link_libraries(dispatch_telemetry
  PUBLIC dispatch_core
  PRIVATE prometheus-cpp::core spdlog::spdlog fmt::fmt Threads::Threads)

execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE dispatch_revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
  RESULT_VARIABLE dispatch_revision_failed)
if(dispatch_revision_failed)
  set(dispatch_revision unknown)
endif()
set_source_files_properties(build_info.cpp PROPERTIES COMPILE_DEFINITIONS
  "DISPATCH_VERSION=\"${PROJECT_VERSION}\";DISPATCH_REVISION=\"${dispatch_revision}\"")
