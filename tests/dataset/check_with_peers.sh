#!/bin/sh
# Runs clamp-data on the sample files and checks what it writes with h5py and h5dump. Usage:
#   check_with_peers.sh CLAMP_DATA SAMPLE_FOLDER TOOLS_FOLDER
# Ends with 77 (skipped) where python3 has no h5py.
set -eu
data=$1 samples=$2 tools=$3
python=/usr/bin/python3
$python -c 'import h5py' 2>/dev/null || { echo "skipped: no h5py"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

expect() {  # expect CODE COMMAND...
  code=$1
  shift
  got=0
  "$@" >"$work/out" 2>"$work/err" || got=$?
  [ "$got" = "$code" ] || { echo "exit code $got, expected $code: $*"; cat "$work/err"; exit 1; }
}

expect 0 "$data" import "$samples/cifs" "$samples/original_layout.tar.xz" --csv "$samples/cifs.csv" --out "$work/a.h5" \
  --skipped "$work/skipped.csv" --json
$python -c 'import json, sys; d = json.load(open(sys.argv[1])); assert d["n_imported"] == 10 and d["n_without_row"] == 2, d' "$work/out"
[ "$(cat "$work/skipped.csv")" = "record,reason" ]
$python "$tools/check_dataset.py" "$work/a.h5" >"$work/h5py.json"
expect 0 "$data" inspect "$work/a.h5" --json
$python - "$work/out" "$work/h5py.json" <<'EOF'
import json, sys
ours, theirs = (json.load(open(path)) for path in sys.argv[1:])
for key in ("n_structures", "n_atoms", "n_texts", "splits"):
    assert ours[key] == theirs[key], (key, ours[key], theirs[key])
EOF
if command -v h5dump >/dev/null; then
  h5dump -d /structures/id "$work/a.h5" | grep -q '"qmof-a07366c'
  h5dump -r -d /labels/metals/bytes "$work/a.h5" | grep -q Cu
fi

# Captions: the same seed gives the same text; added to a dataset they are its texts.
expect 0 "$data" caption "$work/a.h5" -n 2 --seed 5 --out "$work/one.csv"
expect 0 "$data" caption "$work/a.h5" -n 2 --seed 5 --out "$work/two.csv"
cmp "$work/one.csv" "$work/two.csv"
expect 0 "$data" caption "$work/a.h5" -n 2 --seed 5 --out "$work/b.h5" -q
$python "$tools/check_dataset.py" "$work/b.h5" | grep -q '"n_texts": 20'

# Out and in again.
expect 0 "$data" export "$work/b.h5" --out "$work/files"
expect 0 "$data" import "$work/files/structures" --csv "$work/files/table.csv" --out "$work/c.h5" -q
$python "$tools/check_dataset.py" "$work/c.h5" >"$work/c.json"
$python "$tools/check_dataset.py" "$work/b.h5" >"$work/b.json"
cmp "$work/b.json" "$work/c.json"

# Errors: codes and texts.
expect 2 "$data" import "$samples/cifs" --out "$work/a.h5"
grep -q 'exists; pass --force' "$work/err"
expect 2 "$data" import "$work/nothing" --out "$work/d.h5"
grep -q 'nothing: no such file or folder' "$work/err"
expect 1 "$data" inspect "$samples/cifs.csv"
grep -q 'no HDF5 file' "$work/err"
head -c 20000 "$work/a.h5" >"$work/cut.h5"
expect 1 "$data" inspect "$work/cut.h5"
grep -q 'cut.h5: HDF5 file of 20000 bytes cannot be read, it is truncated or damaged' "$work/err"
expect 2 "$data" export "$work/a.h5" --split none --out "$work/e"
expect 2 "$data" caption "$work/a.h5" --style haiku
[ ! -e "$work/d.h5" ]
echo "all checks passed"
