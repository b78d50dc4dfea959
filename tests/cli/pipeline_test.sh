#!/usr/bin/env bash
# The whole path on small data: import, tokenizer, encoders, geometry model, library, composer, generation, evaluation.
#
#   pipeline_test.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source_dir=$2
. "$source_dir/tests/cli/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CLAMP_CHECKPOINT
export OMP_NUM_THREADS=1
cd "$work" || exit 1
data=$source_dir/tests/data/dataset
tiny=$source_dir/configs/tiny.yaml

# The last two structures of the table validate.
awk -F, -v OFS=, 'NR == 1 { print; next } { if (NR > 7) sub(/train\r?$/, "val"); print }' "$data/cifs.csv" >table.csv
expect "import" 0 '*' '*' "$bin/clamp-data" import "$data/cifs" --csv table.csv --out data.h5
expect "import again is refused" 2 '' 'data.h5' "$bin/clamp-data" import "$data/cifs" --csv table.csv --out data.h5
expect "inspect" 0 '"n_structures": ?8' '' "$bin/clamp-data" inspect data.h5 --json

expect "train tokenizer" 0 '*' '*' "$bin/clamp-train" tokenizer --config "$tiny" --data data.h5 --out model --threads 1
expect "train encoders" 0 '*' '*' "$bin/clamp-train" encoders --config "$tiny" --data data.h5 --out model --threads 1
expect "train geometry" 0 '*' 'samples are not judged, the last weights are kept' \
  "$bin/clamp-train" diffusion --config "$tiny" --data data.h5 --encoders model --out model --threads 1
expect "library" 0 'library.safetensors: [0-9]+ chemistries' '*' \
  "$bin/clamp-train" library --data data.h5 --checkpoint model --keep-invalid --threads 1
expect "library again is refused" 2 '' 'library.safetensors' \
  "$bin/clamp-train" library --data data.h5 --checkpoint model --keep-invalid

expect "packing of too little" 1 '' 'too few to learn from' \
  "$bin/clamp-train" packing --data data.h5 --checkpoint model --chemistries 1 --starts 1 --threads 1
expect "packing" 0 'geometry_table.json: [0-9]+ curves from [0-9]+ decoys of 6 chemistries' '*' \
  "$bin/clamp-train" packing --data data.h5 --checkpoint model --starts 60 --threads 1
expect "packing again is refused" 2 '' 'has a packing potential already' \
  "$bin/clamp-train" packing --data data.h5 --checkpoint model

expect "train geometry, samples judged" 0 'sampled_match: [0-9.]+' '*' \
  "$bin/clamp-train" diffusion --config "$tiny" --data data.h5 --encoders model --steps 4 --out judged --threads 1
check "the best quality is in the metrics" grep -q '"quality":' judged/geometry_metrics.jsonl

generate() {
  "$bin/clamp-generate" --checkpoint model --threads 1 --steps 5 --best-of 1 --coarse-starts 8 --quiet "$@"
}
expect "generate" 0 '^index  formula' '' generate --prompt "copper pyrazine thiocyanate" -n 4 --seed 3 --out whole
for file in 0.cif 0_P1.cif 3.cif 3_P1.cif structures.extxyz results.jsonl run.yaml report.html; do
  check "wrote $file" test -s "whole/$file"
done
check "four lines of results" test "$(wc -l <whole/results.jsonl)" -eq 4
check "the page has a section a structure" test "$(grep -c '<article id="s' whole/report.html)" -eq 4
check "a view a structure" test "$(grep -o '"cell":\[' whole/report.html | wc -l)" -eq 4
check "drawings" grep -q '<symbol id="m0" viewBox=' whole/report.html
check "its end" test "$(tail -n 1 whole/report.html)" = '</html>'
check "and loads nothing" test -z "$(grep -oE '(src|href)="(https?:)?//|<link|@import' whole/report.html)"
check "nothing unfinished is left" test -z "$(find whole -name '*.part' -o -name '*.tmp*')"
check "the checkpoint is named by digest" grep -q "encoders.safetensors: $(sha256sum model/encoders.safetensors | cut -c1-64)" \
  whole/run.yaml
expect "generate again is refused" 2 '' '^error: --out whole: the folder holds results already .*--force' \
  generate --prompt x -n 1 --out whole
expect "the run's own record repeats it" 0 '*' '' "$bin/clamp-generate" --config whole/run.yaml --out again --quiet
check "and gives the same bytes" cmp whole/results.jsonl again/results.jsonl

expect "the way to each structure" 0 '*' '' generate --prompt "copper pyrazine thiocyanate" -n 4 --seed 3 --relax uff \
  --trajectory --out traced
check "from the polish to the force field" test \
  "$(grep -o 'stage=[a-z]*' traced/0_trajectory.extxyz | uniq | tail -n 2 | tr '\n' ' ')" = 'stage=polish stage=uff '
check "is named in the results" grep -q '"trajectory":"0_trajectory.extxyz"' traced/results.jsonl
expect "no way without structures" 2 '' '^error: --trajectory: with --compose-only' generate --prompt x --trajectory \
  --compose-only --out never

prompt="copper pyrazine thiocyanate"
expect "shard 0" 0 '*' '' generate --prompt "$prompt" -n 4 --seed 3 --shard 0/2 --out shard0
expect "shard 1" 0 '*' '' generate --prompt "$prompt" -n 4 --seed 3 --shard 1/2 --out shard1
check "shards together are the whole run" cmp whole/results.jsonl <(cat shard0/results.jsonl shard1/results.jsonl | sort -t: -k3n)
expect "another batch size" 0 '*' '' generate --prompt "$prompt" -n 4 --seed 3 --batch-size 1 --out batch1
check "changes no result" cmp whole/results.jsonl batch1/results.jsonl
check "changes no structure" cmp whole/2.cif batch1/2.cif
expect "another seed" 0 '*' '' generate --prompt "$prompt" -n 4 --seed 4 --out seed4
check "changes the results" test "$(cmp -s whole/structures.extxyz seed4/structures.extxyz; echo $?)" -eq 1

expect "JSON on stdout" 0 '^\{' '' generate --prompt x -n 1 --json --out json
expect "compose only" 0 '^    0 ' '' generate --prompt x -n 3 --compose-only --out composed
check "compose only writes no CIF" test ! -e composed/0.cif
check "compose only draws the molecules" grep -q '</svg>' composed/0_molecule0.svg
check "the page too" grep -q '<symbol id="m0" viewBox=' composed/report.html
check "and names them" grep -q '"molecules":\[{"smiles":"' composed/results.jsonl
expect "a linker that is no SMILES" 2 '' "^error: --linker: SMILES 'zinc': " generate --prompt x --linker zinc --out unread
expect "a linker that nothing has" 1 '*' '; with the molecule C1CCCCCCC1' \
  generate --prompt x --linker C1CCCCCCC1 --out unlinked
expect "from a structure" 0 '*' '' generate --prompt x --init whole/0.cif --strength 0.2 -n 2 --out varied
check "two variations" test "$(wc -l <varied/results.jsonl)" -eq 2
check "with the chemistry of their start" test \
  "$(grep -o '"formula":"[^"]*"' varied/results.jsonl | sort -u)" = "$(head -n 1 whole/results.jsonl | grep -o '"formula":"[^"]*"')"
check "that say where it came from" test "$(grep -c '"chemistry_source":"file"' varied/results.jsonl)" -eq 2
check "and the start is none of them" test "$(grep -c '"geometry_source":"model"' varied/results.jsonl)" -eq 2
check "variations differ" test "$(grep -o '"volume_A3":[0-9.]*' varied/results.jsonl | sort -u | wc -l)" -eq 2
expect "from the nearest structure" 0 '*' '' generate --prompt x --require-elements Cu --init nearest -n 1 --out nearest
check "is a known structure" grep -q '"chemistry_source":"nearest"' nearest/results.jsonl
expect "a start that is not there" 2 '' '^error: ' generate --prompt x --init absent.cif -n 1 --out absent
expect "a start and a demand" 2 '' '^error: --init: ' generate --prompt x --init whole/0.cif --elements Zn --out both
sweep() { "$bin/clamp-sweep" --checkpoint model --threads 1 --steps 5 --best-of 1 --coarse-starts 8 --quiet "$@"; }
expect "sweep" 0 '^\| 0 \| 0 \| 2 ' '' sweep --prompt "$prompt" --scales 2,0 -n 2 --out sweep
check "the table has both scales" test "$(wc -l <sweep/sweep.csv)" -eq 3
check "one of them is recommended" test "$(cut -d, -f40 sweep/sweep.csv | grep -c '^1$')" -eq 1
check "a picture" grep -q '</svg>' sweep/sweep.svg
check "a page with both runs" test "$(grep -o 'href="scale_[02]_classifier_0/report.html"' sweep/report.html | wc -l)" -eq 2
check "and their structures" test -s sweep/scale_2_classifier_0/1_P1.cif
generate --prompt "$prompt" --guidance-scale 2 --compose-guidance 2 -n 2 --out at_two
check "a scale of a sweep is the run at this scale" cmp at_two/structures.extxyz sweep/scale_2_classifier_0/structures.extxyz
expect "sweep again is refused" 2 '' '^error: sweep/sweep.csv' sweep --prompt x --out sweep
expect "sweep as JSON" 0 '"recommended"' '' sweep --prompt x --scales 1 -n 1 --json --out single

expect "relaxation none" 0 '*' '' generate --prompt x -n 1 --relax none --out raw
check "no relaxation is recorded" grep -q '"relax":\[\]' raw/results.jsonl
expect "relaxation uff" 0 '*' '' generate --prompt "copper pyrazine thiocyanate" -n 1 --seed 3 --relax uff --out uff
check "both stages are recorded" grep -q '"stage":"polish".*"stage":"uff","potential":"uff4mof"' uff/results.jsonl
expect "a demand that nothing meets" 1 '*' "^error: no chemistry of the library's [0-9]+ meets the request; with Au: 0" \
  generate --prompt x --require-elements Au --out none
expect "a required element" 0 '*' '' generate --prompt x --require-elements Cu -n 1 --out copper
check "is there" grep -q '"formula":"[^"]*Cu' copper/results.jsonl
printf 'one prompt\n\nanother prompt\r\n' >prompts.txt
expect "prompts from a file" 0 '*' '' generate --prompt-file prompts.txt -n 2 --compose-only --out prompts
check "the page groups them" test "$(grep -c '<section id="p' prompts/report.html)" -eq 2
check "each has its samples" test "$(grep -c '"prompt":"another prompt"' prompts/results.jsonl)" -eq 2
expect "too long a prompt" 2 '*' '^error: ' generate --prompt "$(printf 'zinc %.0s' {1..500})" -n 1 --out long
expect "CUDA that is not there" 2 '' '^error: .*[Cc][Uu][Dd][Aa]' generate --prompt x -n 1 --device cuda:99 --out cuda
cp -r model damaged
head -c 20000 model/geometry.safetensors >damaged/geometry.safetensors
expect "a truncated checkpoint" 1 '*' '^error: damaged/geometry.safetensors: ' \
  "$bin/clamp-generate" --checkpoint damaged --prompt x -n 1 --out never
cp model/geometry.safetensors damaged/geometry.safetensors
cp model/geometry.safetensors damaged/library.safetensors
expect "a foreign file" 1 '*' "^error: damaged/library.safetensors: found format" \
  "$bin/clamp-generate" --checkpoint damaged --prompt x -n 1 --out never

expect "a composer that is not there" 2 '' '^error: --composer model: model/composer.safetensors does not exist' \
  generate --prompt x -n 1 --composer model --out never
expect "train composer" 0 'composer.safetensors: step 80 of 80' '*' "$bin/clamp-train" diffusion --part composer \
  --config "$tiny" --data data.h5 --encoders model --out drawn --threads 1
expect "train composer again is refused" 2 '' 'composer_state.safetensors exists' "$bin/clamp-train" diffusion \
  --part composer --config "$tiny" --data data.h5 --encoders model --out drawn
cp model/* drawn
draw() { "$bin/clamp-generate" --checkpoint drawn --threads 1 --prompt "copper pyrazine thiocyanate" --compose-only --quiet "$@"; }
expect "drawn chemistries" 0 '^    3 ' '' draw -n 4 --seed 3 --out drawn_whole
check "come from the model" test "$(grep -c '"chemistry_source":"model"' drawn_whole/results.jsonl)" -eq 4
check "and count their draws" grep -q '"draws":{"made":[0-9]' drawn_whole/results.jsonl
expect "drawn shard 0" 0 '*' '' draw -n 4 --seed 3 --shard 0/2 --out drawn0
expect "drawn shard 1" 0 '*' '' draw -n 4 --seed 3 --shard 1/2 --out drawn1
check "drawn shards together are the whole run" \
  cmp drawn_whole/results.jsonl <(cat drawn0/results.jsonl drawn1/results.jsonl | sort -t: -k3n)
expect "the library beside a model" 0 '*' '' draw --composer library -n 1 --out looked_up
check "is looked up" grep -q '"chemistry_source":"library","chemistry_novel":false,"draws":null' looked_up/results.jsonl
expect "what no draw meets" 3 'no chemistry was found that meets the request: 101 draws: 101 had no way on' '' \
  draw -n 1 --atoms 1:2 --out drawn_none
expect "a molecule that the composer does not know" 1 '*' '^error: --linker C1CCCCCCC1: not among the' \
  draw -n 1 --linker C1CCCCCCC1 --out drawn_unknown
expect "judge the composer" 0 'composer model, 2 prompts x 2' '*' "$bin/clamp-evaluate" --compose data.h5 \
  --checkpoint drawn --split train -n 2 --repeats 2 --demands 1 --geometries 1 --steps 5 --coarse-starts 2 --threads 1
cp drawn/library.safetensors drawn/composer.safetensors
expect "a foreign composer" 1 '*' "^error: drawn/composer.safetensors: its format is 'clamp-library'" draw -n 1 --out never

# Interrupted: what is done is kept and the exit code is 130.
"$bin/clamp-generate" --checkpoint model --threads 1 --steps 30 --best-of 1 --coarse-starts 8 --batch-size 1 --quiet \
  --prompt x -n 100000 --out stopped >/dev/null 2>&1 &
pid=$!
for _ in $(seq 600); do [ -e stopped/0.cif ] && break; sleep 0.1; done
kill -INT $pid
wait $pid
check "interrupted ends with 130" test $? -eq 130
check "and keeps what is done" test -s stopped/results.jsonl
check "and shows it" grep -q 'The run was stopped after [0-9]* of 100000 results' stopped/report.html

expect "evaluate a folder" 0 'of 4 valid$' '' "$bin/clamp-evaluate" whole --threads 1
expect "evaluate to JSON" 0 '"n_structures": 4' '' "$bin/clamp-evaluate" whole --json --threads 1
printf 'data_x\n_cell_length_a 5\n' >broken.cif
expect "an unreadable CIF is named" 3 'of 1 valid$' 'skipped broken.cif: ' \
  "$bin/clamp-evaluate" whole/0.cif broken.cif --threads 1
expect "only unreadable ones fail" 1 '*' '^error: no structure could be read; 1 skipped$' "$bin/clamp-evaluate" broken.cif
expect "a set beside a reference" 0 'density .Wasserstein' '' \
  "$bin/clamp-evaluate" whole --reference data.h5 --plots plots --threads 1
check "six plots" test "$(ls plots/*.svg | wc -l)" -eq 6
expect "plots are not overwritten" 2 '' '^error: --plots plots: density.svg is there already' \
  "$bin/clamp-evaluate" whole --plots plots --threads 1
expect "real structures are not novel" 0 'novel . 0 of 8' '' \
  "$bin/clamp-evaluate" "$data/cifs" --reference data.h5 --pores none --threads 1
expect "relaxation needs no reference" 0 'Relaxed .uff' '' \
  "$bin/clamp-evaluate" whole/0.cif --relax uff --pores none --threads 1
expect "both sides are relaxed" 0 'energy_per_atom .Wasserstein, eV. . [0-9.]+ . [0-9.]+ . -?[0-9.]+, ' '' \
  "$bin/clamp-evaluate" whole/0.cif --relax uff --pores none --threads 1 --reference data.h5 --plots relaxed_plots
check "and drawn" grep -q '>relaxed</text>' relaxed_plots/density.svg
expect "relaxed in JSON" 0 '"energy_eV_atom": -?[0-9]' '' \
  "$bin/clamp-evaluate" whole/0.cif --relax uff --pores none --threads 1 --json
mkdir named && cp "$data/cifs/qmof-40f119f.cif" "$data/cifs/qmof-832a1ad.cif" named
cat >named/results.jsonl <<'END'
{"status":"ok","prompt":"Cu-pyrazine framework","files":{"cif":"qmof-40f119f.cif"}}
{"status":"ok","prompt":"manganese with nitro-pyrazine and Terephthalate","files":{"cif":"qmof-832a1ad.cif"}}
END
expect "linkers of prompts" 0 'linkers_of_prompt . 1 of 2' '' "$bin/clamp-evaluate" named --pores none --threads 1
expect "and of other prompts" 0 'linkers_of_other_prompt . 1 of 2' '' "$bin/clamp-evaluate" named --pores none --threads 1
expect "a demanded linker" 0 'linkers_demanded . 2 of 2' '' \
  "$bin/clamp-evaluate" named --linker c1cnccn1 --pores none --threads 1
expect "one that is not there" 0 'linkers_demanded . 0 of 2' '' \
  "$bin/clamp-evaluate" named --linker c1cnccn1 --linker C1CCCCC1 --pores none --threads 1
expect "a linker that cannot be read" 2 '' "^error: --linker: SMILES 'zinc': " \
  "$bin/clamp-evaluate" whole --linker zinc --pores none --threads 1
expect "quality table" 0 'random \+ polish' '*' "$bin/clamp-evaluate" --given-chemistry data.h5 --checkpoint model \
  --split val -n 2 --steps 5 --threads 1 --quiet
expect "more than there are" 1 '*' "split 'val' has 2 structures of at most 64 atoms" \
  "$bin/clamp-evaluate" --given-chemistry data.h5 --checkpoint model --split val -n 50 --quiet

finish cli_pipeline
