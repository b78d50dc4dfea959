#!/usr/bin/env bash
# clamp-relax: files in, relaxed files and records out; its refusals.
#
#   relax_test.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source_dir=$2
. "$source_dir/tests/cli/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CLAMP_CHECKPOINT
export OMP_NUM_THREADS=1
cd "$work" || exit 1
qmof=$source_dir/tests/data/qmof
relax() { "$bin/clamp-relax" --threads 1 --quiet "$@"; }

mkdir in
cp "$qmof/qmof-7501cda.cif" "$qmof/qmof-83a307d.cif" in
expect "uff" 0 'qmof-83a307d.cif +106 +Fm-3m +yes' '' relax in --out uff
for file in qmof-7501cda.cif qmof-7501cda_P1.cif qmof-83a307d.cif structures.extxyz results.jsonl run.yaml; do
  check "wrote $file" test -s "uff/$file"
done
check "a line a structure" test "$(wc -l <uff/results.jsonl)" -eq 2
check "the record is there" grep -qE '"stage":"uff","potential":"uff4mof","converged":true,"steps":[0-9]+,"energy_eV":[0-9.]+,' \
  uff/results.jsonl
check "nothing unfinished is left" test -z "$(find uff -name '*.part')"
check "symmetry is written" grep -q "Fm-3m" uff/qmof-83a307d.cif
expect "again is refused" 2 '' '^error: --out uff: the folder holds results already \(results.jsonl\); pass --force' relax in --out uff
expect "and forced" 0 '*' '' relax in --out uff --force
expect "results are read back" 0 'of 2 valid$' '' "$bin/clamp-evaluate" uff --threads 1

expect "only the energy, as JSON" 0 '"steps": 0' '' relax in/qmof-83a307d.cif --max-steps 0 --json --out energy
check "says that it ended there" grep -q '"converged":false.*"reason":"step limit"' energy/results.jsonl
expect "fire, cell fixed" 0 ' yes ' '' relax in/qmof-7501cda.cif --optimizer fire --fix-cell --trajectory --out fire
check "the volume stays" grep -q '"volume_change":0.0' fire/results.jsonl
check "trajectory" test "$(grep -c '^Lattice=\|Lattice=' fire/qmof-7501cda_trajectory.extxyz)" -gt 2
expect "TorchScript" 0 '*' '' relax in/qmof-7501cda.cif --potential "$source_dir/tests/data/potentials/lennard_jones.pt" \
  --max-steps 3 --fix-cell --out script
check "is named in the record" grep -q '"stage":"potential","potential":"[^"]*lennard_jones.pt"' script/results.jsonl
expect "the polish on files" 0 'qmof-7501cda.cif' '' relax in/qmof-7501cda.cif --potential polish --out polish
check "its objective is no energy" test "$(grep -c energy= polish/structures.extxyz)" -eq 0
check "has no energy in eV" grep -q '"stage":"polish".*"energy_eV":null' polish/results.jsonl

printf 'data_x\n_cell_length_a 5\n' >broken.cif
expect "an unreadable CIF is named" 3 'failed: ' 'failed broken.cif: ' "$bin/clamp-relax" --threads 1 in/qmof-83a307d.cif broken.cif --out some
check "and recorded" grep -q '"path":"broken.cif","status":"failed"' some/results.jsonl
expect "only unreadable ones fail" 1 '*' '^error: no structure could be relaxed; 1 failed$' relax broken.cif --out none
expect "nothing given" 2 '' '^error: no structure given; pass CIF files or folders' "$bin/clamp-relax"
expect "no such file" 2 '' '^error: nowhere.cif: no such file or folder$' relax nowhere.cif --out nowhere
check "which leaves no folder" test ! -e nowhere
expect "no such potential" 2 '' "^error: potential 'mace': there is no such file; expected uff, uff-plain or a TorchScript file$" \
  relax in --potential mace --out mace
expect "a potential without cut-off" 1 '' "has no attribute 'cutoff'" \
  relax in --potential "$source_dir/tests/data/potentials/no_cutoff.pt" --out lacking
expect "no such optimizer" 2 '' '^error: --optimizer: ' relax in --optimizer newton
finish cli_relax
