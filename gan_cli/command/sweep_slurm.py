"""A sweep as a job array of SLURM: a task for each run, and a job after all of them that makes the table."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from gan_cli.command.running import say
from gan_cli.command.sweep_plan import Plan
from gan_cli.errors import UserError
from gan_cli.files import write_text

SCRIPT = """#!/bin/bash
# The runs of a sweep, one a task; each is saved, requeued and gone on with as by deploy/slurm.sbatch.
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=TERM@120
cd {here} || exit 1
srun --cpus-per-task="${{SLURM_CPUS_PER_TASK:-1}}" {gan} {words} --only="$SLURM_ARRAY_TASK_ID"
status=$?
if [ "$status" -eq 143 ] || [ "$status" -eq 138 ]; then
  scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
fi
exit "$status"
"""


def submit(plan: Plan, jobs: Sequence[int], at_once: int | None, words: Sequence[str], options: str | None) -> None:
    """Submits the runs that are missing, and after them the table.

    Args:
        plan: The sweep.
        jobs: The numbers of the runs.
        at_once: How many may run at once; None leaves it to SLURM.
        words: The words of the sweep, without `--slurm`.
        options: What `sbatch` is told besides, such as "--time=04:00:00 --gpus-per-task=1".

    Raises:
        UserError: If there is no SLURM here, or it refuses.
    """
    if shutil.which("sbatch") is None:
        raise UserError("slurm: there is no sbatch here; leave --slurm out, or call gan sweep where SLURM is")
    try:
        told = shlex.split(options or "")
    except ValueError as error:
        raise UserError(f"sbatch: {options} is no list of options ({error})") from error
    gan = shlex.join([sys.executable, "-m", "gan_cli"])
    script, here = plan.folder / "array.sbatch", Path.cwd()
    write_text(script, SCRIPT.format(here=shlex.quote(str(here)), gan=gan, words=shlex.join(words)))
    tasks = ",".join(map(str, jobs)) + (f"%{at_once}" if at_once else "")
    logs = plan.folder / "task-%a.log"
    usual = ["--parsable", f"--job-name={plan.name}"]
    number = _sbatch([*usual, f"--array={tasks}", f"--output={logs}", *told, str(script)])
    after = shlex.join(["cd", str(here)]) + f" && {gan} {shlex.join([*words, '--table'])}"
    table = plan.folder / "table.log"
    _sbatch([*usual, f"--dependency=afterany:{number}", f"--output={table}", f"--wrap={after}"])
    say(
        f"submitted: {len(jobs)} runs as job {number}; the table will be in {table}\nnow and later: gan "
        f"{shlex.join([*words, '--table'])}"
    )


def _sbatch(words: Sequence[str]) -> str:
    """Calls `sbatch`, and gives the job's number."""
    answer = subprocess.run(["sbatch", *words], capture_output=True, text=True, check=False)
    if answer.returncode:
        said = (answer.stderr.strip().splitlines() or ["without a reason"])[-1]
        raise UserError(f"slurm: sbatch refused the sweep ({said})")
    return answer.stdout.strip().partition(";")[0]
