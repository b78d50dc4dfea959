#!/usr/bin/env bash
# Installs the packages that building and testing need, on Debian 12 and relatives; installs only what is missing.
#
#   tools/install_dependencies.sh           install
#   tools/install_dependencies.sh --list    print the names, missing or not
#
# The names are those of Debian 12; Debian 13 and Ubuntu (universe) use the same ones. Where a system has no
# libtorch-dev, unpack LibTorch and set CMAKE_PREFIX_PATH to it; SKIP_LIBTORCH=1 then leaves the package out.
# libopenblas0-pthread matters: with the reference BLAS matrix products are over a hundred times slower.
set -euo pipefail

packages=(
  build-essential cmake ninja-build ccache pkg-config git
  libtorch-dev libgloo-dev libopenblas0-pthread
  libeigen3-dev gemmi-dev tao-pegtl-dev libsymspg-dev
  libsentencepiece-dev sentencepiece libicu-dev libhdf5-dev libyaml-cpp-dev libarchive-dev
  libcli11-dev nlohmann-json3-dev libfmt-dev
  librdkit-dev libboost-dev
  libgtest-dev libbenchmark-dev clang-format
)
if [ "${SKIP_LIBTORCH:-0}" = 1 ]; then
  kept=()
  for package in "${packages[@]}"; do [ "$package" = libtorch-dev ] || kept+=("$package"); done
  packages=("${kept[@]}")
fi
if [ "${1:-}" = --list ]; then
  printf '%s\n' "${packages[@]}"
  exit 0
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "error: no apt-get here; install what these Debian packages hold:" >&2
  echo "  ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$state" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "error: root rights are needed to install: ${missing[*]}" >&2
    echo "       run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
}

install_missing() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

echo "installing: ${missing[*]}" >&2
# The package lists are fetched only where they do not know a package or are too old to install from.
unknown=0
for package in "${missing[@]}"; do
  candidate=$(apt-cache policy "$package" 2>/dev/null | sed -n 's/^ *Candidate: //p')
  if [ -z "$candidate" ] || [ "$candidate" = "(none)" ]; then unknown=1; fi
done
if [ $unknown -eq 1 ] || ! install_missing >&2; then
  as_root apt-get update -q >&2
  install_missing >&2
fi
