"""Settings that nobody typed: the data tells the model, and a checkpoint the run that goes on from it."""

import importlib
from typing import Any, cast

from jsonargparse import Namespace

from gan_cli import runs
from gan_cli.data import DataFacts, GANDataModule
from gan_cli.errors import UserError
from gan_cli.inference.validation import check_kind
from gan_cli.variants.base import RECORD

LINKED = ("image_size", "image_channels", "num_classes", "point_dim", "source_channels", "target_channels")
"""Arguments of a model that belong to the data."""


def tell_model_about_data(config: Namespace, typed: Namespace) -> DataFacts:
    """Gives the model what belongs to the data, and gives it back.

    Raises:
        UserError: If the user typed something else for the model.
    """
    data = cast(GANDataModule, made(config.data))
    facts = data.facts
    check_kind(class_at(config.model.class_path), data)
    _check_labels(class_at(config.model.class_path), config, facts)
    typed_arguments = typed.get("model.init_args") or {}
    for name in LINKED:
        if name not in config.model.init_args:
            continue
        fact = getattr(facts, name)
        if name == "num_classes" and not config.model.init_args[name] and not typed_arguments.get(name):
            continue  # 0 is a choice, not the data's business: the variant can do without classes
        if typed_arguments.get(name, fact) != fact:
            raise UserError(
                f"model.{name}: {typed_arguments[name]} was typed, but the data has {fact}; leave it out "
                f"({name} comes from --data)"
            )
        config.model.init_args[name] = fact
    return facts


def _check_labels(variant: type, config: Namespace, facts: DataFacts) -> None:
    """Refuses attributes where the variant wants one class for each image."""
    by_class = config.model.init_args.get("num_classes", 0) and not getattr(variant, "TAKES_ATTRIBUTES", False)
    if facts.attributes and by_class:
        raise UserError(
            f"data: an image of {facts.name} has several attributes, but {variant.__name__} wants one class for each; "
            "take StarGAN, an unconditional variant, or another set"
        )


def family_of(config: Namespace) -> str:
    """The folder that runs of these settings share."""
    variant, dataset = (config[part].class_path.rpartition(".")[2] for part in ("model", "data"))
    return runs.family(variant, dataset, config.name)


def made(config: Namespace) -> Any:
    """The object that a class path and its flat arguments describe."""
    return class_at(config.class_path)(**config.get("init_args", Namespace()).as_dict())


def class_at(path: str) -> type:
    """The class of a path that the user typed."""
    module, _, name = path.rpartition(".")
    return cast(type, getattr(importlib.import_module(module), name))


def take_over_data(content: dict[str, Any], config: Namespace, typed: Namespace) -> None:
    """Gives the data set of a resumed run the arguments it had, wherever nothing was typed and it is the same set."""
    if content[RECORD]["data"].get("name") != config.data.class_path.rpartition(".")[2]:
        return
    typed_arguments = typed.get("data.init_args") or {}
    for name, value in content.get("datamodule_hyper_parameters", {}).items():
        if name in config.data.init_args and name not in typed_arguments:
            config.data.init_args[name] = value


def take_over(content: dict[str, Any], config: Namespace, typed: Namespace, facts: DataFacts) -> None:
    """Gives the resumed run what the checkpoint says, wherever nothing was typed.

    Raises:
        UserError: If something else was typed for the variant, its hyper-parameters, the data set or the seed.
    """
    record = content[RECORD]
    saved_arguments = content["hyper_parameters"]
    typed_arguments = typed.get("model.init_args") or {}
    here = {f"model.{k}": v for k, v in typed_arguments.items()}
    there = {f"model.{k}": v for k, v in saved_arguments.items()}
    here |= {"model": config.model.class_path.rpartition(".")[2], "data": facts.name}
    there |= {"model": record["variant"], "data": record["data"].get("name", facts.name)}
    here |= {f"data.{name}": getattr(facts, name) for name in LINKED}
    there |= {f"data.{name}": record["data"].get(name, getattr(facts, name)) for name in LINKED}
    if record["data"].get("domains"):
        here["data.domains"], there["data.domains"] = (
            _names(names) for names in (facts.domains, record["data"]["domains"])
        )
    if "seed_everything" in typed:
        here["seed_everything"], there["seed_everything"] = typed.seed_everything, record["seed"]
    differing = [key for key in here if key in there and _plain(here[key]) != _plain(there[key])]
    if differing:
        lines = [
            f"{key}: {here[key]} is asked for, but the run to go on with has {there[key]}" for key in differing[:2]
        ]
        raise UserError("\n".join([*lines, "A resumed run keeps its settings: leave them out, or start a new run"]))
    config.seed_everything = record["seed"]
    for name, value in saved_arguments.items():
        config.model.init_args[name] = value


def batch_size_note(content: dict[str, Any], config: Namespace) -> str:
    """What to say where a resumed run has another batch size, which is allowed but not exact; otherwise nothing."""
    before, now = content.get("datamodule_hyper_parameters", {}).get("batch_size"), config.data.init_args.batch_size
    if before in (None, now):
        return ""
    return f"data.batch_size: {now} here, {before} before: the run goes on, but not as it would have with {before}"


def processes_note(record: dict[str, Any], processes: int) -> str:
    """What to say where a resumed run has another number of processes, which is allowed but not exact; or nothing."""
    before = record.get("processes", processes)
    if before == processes:
        return ""
    return (
        f"processes: {processes} here, {before} before: the run goes on, but not as it would have: data.batch_size is\n"
        "each process's, and so are augmentation, dropout, image pools and the statistics of batch normalisation"
    )


def _names(domains: Any) -> str:
    return " and ".join(domains) or "none"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
