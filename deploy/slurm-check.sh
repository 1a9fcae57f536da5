#!/bin/bash
# Runs deploy/slurm.sbatch on a SLURM of this one machine: two tasks, stopped by the time limit's signal, requeued, gone on
# with, and compared with a run that nothing stopped; then what SLURM would start wrongly. About five minutes, as root, with
# Debian's slurmctld, slurmd, slurm-client and munge. No SLURM or munge that is there already is touched.
set -euo pipefail
cd "$(dirname "$0")/.."
project=$PWD
export GAN=${GAN:-$project/.venv/bin/gan}
PYTHON=${PYTHON:-$project/.venv/bin/python}
for tool in slurmctld slurmd munged; do
  command -v "$tool" > /dev/null || { echo "slurm-check: $tool is missing: apt-get install slurmctld slurmd munge"; exit 1; }
done
work=$(mktemp -d)
chmod 755 "$work"
host=$(hostname -s)
export SLURM_CONF=$work/slurm.conf OMP_NUM_THREADS=1

stop() {
  if [ -f "$work/slurmctld.pid" ]; then timeout 30 scancel --user=root 2> /dev/null || true; fi
  for name in slurmd slurmctld munged; do
    if [ -f "$work/$name.pid" ]; then kill "$(cat "$work/$name.pid")" 2> /dev/null || true; fi
  done
  sleep 1
  rm -rf "$work"
}
trap stop EXIT

fail() {
  echo "slurm-check: $*" >&2
  tail -n 10 "$work"/*.log "$work"/run/*.out >&2 || true
  exit 1
}

free_port() {
  "$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'
}

mkdir -p "$work/munge" "$work/state" "$work/spool" "$work/run"
head -c 1024 /dev/urandom > "$work/munge/key"
chmod 600 "$work/munge/key"
chown -R munge: "$work/munge"
runuser -u munge -- munged --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
  --log-file="$work/munge/log" --seed-file="$work/munge/seed"
cp "$work/munge/pid" "$work/munged.pid"

# Its own ports, and numbers of jobs from which other ports follow.
cat > "$SLURM_CONF" << CONF
ClusterName=check
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
FirstJobId=$((1000 + RANDOM % 8000))
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
MinJobAge=3600
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld
slurmd
for _ in $(seq 30); do sinfo -h -o %t 2> /dev/null | grep -q idle && break; sleep 1; done
sinfo -h -o "node %N: %c cores, %t" | grep idle || fail "the node does not come up: $(tail -n 3 "$work/slurmd.log")"

cd "$work/run"
tiny=(--config dcgan.yaml --model.base_channels 4 --data.image_size 16 --data.batch_size 8 --data.num_workers 0
  --trainer.accelerator cpu --trainer.enable_progress_bar false)

state() {
  scontrol show job "$1" | sed -nE 's/.*JobState=(\S+).*/\1/p; s/.*(Restarts=\S+).*/\1/p' | tr '\n' ' '
}

# Waits for a job's end and prints its states.
follow() {
  local now seen=""
  for _ in $(seq 900); do
    now=$(state "$1")
    if [ "$now" != "$seen" ]; then echo "$(date +%T) job $1 $now"; seen=$now; fi
    case $now in COMPLETED* | FAILED* | TIMEOUT* | CANCELLED*) break ;; esac
    if [[ $now == "PENDING Restarts="[1-9]* ]]; then # it would wait for two minutes; what is left of it needs some seconds
      sleep 10
      scontrol update job "$1" StartTime=now 2> /dev/null || true
    fi
    sleep 1
  done
}

# SLURM looks every half minute: the signal comes 60 to 90 seconds after the start. A fast machine needs more batches.
for steps in 2000 10000 50000; do
  fit=("${tiny[@]}" --model.lr_decay_start 0 --model.lr_decay_end 0 --trainer.max_steps "$steps"
    --trainer.limit_val_batches 0 --samples.every_n_steps 0)
  job=$(sbatch --parsable --ntasks-per-node=2 --cpus-per-task=1 --time=2 --signal=TERM@30 \
    "$project/deploy/slurm.sbatch" "${fit[@]}")
  follow "$job"
  [[ $(state "$job") == COMPLETED* ]] || fail "job $job has not completed"
  if [[ $(state "$job") != *Restarts=0* ]]; then break; fi
done
[[ $(state "$job") != *Restarts=0* ]] || fail "job $job was over before its time was"
grep -hE "^(gan: stopped by|going on|run:|checkpoint:)" "gan-$job.out"

echo "the same without a stop:"
srun --ntasks=2 "$GAN" fit "${fit[@]}" --trainer.default_root_dir whole | grep -E "^(run:|checkpoint:)"
"$PYTHON" - "checkpoints/job-$job" whole << 'PY'
import sys
from pathlib import Path

import torch

stopped, whole = (torch.load(*Path(root).glob("*/*/last.ckpt"), weights_only=True) for root in sys.argv[1:])
assert stopped["gan_cli"]["processes"] == whole["gan_cli"]["processes"] == 2
assert stopped["state_dict"].keys() == whole["state_dict"].keys()
differing = [name for name, value in whole["state_dict"].items() if not torch.equal(stopped["state_dict"][name], value)]
assert not differing, f"the weights differ: {differing}"
print("the stopped and requeued run has the weights of the one that nothing stopped, bit for bit")
PY

# Runs a command that must end with 2, and prints what gan has said in its log.
refused() {
  local log=$1 code=0
  "${@:2}" 2> /dev/null || code=$?
  grep -A1 "^gan: " "$log" || fail "nothing was said: ${*:2}"
  [ "$code" -eq 2 ] || fail "exit code $code, not 2: ${*:2}"
}

echo "two devices and one task:"
refused one.log srun --ntasks=1 --output=one.log "$GAN" fit "${tiny[@]}" --trainer.devices 2
echo "two tasks and no srun:"
refused none.log sbatch --quiet --wait --ntasks=2 --output=none.log --wrap "$GAN fit ${tiny[*]}"
