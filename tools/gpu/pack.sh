#!/usr/bin/env bash
# Packs the libraries that building CLAMP needs, LibTorch and compilers left out, into one archive for a machine that
# has neither network nor these packages: headers, CMake files and shared libraries under usr/, as Debian 12 has them.
#
#   tools/gpu/pack.sh OUT.tar.xz [LIMIT_MIB]
#
# Runs where tools/install_dependencies.sh has installed them; fails above LIMIT_MIB (default 48). The other machine
# needs a C library at least as new as this one's.
set -euo pipefail
out=$(realpath -m "${1:?usage: tools/gpu/pack.sh OUT.tar.xz [LIMIT_MIB]}")
limit=${2:-48}
cd "$(dirname "$0")"
tree=$(mktemp -d)
lists=$(mktemp -d)
trap 'rm -rf "$tree" "$lists"' EXIT

# What the other machine brings itself, or a build there does not need.
left_out=" build-essential cmake ninja-build ccache pkg-config git libtorch-dev libgloo-dev libopenblas0-pthread"
left_out+=" sentencepiece libbenchmark-dev clang-format "
packages=(googletest)  # libgtest-dev refers to its files
for package in $(../install_dependencies.sh --list); do
  [[ "$left_out" == *" $package "* ]] || packages+=("$package")
done

wanted='^/usr/include/|^/usr/lib/.*(\.so[.0-9]*|/cmake/.*|libg(test|mock)[a-z_]*\.a)$|^/usr/share/.*[cC][mM]ake.*\.cmake$'
dpkg -L "${packages[@]}" | grep -E "$wanted" | grep -v '/libRDKit' | sort -u | sed 's|^/||' >"$lists/files"
(cd / && find usr/lib/x86_64-linux-gnu/hdf5 ! -name '*.a' ! -name '*.settings') >>"$lists/files"
# Of RDKit the parts that are linked, of Boost the headers that RDKit's include.
for name in $(sed -n 's/^set(RDKit_PARTS \(.*\))/\1/p' ../../cmake/FindRDKit.cmake); do
  dpkg -L librdkit-dev | sed -n "s|^/\(.*/libRDKit$name.so\)$|\1|p" >>"$lists/files"
done
grep -rhoE '^#include <(GraphMol|Geometry|RDGeneral|DataStructs)/[^>]*>' ../../ --include='*.cpp' --include='*.h' |
  sort -u >"$lists/rdkit.cpp"
(echo '#include <boost/smart_ptr.hpp>' && echo '#include <boost/version.hpp>') >>"$lists/rdkit.cpp"
g++ -std=c++17 -M -I/usr/include/rdkit "$lists/rdkit.cpp" | tr ' ' '\n' | sed -n 's|^/\(usr/include/boost/.*\)|\1|p' |
  sort -u >>"$lists/files"
tar -C / --no-recursion -T "$lists/files" -cf - | tar -C "$tree" -xf -

# Each library with all that it needs, under the names that the loader asks for.
libraries=$tree/usr/lib/x86_64-linux-gnu
run_time='^(ld-linux.*|libc|libm|libpthread|libdl|librt|libresolv|libgcc_s|libstdc\+\+|libgomp)\.so'
soname() { readelf -d "$1" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p' | grep . || basename "$1"; }
find "$tree" -type l -name '*.so*' >"$lists/links"
while read -r link; do
  file=$(readlink -f "${link#"$tree"}")
  name=$(soname "$file")
  echo "$name $file" >>"$lists/needed"
  ln -srf "$libraries/$name" "$link"
done <"$lists/links"
cut -d' ' -f2 "$lists/needed" | xargs ldd 2>/dev/null | awk '/=> \// { print $1, $3 }' >>"$lists/needed"
sort -u "$lists/needed" | grep -Ev "$run_time" | while read -r name file; do
  rm -f "$libraries/$name"
  cp -L "$file" "$libraries/$name"
done
dangling=$(find "$tree" -xtype l -name '*.so*')
[ -z "$dangling" ] || { echo "error: links without a library: $dangling" >&2; exit 1; }

tar -C "$tree" --sort=name --owner=0 --group=0 --mtime=@0 -cf - usr | xz -0 -T1 >"$lists/packed"
size=$(stat -c %s "$lists/packed")
if [ "$size" -gt $((limit * 1048576)) ]; then
  echo "error: the archive has $((size / 1048576)) MiB, the limit is $limit MiB" >&2
  exit 1
fi
cp "$lists/packed" "$out.tmp" && mv "$out.tmp" "$out"
echo "$out: $((size / 1048576)) MiB, $(find "$tree" -type f | wc -l) files"
