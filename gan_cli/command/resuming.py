"""Which run is gone on with, and what it keeps of its settings.

A setting that was not typed stays as the run had it. *What* is computed belongs to the run: the variant and its
arguments, the data set, its arguments and its facts (class names and their order among them), and the seed; typing
something else is refused. *How* it is computed belongs to the call: `FREE` lists these settings. A run remembers
nothing else: the trainer's devices, strategy and limits, checkpoints, sample grids, evaluation and report are each
call's.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jsonargparse import Namespace

from gan_cli import runs
from gan_cli.command import lengths, settings
from gan_cli.command.endings import ended, epochs_of, length_reached
from gan_cli.data import Facts, GANDataModule
from gan_cli.devices import precision
from gan_cli.errors import UserError, first_line
from gan_cli.inference import checkpoints
from gan_cli.inference.shared_models import SHARED
from gan_cli.variants.base import RECORD

FREE = {
    "model.compile": "rounding differs",
    "model.channels_last": "rounding differs",
    "model.accumulate": "rounding differs, and batch normalisation sees parts of another size",
    "trainer.precision": "rounding differs",
    "tf32": "rounding differs",
    "threads": "rounding differs",
    "data.batch_size": "each step sees another number of things",
    "data.num_workers": "",
    "data.cache": "",
    "data.cache_dir": "",
    "data.root": "",
    "data.first_root": "",
    "data.second_root": "",
    "data.on_error": "",
    "data.max_pixels": "",
}
"""How things are computed, and where they lie: what each call may choose anew, and what is then said of the run."""

RECORDED = {"seed_everything": "seed", "trainer.precision": "precision", "tf32": "tf32", "threads": "threads"}
"""Further settings that a run remembers, with their names in a checkpoint's record."""


def take_over(
    content: dict[str, Any],
    config: Namespace,
    typed: Namespace,
    make: Callable[[Namespace], GANDataModule] = settings.made,
) -> list[str]:
    """Gives a resumed run the settings of its checkpoint, wherever nothing else was typed.

    Args:
        content: The checkpoint's.
        config: The settings, which are changed.
        typed: Those that were typed.
        make: Makes the data set of its settings.

    Returns:
        What is to be said: which settings that a call may choose differ, so that the run does not go on bit for bit.

    Raises:
        UserError: If something else was typed for what belongs to the run, or the data has other facts than before.
    """
    if "blended" in content[RECORD]:
        raise UserError(
            "ckpt_path: this checkpoint lies between two others, and no run goes on there; type --init instead"
        )
    if SHARED in content[RECORD]:
        raise UserError(
            "ckpt_path: a shared model holds no optimizers, and no run goes on there; type --init instead, or the "
            "checkpoint of the run itself"
        )
    if content[RECORD].get("imported"):
        raise UserError("ckpt_path: this checkpoint was imported, and no run goes on there; type --init instead")
    here, there = _settings_typed(config, typed), _settings_saved(config, content)
    differing = [name for name in here if name in there and _plain(here[name]) != _plain(there[name])]
    _refuse([name for name in differing if name not in FREE], here, there)
    for name, value in there.items():
        place = _place(name)
        if name not in here and place in config and not name.startswith("model"):
            config[place] = value
    facts = settings.tell_model_about_data(config, typed, make)
    _check_facts(facts, content[RECORD]["data"])
    for name in there.keys() - set(differing):  # what the data has told the model among them: it is the same
        if name.startswith("model."):
            config[_place(name)] = there[name]
    return [
        f"{name}: {here[name]} here, {there[name]} before: the run goes on, but not bit for bit ({FREE[name]})"
        for name in differing
        if FREE[name]
    ]


def last(root: Path, config: Namespace, typed: Namespace) -> Path:
    """The checkpoint that `last` means: that of the newest run of the family that what was typed agrees with.

    A run that this call would train no further comes after one that is unfinished.

    Raises:
        UserError: If there is no such run, or several unfinished ones.
    """
    home = root / settings.family_of(config)
    found = [run / runs.LAST for run in runs.saved_runs(root, home.name)]
    if not found:
        raise UserError(f"ckpt_path: no run {home} is there to go on with; leave --ckpt_path out to start one")
    if len(found) == 1:  # whatever disagrees is said when its settings are taken over
        return found[0]
    fitting = _agreeing(found, config, typed)
    unfinished = [path for path, over in fitting.items() if not over]
    if len(unfinished) > 1:
        raise UserError(
            f"ckpt_path: last may be each of {', '.join(str(path.parent) for path in unfinished[:5])}"
            f"{', ...' if unfinished[5:] else ''}: they are unfinished, and have what was typed\n"
            f"Type the one you mean, such as the newest: --ckpt_path {unfinished[0]}"
        )
    return next(iter(unfinished or fitting))


def _agreeing(found: Sequence[Path], config: Namespace, typed: Namespace) -> dict[Path, str]:
    """The checkpoints that what was typed agrees with, the newest first, each with why nothing is left to do in it."""
    sets: dict[str, GANDataModule] = {}

    def made_once(described: Namespace) -> GANDataModule:
        key = str(described)
        sets[key] = sets.get(key) or settings.made(described)
        return sets[key]

    fitting: dict[Path, str] = {}
    refusals: list[str] = []
    for path in found:
        content = checkpoints.read(path, tensors=False)
        try:
            take_over(content, config.clone(), typed, made_once)
        except UserError as error:
            refusals.append(first_line(error))
            continue
        limits = config.trainer.max_steps, config.trainer.max_epochs
        over = ended(*limits, content["global_step"], epochs_of(content))
        fitting[path] = over or length_reached(lengths.read(config.length), content[RECORD])
    if not fitting:
        raise UserError(
            f"ckpt_path: none of the {len(found)} runs in {found[0].parents[1]} has what was typed; of the newest:\n"
            f"{refusals[0]}\nType that run's settings, or leave --ckpt_path out to begin a new run"
        )
    return fitting


def processes_note(record: dict[str, Any], processes: int) -> str:
    """What to say if a resumed run has another number of processes, which is allowed but not exact; or nothing."""
    before = record.get("processes", processes)
    if before == processes:
        return ""
    return (
        f"processes: {processes} here, {before} before: the run goes on, but not as it would have: data.batch_size is\n"
        "each process's, and so are augmentation, dropout, image pools and the statistics of batch normalisation"
    )


def _settings_typed(config: Namespace, typed: Namespace) -> dict[str, Any]:
    """Settings that were typed and that a run remembers, by their names on the command line."""
    found = {"model": _name(config.model)}
    for part in ("model", "data"):
        found |= {f"{part}.{name}": value for name, value in (typed.get(f"{part}.init_args") or Namespace()).items()}
    found |= {name: typed[name] for name in (*RECORDED, "init") if name in typed}
    if found.get("threads") == "auto":  # chooses for runs that have no number yet
        del found["threads"]
    if "trainer.precision" in found:
        found["trainer.precision"] = precision.full_name(found["trainer.precision"])
    return found


def _settings_saved(config: Namespace, content: dict[str, Any]) -> dict[str, Any]:
    """The settings that a checkpoint remembers, by their names on the command line; the data's only of the same set."""
    record = content[RECORD]
    found = {"model": record["variant"]} | {
        name: record[key] for name, key in RECORDED.items() if record.get(key) is not None
    }
    found["init"] = record.get("origin", {}).get("ckpt")  # None refuses other weights later on
    arguments = checkpoints.arguments_of(content, settings.class_at(config.model.class_path))
    found |= {f"model.{name}": value for name, value in arguments.items()}
    if record["data"].get("name") == _name(config.data):
        found |= {f"data.{name}": value for name, value in content.get("datamodule_hyper_parameters", {}).items()}
    return found


def _name(chosen: Namespace) -> str:
    """The bare name of a class that was chosen."""
    return str(chosen.class_path).rpartition(".")[2]


def _place(name: str) -> str:
    """Where a setting lies among all of them."""
    part, _, rest = name.partition(".")
    return f"{part}.init_args.{rest}" if rest and part in ("model", "data") else name


def _check_facts(facts: Facts, recorded: Facts) -> None:
    """Refuses a data set that is another one, or whose facts have changed, such as the names of its classes."""
    here = {"data": facts["name"]} | {f"data.{name}": _said(value) for name, value in facts.items() if name != "name"}
    there = {"data": recorded.get("name", facts["name"])}
    for name, value in recorded.items():
        if name not in ("name", "fields") and value is not None:
            there[f"data.{name}"] = _said(value)
            if isinstance(value, list | tuple):  # names, which may be gone altogether
                here.setdefault(f"data.{name}", _said(()))
    _refuse([name for name in here if name in there and here[name] != there[name]], here, there)


def _refuse(names: Sequence[str], here: dict[str, Any], there: dict[str, Any]) -> None:
    """Refuses settings of a run that are not what it has."""
    if not names:
        return
    lines = [f"{name}: {here[name]} is asked for, but the run to go on with has {there[name]}" for name in names[:2]]
    raise UserError("\n".join([*lines, "A resumed run keeps its settings: leave them out, or start a new run"]))


def _said(fact: Any) -> Any:
    """A fact as it is compared and shown: names with "and" between two of them, or commas between more."""
    if not isinstance(fact, list | tuple):
        return fact
    words = [str(word) for word in fact]
    return (" and " if len(words) <= 2 else ", ").join(words) or "none"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
