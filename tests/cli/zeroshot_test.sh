#!/usr/bin/env bash
# clamp-zeroshot with the shipped encoders: labels, scores, index, ground truth, pair matching; its refusals.
#
#   zeroshot_test.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source_dir=$2
. "$source_dir/tests/cli/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CLAMP_CHECKPOINT
export OMP_NUM_THREADS=1
cd "$work" || exit 1
cifs=$source_dir/tests/data/dataset/cifs
zeroshot() { "$bin/clamp-zeroshot" --threads 1 --quiet --checkpoint "$source_dir/checkpoints/mof64" "$@"; }

expect "data for the rest" 0 '8 structures' '' "$bin/clamp-data" import "$cifs" --csv "$cifs.csv" --out d.h5 --quiet
expect "labels" 0 'qmof-' '' zeroshot --labels "manganese framework" --labels "copper framework" "$cifs"
expect "probabilities as JSON" 0 '"probabilities"|"probability"|"labels"' '' \
  zeroshot --json --labels "manganese framework" --labels "copper framework" "$cifs"
expect "scores" 0 'qmof-[0-9a-f]+.cif	-?[01]\.[0-9]' '' zeroshot --prompt "zinc framework" "$cifs"
expect "one label is refused" 2 '' '^error: ' zeroshot --labels "manganese framework" "$cifs"
expect "nothing asked" 2 '' '^error: ' zeroshot "$cifs"
expect "no structures" 2 '' '^error: ' zeroshot --prompt "zinc framework"

expect "captions for an index" 0 '*' '*' "$bin/clamp-data" caption d.h5 --out captioned.h5
expect "index" 0 '*' '' zeroshot --save-index index.h5 captioned.h5
expect "is not overwritten" 2 '' 'index.h5' zeroshot --save-index index.h5 captioned.h5
expect "text to crystal" 0 'qmof-' '' zeroshot --index index.h5 --text-to-crystal "manganese fluoride framework" --top-k 2
expect "crystal to text" 0 '*' '' zeroshot --index index.h5 --crystal-to-text "$cifs"
printf 'not an index' >foreign.h5
expect "a foreign index is named" 1 '' '^error: foreign.h5' zeroshot --index foreign.h5 --text-to-crystal "zinc"

printf 'id,label\n' >truth.csv
for file in "$cifs"/*.cif; do
  printf '%s,%s\n' "$(basename "$file" .cif)" "$(grep -q ' Mn ' "$file" && echo manganese || echo other)" >>truth.csv
done
expect "known labels" 0 'texts shuffled' '' zeroshot --ground-truth truth.csv --confusion-svg confusion.svg --map-svg map.svg "$cifs"
check "confusion matrix" grep -q '<svg' confusion.svg
check "map" grep -q '<svg' map.svg
printf 'id,label\nnothing,manganese\nother,copper\n' >none.csv
expect "labels of other structures" 1 '' 'names none of the 8 structures' zeroshot --ground-truth none.csv "$cifs"
expect "pair matching" 0 '8 pairs of a structure and its caption' '' zeroshot --match captions d.h5
expect "unknown matching" 2 '' '^error: --match' zeroshot --match pictures d.h5
finish cli_zeroshot
