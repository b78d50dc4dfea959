#!/usr/bin/env bash
# Checks that every source file is as clang-format writes it (.clang-format, made for version 14); --fix rewrites them.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v clang-format >/dev/null; then
  echo "error: clang-format is not installed (tools/install_dependencies.sh installs it)" >&2
  exit 1
fi
version=$(clang-format --version | sed -E 's/.*version ([0-9]+).*/\1/')
if [ "${1:-}" != --fix ] && [ "$version" != 14 ]; then
  echo "format: skipped, clang-format here is version $version and the rules are for 14"
  exit 77
fi
mapfile -d '' files < <(find apps bench core data diffusion encoders evaluate nn relax sampler tests train \
  \( -name '*.h' -o -name '*.cpp' \) -print0 | sort -z)
if [ "${1:-}" = --fix ]; then
  clang-format -i "${files[@]}"
  exit 0
fi
wrong=0
for file in "${files[@]}"; do
  if ! clang-format "$file" | cmp -s - "$file"; then
    echo "$file: not as clang-format writes it (make format)"
    wrong=$((wrong + 1))
  fi
done
echo "format: ${#files[@]} files, $wrong to be formatted"
[ $wrong -eq 0 ]
