# Sourced, after the caller has changed to the repository's root. build_preset PRESET [TARGET...]: a build in
# build/PRESET; without targets, of everything. build_targets [TARGET...]: the optimised one.

build_preset() {
  local preset=$1 quiet=() log
  shift
  log=build/$preset/configure.log
  mkdir -p "build/$preset"
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    return 1
  fi
  [ -e "build/$preset/.ninja_log" ] || echo "Building for the first time; this takes some minutes."
  # On a terminal ninja rewrites one line; in a log its hundreds of lines would bury what matters.
  [ -t 1 ] || quiet=(--quiet)
  ninja -C "build/$preset" -j "$(nproc)" "${quiet[@]}" "$@"
}

build_targets() {
  build_preset release "$@"
}
