#!/usr/bin/env bash
# Training by two processes over Gloo, under the variables of torchrun, mpirun and srun: the losses of one process.
#
#   distributed_test.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source_dir=$2
. "$source_dir/tests/cli/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
cd "$work" || exit 1
data=$source_dir/tests/data/dataset
tiny=$source_dir/configs/tiny.yaml
port=$((20000 + $$ % 10000))

awk -F, -v OFS=, 'NR == 1 { print; next } { if (NR > 7) sub(/train\r?$/, "val"); print }' "$data/cifs.csv" >table.csv
check "import" "$bin/clamp-data" import "$data/cifs" --csv table.csv --out data.h5
# Six structures train: batches of four, in steps that are all logged.
sed -e 's/batch_size: 16/batch_size: 4/; s/steps: 40/steps: 4/; s/^    steps: 10/    steps: 4/' \
  -e 's/^    warmup_steps/    log_every: 1\n&/' "$tiny" >tiny.yaml
check "tokenizer" "$bin/clamp-train" tokenizer --config tiny.yaml --data data.h5 --out tokenizer --threads 1
train_encoders() {
  "$bin/clamp-train" encoders --config tiny.yaml --data data.h5 --tokenizer tokenizer/tokenizer.model --threads 1 "$@"
}
train_geometry() { "$bin/clamp-train" diffusion --config tiny.yaml --data data.h5 --threads 1 "$@"; }
check "encoders, one process" train_encoders --out encoders1
check "geometry, one process" train_geometry --out geometry1

as_torchrun() {
  local rank=$1
  shift
  RANK=$rank WORLD_SIZE=2 LOCAL_RANK=$rank LOCAL_WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port "$@"
}
as_mpirun() {
  local rank=$1
  shift
  OMPI_COMM_WORLD_RANK=$rank OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_RANK=$rank OMPI_COMM_WORLD_LOCAL_SIZE=2 \
    MASTER_PORT=$port "$@"
}
as_srun() {
  local rank=$1
  shift
  SLURM_STEP_ID=0 SLURM_PROCID=$rank SLURM_NTASKS=2 SLURM_LOCALID=$rank SLURM_STEP_NUM_NODES=1 \
    SLURM_STEP_NODELIST=localhost SLURM_JOB_ID=$((port + 1)) "$@"
}
# LAUNCHER COMMAND...: both processes; what process 1 prints goes to other.txt
two() {
  local launcher=$1 other
  shift
  "$launcher" 1 "$@" >other.txt 2>&1 &
  other=$!
  "$launcher" 0 "$@" && wait $other
}
# KEY FILE: the values of a key, in order
values() { grep -o "\"$1\":[-0-9.e]*" "$2" | cut -d: -f2; }
# Products in bfloat16, where the processor has them, are rounded in every process: 1e-2 of the value.
same_losses() {
  paste <(values "$1" "$2") <(values "$1" "$3") |
    awk '{ d = $1 - $2; n++; if (NF != 2 || d * d > 1e-4 * $1 * $1) exit 1 } END { if (n != 4) exit 1 }'
}

check "encoders under torchrun" two as_torchrun train_encoders --out encoders2
check "have the losses of one process" same_losses loss encoders1/metrics.jsonl encoders2/metrics.jsonl
check "the second process is silent" test ! -s other.txt
port=$((port + 2))
check "geometry under mpirun" two as_mpirun train_geometry --out geometry2
check "has the losses of the coordinates of one process" \
  same_losses coords geometry1/geometry_metrics.jsonl geometry2/geometry_metrics.jsonl
check "and of the lattice" same_losses lattice geometry1/geometry_metrics.jsonl geometry2/geometry_metrics.jsonl
check "geometry under srun" two as_srun train_geometry --out geometry3
check "is the same" cmp geometry2/geometry_metrics.jsonl geometry3/geometry_metrics.jsonl
check "what is no training is done once" two as_torchrun "$bin/clamp-train" tokenizer --config tiny.yaml --data data.h5 \
  --out tokenizer2 --threads 1

expect "a rank without its variable" 2 '' '^error: environment variable RANK is not set' \
  env WORLD_SIZE=2 "$bin/clamp-train" diffusion --config tiny.yaml --data data.h5 --out never
finish distributed
