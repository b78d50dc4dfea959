#!/usr/bin/env bash
# Training in slices whose state travels in small files.
#
#   tools/gpu/slice.sh train PARTS RUN MINUTES COMMAND...   one slice: joins PARTS into the folder RUN where RUN has no
#       state, runs COMMAND --out RUN --max-minutes MINUTES (with --resume where there is a state), splits the new one
#   tools/gpu/slice.sh split RUN PARTS                      state and model of RUN -> PARTS/<file>.part-00 and so on
#   tools/gpu/slice.sh join PARTS RUN                       and back, checked against PARTS/<file>.sha256
#
# PART_MIB (default 16): largest size of a part. The state is the only *state.safetensors of RUN; the model beside it
# travels too, because a run keeps the best weights so far, not the last.
set -euo pipefail
part=${PART_MIB:-16}

fail() {
  echo "error: $*" >&2
  exit 1
}

state_of() {
  local found=("$1"/*state.safetensors)
  [ -e "${found[0]}" ] || return 1
  [ ${#found[@]} -eq 1 ] || fail "$1: several states: ${found[*]}"
  echo "${found[0]}"
}

# The old parts go only when the new ones are complete.
split_state() {
  local run=$1 parts=$2 file name
  state_of "$run" >/dev/null || fail "$run: no *state.safetensors to split"
  rm -rf "$parts.new"
  mkdir -p "$parts.new"
  for file in "$run"/*.safetensors; do
    name=$(basename "$file")
    split -b "${part}M" -d -a 2 "$file" "$parts.new/$name.part-"
    (cd "$run" && sha256sum "$name") >"$parts.new/$name.sha256"
  done
  rm -rf "$parts"
  mv "$parts.new" "$parts"
}

join_state() {
  local parts=$1 run=$2 sums=("$1"/*.sha256) sum name found
  [ -e "${sums[0]}" ] || fail "$parts: no parts of a state"
  mkdir -p "$run"
  for sum in "${sums[@]}"; do
    name=$(basename "$sum" .sha256)
    cat "$parts/$name".part-* >"$run/.$name.joining"
    found=$(sha256sum <"$run/.$name.joining" | cut -d' ' -f1)
    if [ "$found" != "$(cut -d' ' -f1 "$sum")" ]; then
      rm "$run"/.*.joining
      fail "$parts: its parts do not add up to the $name that was split; one is missing or damaged"
    fi
  done
  for sum in "${sums[@]}"; do
    name=$(basename "$sum" .sha256)
    mv "$run/.$name.joining" "$run/$name"
  done
}

has_state() { [ -d "$1" ] && state_of "$1" >/dev/null; }

case "${1:-}" in
  split | join)
    [ $# -eq 3 ] || fail "usage: tools/gpu/slice.sh $1 FROM TO"
    "${1}_state" "$2" "$3"
    ;;
  train)
    [ $# -ge 5 ] || fail "usage: tools/gpu/slice.sh train PARTS RUN MINUTES COMMAND..."
    parts=$2 run=$3 minutes=$4
    shift 4
    resume=()
    if ! has_state "$run" && [ -d "$parts" ]; then join_state "$parts" "$run"; fi
    if has_state "$run"; then resume=(--resume); fi
    "$@" --out "$run" --max-minutes "$minutes" "${resume[@]}"
    split_state "$run" "$parts"
    ;;
  *) fail "usage: tools/gpu/slice.sh train|split|join ..." ;;
esac
