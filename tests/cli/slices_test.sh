#!/usr/bin/env bash
# Training in slices whose state travels in small parts ends in the bytes of one run.
#
#   slices_test.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source_dir=$2
. "$source_dir/tests/cli/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
cd "$work" || exit 1
data=$source_dir/tests/data/dataset
slice=$source_dir/tools/gpu/slice.sh
# One update after another, and a state of over 1 MiB.
sed -e 's/^    steps: 10/    steps: 3/; s/model: {dim: 32/model: {dim: 64/' "$source_dir/configs/tiny.yaml" >tiny.yaml

awk -F, -v OFS=, 'NR == 1 { print; next } { if (NR > 7) sub(/train\r?$/, "val"); print }' "$data/cifs.csv" >table.csv
check "import" "$bin/clamp-data" import "$data/cifs" --csv table.csv --out data.h5
train=("$bin/clamp-train" diffusion --config tiny.yaml --data data.h5 --threads 1)
check "one run" "${train[@]}" --out whole

# Each slice is stopped after its first update and starts in a folder of its own, as on another machine.
for k in 1 2 3; do
  check "slice $k" env PART_MIB=1 "$slice" train parts "run$k" 0.00001 "${train[@]}"
  check "its state is in parts" test "$(find parts -name '*.part-*' | wc -l)" -gt 1
  check "the model travels too" test -s parts/geometry.safetensors.part-00
  check "in parts of at most 1 MiB" test -z "$(find parts -name '*.part-*' -size +1024k)"
done
check "the third slice ends the training" cmp whole/geometry.safetensors run3/geometry.safetensors

cp -r parts damaged
rm damaged/*.part-01
expect "a missing part" 1 '' '^error: damaged: its parts do not add up' "$slice" join damaged never
mkdir nothing
expect "no parts" 1 '' '^error: nothing: no parts of a state' "$slice" join nothing never
expect "no state" 1 '' 'nothing: no \*state.safetensors to split' "$slice" split nothing never
finish slices
