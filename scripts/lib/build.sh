# Sourced, after the caller has changed to the repository's root. build_targets [TARGET...]: an optimised build in
# build/release; without targets, of everything.

build_targets() {
  local log=build/release/configure.log quiet=()
  mkdir -p build/release
  if ! cmake --preset release >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    return 1
  fi
  [ -e build/release/.ninja_log ] || echo "Building for the first time; this takes some minutes."
  # On a terminal ninja rewrites one line; in a log its hundreds of lines would bury what matters.
  [ -t 1 ] || quiet=(--quiet)
  ninja -C build/release -j "$(nproc)" "${quiet[@]}" "$@"
}
