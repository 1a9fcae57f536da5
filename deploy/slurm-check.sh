#!/bin/bash
# Runs deploy/slurm.sbatch on a SLURM of this one machine: two tasks, stopped by the time limit's signal, requeued, gone on
# with, and compared with a run that nothing stopped. As root, with Debian's slurmctld, slurmd, slurm-client and munge.
set -euo pipefail
cd "$(dirname "$0")/.."
export GAN=${GAN:-$PWD/.venv/bin/gan}
PYTHON=${PYTHON:-$PWD/.venv/bin/python}
work=$(mktemp -d)
chmod 755 "$work"
host=$(hostname -s)

stop() {
  scancel --user=root 2> /dev/null || true
  for name in slurmd slurmctld munged; do
    if [ -f "$work/$name.pid" ]; then kill "$(cat "$work/$name.pid")" 2> /dev/null || true; fi
  done
  sleep 1
  rm -rf "$work"
}
trap stop EXIT

mkdir -p "$work/munge" "$work/state" "$work/spool" "$work/run"
chown munge: "$work/munge"
head -c 1024 /dev/urandom > "$work/munge/key"
chown munge: "$work/munge/key"
chmod 600 "$work/munge/key"
runuser -u munge -- munged --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
  --log-file="$work/munge/log" --seed-file="$work/munge/seed"
cp "$work/munge/pid" "$work/munged.pid"

cat > "$work/slurm.conf" << CONF
ClusterName=check
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
RebootProgram=/bin/true
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
MinJobAge=3600
OverTimeLimit=0
KillWait=30
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf
slurmctld
slurmd
for _ in $(seq 30); do sinfo -h -o %t 2> /dev/null | grep -q idle && break; sleep 1; done
sinfo

# A tiny run whose steps wait for nothing, long enough to meet its time limit.
cd "$work/run"
steps=${STEPS:-6000}
fit=(--config dcgan.yaml --model.base_channels 4 --data.image_size 16 --data.batch_size 8 --data.num_workers 0
  --trainer.accelerator cpu --trainer.max_steps "$steps" --trainer.limit_val_batches 0 --samples.every_n_steps 0)
export OMP_NUM_THREADS=1
job=$(sbatch --parsable --ntasks-per-node=2 --cpus-per-task=1 --time=1 --signal=TERM@30 \
  "$OLDPWD/deploy/slurm.sbatch" "${fit[@]}")
echo "submitted job $job"
seen=""
for _ in $(seq 600); do
  state=$(scontrol show job "$job" | grep -oE "JobState=\S+|Restarts=\S+" | tr '\n' ' ')
  if [ "$state" != "$seen" ]; then echo "$(date +%T) $state"; seen=$state; fi
  case $state in *COMPLETED* | *FAILED* | *TIMEOUT* | *CANCELLED*) break ;; esac
  if [[ $state == *Restarts=* && $state == *PENDING* ]]; then
    scontrol update job "$job" StartTime=now 2> /dev/null || true  # a requeued job waits for two minutes otherwise
  fi
  sleep 1
done
if [[ $state != *COMPLETED* ]]; then cat "gan-$job.out"; exit 1; fi
grep -hE "stopped by|going on|run:|checkpoint:" "gan-$job.out"

echo "the same without a stop:"
srun --ntasks=2 --ntasks-per-node=2 "$GAN" fit "${fit[@]}" --trainer.default_root_dir whole | grep -E "run:|checkpoint:"
"$PYTHON" - "$job" << 'PY'
import glob
import sys

import torch

(stopped,) = glob.glob(f"checkpoints/job-{sys.argv[1]}/*/*/last.ckpt")
(whole,) = glob.glob("whole/*/*/last.ckpt")
one, other = (torch.load(path, weights_only=True)["state_dict"] for path in (stopped, whole))
assert all(torch.equal(one[name], value) for name, value in other.items()), "the weights differ"
print("the stopped and requeued run has the weights of the one that nothing stopped, bit for bit")
PY
