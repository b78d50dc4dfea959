#!/usr/bin/env bash
# What every program answers without any model or data: help, versions, wrong usage, configuration files.
#
#   usage_test.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source_dir=$2
. "$source_dir/tests/cli/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CLAMP_CHECKPOINT
cd "$work" || exit 1

for program in clamp-data clamp-train clamp-generate clamp-zeroshot clamp-evaluate clamp-relax clamp-sweep; do
  expect "$program --help" 0 'Example:' '' "$bin/$program" --help
  expect "$program --version" 0 '^clamp [0-9]+\.[0-9]+\.[0-9]+$' '' "$bin/$program" --version
  expect "$program wrong option" 2 '' "^error: unknown option '--no-such-thing'" "$bin/$program" --no-such-thing
done
for command in import inspect export caption; do
  expect "clamp-data $command --help" 0 'Example:' '' "$bin/clamp-data" $command --help
done
for command in tokenizer encoders diffusion library packing; do
  expect "clamp-train $command --help" 0 'Example:' '' "$bin/clamp-train" $command --help
done
expect "help names defaults" 0 '--symprec FLOAT=0.01 .*tolerance.*, A|--symprec FLOAT=0.01 .*Tolerance.*, A' '' \
  "$bin/clamp-generate" --help
expect "version names LibTorch and CUDA" 0 '^LibTorch [0-9]+\.[0-9]+$' '' "$bin/clamp-generate" --version
expect "version names the checkpoint format" 0 '^checkpoint format [0-9]+$' '' "$bin/clamp-generate" --version

expect "did you mean, option" 2 '' "^error: unknown option '--promt'; did you mean --prompt\?$" \
  "$bin/clamp-generate" --promt x
expect "did you mean, command" 2 '' "^error: unknown command 'improt'; did you mean import\?$" "$bin/clamp-data" improt
expect "no prompt" 2 '' '^error: no prompt given; pass --prompt TEXT or --prompt-file FILE$' "$bin/clamp-generate"
expect "empty prompt" 2 '' '^error: --prompt: the prompt is empty$' "$bin/clamp-generate" --prompt ' '
expect "number out of range" 2 '' "^error: --n: found '0', expected a number from 1" \
  "$bin/clamp-generate" --prompt x -n 0
expect "no number" 2 '' "^error: --steps: found 'many', expected a number from 1 to 10000" \
  "$bin/clamp-generate" --prompt x --steps many
expect "unknown element" 2 '' "^error: --elements: 'Qq' is no element symbol" "$bin/clamp-generate" --prompt x --elements Zn,Qq
expect "bad formula" 2 '' "^error: --formula 'Zn4\)': found '\)' at position 4" \
  "$bin/clamp-generate" --prompt x --formula 'Zn4)'
expect "negative scale" 2 '' "^error: --compose-classifier-scale: found '-1', expected a number from 0" \
  "$bin/clamp-generate" --prompt x --compose-classifier-scale -1
expect "node without a metal" 2 '' "^error: --node 'CO2': found no metal" "$bin/clamp-generate" --prompt x --node CO2
expect "bad range" 2 '' "^error: --atoms '9:3': the lower limit is above the upper one$" \
  "$bin/clamp-generate" --prompt x --atoms 9:3
expect "bad shard" 2 '' '^error: --shard 2/2: shards count from 0, so the last of 2 is 1$' \
  "$bin/clamp-generate" --prompt x --shard 2/2
expect "relaxation that is not there" 2 '' "^error: potential 'mace': there is no such file; expected uff" \
  "$bin/clamp-generate" --prompt x --relax mace
expect "stray argument" 2 '' "^error: unexpected argument 'stray'" "$bin/clamp-generate" --prompt x stray
expect "no checkpoint there" 2 '' '^error: --checkpoint nowhere: there is no such folder$' \
  "$bin/clamp-generate" --prompt x --checkpoint nowhere
expect "no checkpoint in it" 2 '' 'holds no encoders.safetensors, so it is no checkpoint$' \
  "$bin/clamp-generate" --prompt x --checkpoint .
expect "checkpoint by the environment" 2 '' '^error: CLAMP_CHECKPOINT nowhere: there is no such folder$' \
  env CLAMP_CHECKPOINT=nowhere "$bin/clamp-generate" --prompt x

expect "sweep without a prompt" 2 '' '^error: no prompt given' "$bin/clamp-sweep"
expect "sweep over no number" 2 '' '^error: --scales: ' "$bin/clamp-sweep" --prompt x --scales 1,many
expect "sweep over a negative scale" 2 '' '^error: --scales: ' "$bin/clamp-sweep" --prompt x --scales=-1,2

# Configuration: default < file < command line; unknown keys name file and line.
printf 'prompt: [a zinc framework]\nn: 3\nguidance_scale: 1.5\nelements: [Zn, C, H, O]\n' >run.yaml
expect "file goes before defaults" 0 '^n: 3$' '' "$bin/clamp-generate" --config run.yaml --print-config
expect "command line goes before the file" 0 '^n: 5$' '' "$bin/clamp-generate" --config run.yaml -n 5 --print-config
expect "lists come through" 0 '^elements: \[Zn, C, H, O\]$' '' "$bin/clamp-generate" --config run.yaml --print-config
"$bin/clamp-generate" --config run.yaml --print-config >printed.yaml
expect "printed configuration is read back" 0 '*' '' "$bin/clamp-generate" --config printed.yaml --print-config
check "printed configuration is the same" cmp printed.yaml <("$bin/clamp-generate" --config printed.yaml --print-config)
printf 'prompt: x\nguidance_scal: 2\n' >wrong.yaml
expect "unknown key" 2 '' '^error: wrong.yaml:2: guidance_scal: unknown key; did you mean guidance_scale\?$' \
  "$bin/clamp-generate" --config wrong.yaml
printf 'prompt: x\nn: many\n' >wrong.yaml
expect "wrong value in a file" 2 '' "^error: wrong.yaml:2: n: --n: found 'many', expected a number" \
  "$bin/clamp-generate" --config wrong.yaml
printf 'prompt: [x\n' >wrong.yaml
expect "broken YAML" 2 '' '^error: wrong.yaml:[0-9]+: ' "$bin/clamp-generate" --config wrong.yaml
expect "no file" 2 '' '^error: --config none.yaml: the file cannot be read$' "$bin/clamp-generate" --config none.yaml

expect "evaluate wants something" 2 '' '^error: give either structures' "$bin/clamp-evaluate"
expect "evaluate with unknown pores" 2 '' "^error: --pores: found 'guessed', expected built-in, zeo.. or none" \
  "$bin/clamp-evaluate" . --pores guessed
expect "evaluate without Zeo++" 1 '' '^error: no-such-zeo: not found in PATH' \
  "$bin/clamp-evaluate" . --pores zeo++ --zeo-program no-such-zeo
expect "evaluate relaxes structures only" 2 '' '^error: --relax belongs to structures' \
  "$bin/clamp-evaluate" --given-chemistry data.h5 --relax uff
expect "evaluate with an unknown potential" 2 '' "^error: potential 'mace': there is no such file; expected uff" \
  "$bin/clamp-evaluate" . --relax mace
expect "evaluate of nothing there" 2 '' 'nowhere.cif' "$bin/clamp-evaluate" nowhere.cif
finish cli_usage
