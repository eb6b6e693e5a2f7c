# Sourced. install_missing GROUP...: installs what of packages.txt's groups is missing; silent when nothing is.

lib_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

packages_of() {
  awk -v wanted=" $* " '
    /^\[/ { group = substr($0, 2, length($0) - 2); next }
    /^[^#]/ && index(wanted, " " group " ") { print $1 }' "$lib_dir/packages.txt" | sort -u
}

missing_packages() {
  local package
  for package in $(packages_of "$@"); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "This needs root, and there is no sudo. As root, run: $*" >&2
    return 1
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

install_missing() {
  local missing log
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || {
    echo "These scripts install Debian 12 packages, and this is no Debian. Missing: ${missing[*]}" >&2
    return 1
  }
  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  log=$(mktemp)
  # Package lists that are absent or stale make the first attempt fail; only then are they fetched.
  if ! apt_install "${missing[@]}" >"$log" 2>&1 &&
     ! { as_root apt-get update -qq >"$log" 2>&1 && apt_install "${missing[@]}" >>"$log" 2>&1; }; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "Could not install: ${missing[*]}" >&2
    return 1
  fi
  rm -f "$log"
}
