#!/usr/bin/env bash
# Builds CLAMP against the LibTorch of the PyTorch that python3 has, with the other libraries from an archive of
# tools/gpu/pack.sh.
#
#   tools/gpu/build.sh ARCHIVE.tar.xz BUILD_DIR [CMAKE_ARGUMENT...]
#
# PREFIX (default: BUILD_DIR/prefix) gets the unpacked libraries. TORCH_PREFIX names another LibTorch. TARGETS (default:
# clamp-train clamp-generate clamp-evaluate) are built; TARGETS=none only configures.
set -euo pipefail
usage="usage: tools/gpu/build.sh ARCHIVE.tar.xz BUILD_DIR [CMAKE_ARGUMENT...]"
archive=$(realpath "${1:?$usage}")
build=$(realpath -m "${2:?$usage}")
shift 2
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
prefix=$(realpath -m "${PREFIX:-$build/prefix}")
torch=${TORCH_PREFIX:-$(python3 -c 'import torch; print(torch.utils.cmake_prefix_path)')}

if [ ! -e "$prefix/.complete" ]; then
  mkdir -p "$prefix"
  tar -C "$prefix" -xf "$archive"
  touch "$prefix/.complete"
fi
libraries=$prefix/usr/lib/x86_64-linux-gnu
# Old tags: the search path then also serves the libraries that the libraries need.
flags="-Wl,--disable-new-dtags -Wl,-rpath-link,$libraries"
cmake -S "$source_dir" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$torch;$prefix/usr;$libraries/cmake" \
  -DCMAKE_LIBRARY_PATH="$libraries" -DCMAKE_INCLUDE_PATH="$prefix/usr/include" \
  -DHDF5_ROOT="$libraries/hdf5/serial" \
  -DCMAKE_BUILD_RPATH="$libraries" -DCMAKE_EXE_LINKER_FLAGS="$flags" -DCMAKE_MODULE_LINKER_FLAGS="$flags" "$@"
targets=${TARGETS:-clamp-train clamp-generate clamp-evaluate}
[ "$targets" != none ] || exit 0
read -ra names <<<"$targets"
cmake --build "$build" --target "${names[@]}"
