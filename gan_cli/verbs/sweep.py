"""`gan sweep`: the same training with several seeds and settings, and a table of the scores."""

from collections.abc import Sequence
from typing import Annotated

from jsonargparse import ArgumentParser

from gan_cli import ranges
from gan_cli.errors import RunFailed, UserError
from gan_cli.ranges import Few, Many, Range
from gan_cli.verbs import options

SUMMARY = "Train with several seeds and settings; all that gan fit takes is given to each run"

Number = Annotated[int, Range(0, 999)]
"""Of a run."""
OURS = {
    **dict.fromkeys(("--seeds", "--jobs", "--name", "--sbatch", "--metrics", "--num", "--features", "--only"), "1"),
    **dict.fromkeys(("--slurm", "--table"), "0"),
    "--vary": "+",
}
"""The verb's own options, each with how many words follow it."""
OF_TEST = ("metrics", "num", "features")


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    parser.add_argument("--seeds", type=str | None, metavar="N,...", help="One run each, such as 0-4")
    parser.add_argument(
        "--vary",
        type=str,
        nargs="+",
        action="append",
        default=None,
        metavar="NAME=V,...",
        help="A setting and its values, such as model.n_critic=1,5; of several each combination",
    )
    parser.add_argument("--name", type=str | None, metavar="NAME", help="The sweep's; default: that of the config")
    parser.add_argument(
        "--jobs", type=Few | None, metavar="N", help="Runs at once; default: 1, or all that SLURM allows"
    )
    parser.add_argument(
        "--metrics", type=str | None, metavar="NAME,...", help="What gan test measures; default: as there"
    )
    parser.add_argument("--num", type=Many | None, metavar="N", help="Things that are scored; default: as in gan test")
    parser.add_argument("--features", type=str | None, metavar="NAME", help="Whose features; default: as in gan test")
    options.yes_no(parser, "--slurm", False, "Submit the runs as a job array instead")
    parser.add_argument(
        "--sbatch", type=str | None, metavar='"..."', help="What sbatch is told, such as --time=04:00:00"
    )
    options.yes_no(parser, "--table", False, "Show the table of what is done, and train nothing")
    parser.add_argument(
        "--only", type=Number | None, metavar="N", help="Train run N alone, in this process, as a task does"
    )
    options.module(parser)


def run(words: Sequence[str]) -> None:
    """Trains what is missing, and shows the table.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If a run failed; the others have gone on.
    """
    ours, theirs = split(words)
    asked = options.light("sweep", add_options, ours)
    for name, kind in (("jobs", Few), ("num", Many), ("only", Number)):
        if asked[name] is not None:
            ranges.check_one(name, kind, asked[name])
    if not asked.seeds:
        raise UserError("seeds: they are missing; type --seeds 0-4")
    if asked.sbatch and not asked.slurm:
        raise UserError("sbatch: it means nothing without --slurm; leave it out")
    from gan_cli.command import sweep_slurm, sweep_table, sweeping
    from gan_cli.command.running import say
    from gan_cli.command.sweep_check import LightningSeed, check
    from gan_cli.command.sweep_plan import planned
    from gan_cli.evaluation.testing import check_asked
    from gan_cli.verbs import run as call

    varied = [text for texts in asked.vary or () for text in texts]
    check_asked(asked.metrics, asked.features, asked.num)
    plan = planned(theirs, asked.seeds, varied, asked.name, LightningSeed)
    scoring = [f"--{name}={asked[name]}" for name in OF_TEST if asked[name] is not None]
    if asked.only is not None:
        if not 0 <= asked.only < len(plan.jobs):
            raise UserError(f"only: there is no run {asked.only}; the sweep has 0 to {len(plan.jobs) - 1}")
        sweeping.run_one(plan, plan.jobs[asked.only], scoring, call)
        return
    missing = [number for number, job in enumerate(plan.jobs) if not sweeping.is_done(plan, job, scoring)]
    failed: list[str] = []
    if missing and not asked.table:
        check([plan.jobs[number] for number in missing])
        again = ["sweep", *without(words, "--jobs", "--slurm", "--sbatch", "--table", "--only")]
        say(f"sweep: {len(plan.jobs)} runs, {len(plan.jobs) - len(missing)} done before; logs in {plan.folder}")
        if asked.slurm:
            sweep_slurm.submit(plan, missing, asked.jobs, again, asked.sbatch)
            return
        failed = sweeping.run_all(plan, missing, asked.jobs or 1, again)
    done = sweep_table.finished(plan)
    if asked.table and not done:
        raise UserError(f"table: no run of the sweep {plan.name} is done yet; leave --table out to train them")
    sweep_table.show(plan, done)
    if failed:
        raise RunFailed(
            f"sweep: {len(failed)} of {len(plan.jobs)} runs failed ({', '.join(failed[:3])}"
            f"{', ...' if failed[3:] else ''}); the same call tries them again"
        )


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words of the verb itself, and those that are meant for `gan fit`; option names have underscores."""
    ours: list[str] = []
    theirs: list[str] = []
    follow, into = "0", theirs
    for word in words:
        if ours[-1:] == ["--sbatch"]:  # what follows begins with dashes, too
            ours[-1], follow = f"--sbatch={word}", "0"
        elif word.startswith("--"):
            option, equals, value = word.partition("=")
            option = "--" + option[2:].replace("-", "_")
            name = option.replace("--no_", "--", 1) if option.replace("--no_", "--", 1) in OURS else option
            into = ours if name in OURS else theirs
            follow = "0" if equals and into is ours else OURS.get(name, "+")
            into.append(f"{option}{equals}{value}")
        else:
            (ours if into is ours and follow != "0" else theirs).append(word)
            follow = "0" if follow == "1" else follow
    return ours, theirs


def without(words: Sequence[str], *names: str) -> list[str]:
    """The words without some of the verb's own options and what follows these."""
    ours, theirs = split(words)
    kept: list[str] = []
    dropping = False
    for word in ours:
        if word.startswith("--"):
            dropping = word.partition("=")[0].replace("--no_", "--", 1) in names
        if not dropping:
            kept.append(word)
    return [*theirs, *kept]
