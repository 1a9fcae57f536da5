"""Settings that nobody typed: those that the data gives the model, and those that a checkpoint gives a resumed run."""

import importlib
from typing import Any, cast

from jsonargparse import Namespace

from gan_cli import plugins, runs
from gan_cli.data import Facts, GANDataModule
from gan_cli.errors import UserError
from gan_cli.inference.validation import check_kind
from gan_cli.variants.base import RECORD, AdversarialModule


def tell_model_about_data(config: Namespace, typed: Namespace) -> Facts:
    """Gives the model the facts that belong to the data, and returns them.

    Every fact of the data is given to the model's argument of the same name, if it has one.

    Raises:
        UserError: If the user typed something else for the model, or the data is of another kind than it learns from.
    """
    data = cast(GANDataModule, made(config.data))
    facts = data.facts
    variant = class_at(config.model.class_path)
    check_kind(variant, data)
    _check_labels(variant, config, facts)
    typed_arguments = dict((typed.get("model.init_args") or Namespace()).items())
    arguments = config.model.init_args
    for name in facts.keys() & arguments.keys():
        if name == "num_classes" and not arguments[name] and not typed_arguments.get(name):
            continue  # 0 is the user's choice, whatever the data: the variant works without classes
        if typed_arguments.get(name, facts[name]) != facts[name]:
            raise UserError(
                f"model.{name}: {typed_arguments[name]} was typed, but the data has {facts[name]}; leave it out "
                f"({name} comes from --data)"
            )
        arguments[name] = facts[name]
    usual = plugins.defaults(variant)
    for name in sorted(facts_of_others(variant, data) & typed_arguments.keys()):
        if typed_arguments[name] in (0, usual[name]):  # the value may come from the config.yaml of a run
            continue
        raise UserError(
            f"model.{name}: {typed_arguments[name]} was typed, but {data.name} has nothing of that kind; leave it out"
        )
    return facts


def facts_of_others(variant: type[AdversarialModule], data: GANDataModule) -> set[str]:
    """Names of the facts of media that the variant could learn from, but that this set does not hold."""
    here = {name for medium in data.fields.values() for name in medium.FACTS}
    everything = {name for fields in variant.LEARNS_FROM for kind in fields.values() for name in kind.FACTS}
    return everything - here


def _check_labels(variant: type, config: Namespace, facts: Facts) -> None:
    """Refuses attributes where the variant wants one class for each image."""
    by_class = config.model.init_args.get("num_classes", 0) and not getattr(variant, "TAKES_ATTRIBUTES", False)
    if facts.get("attributes") and by_class:
        raise UserError(
            f"data: an image of {facts['name']} has several attributes, but {variant.__name__} wants one class for "
            "each; take StarGAN, an unconditional variant, or another set"
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
    """Gives the data set of a resumed run its earlier arguments, if it is the same set and nothing else was typed."""
    if content[RECORD]["data"].get("name") != config.data.class_path.rpartition(".")[2]:
        return
    typed_arguments = typed.get("data.init_args") or {}
    for name, value in content.get("datamodule_hyper_parameters", {}).items():
        if name in config.data.init_args and name not in typed_arguments:
            config.data.init_args[name] = value


def take_over(content: dict[str, Any], config: Namespace, typed: Namespace, facts: Facts) -> None:
    """Gives the resumed run the values of the checkpoint, wherever nothing else was typed.

    Raises:
        UserError: If something else was typed for the variant, its hyper-parameters, the data set or the seed.
    """
    record = content[RECORD]
    saved_arguments = content["hyper_parameters"]
    typed_arguments = typed.get("model.init_args") or {}
    here = {f"model.{k}": v for k, v in typed_arguments.items()}
    there = {f"model.{k}": v for k, v in saved_arguments.items()}
    here |= {"model": config.model.class_path.rpartition(".")[2], "data": facts["name"]}
    there |= {"model": record["variant"], "data": record["data"].get("name", facts["name"])}
    known = [name for name in facts if name != "name" and record["data"].get(name)]
    here |= {f"data.{name}": _said(facts[name]) for name in known}
    there |= {f"data.{name}": _said(record["data"][name]) for name in known}
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
    """What to say if a resumed run has another batch size, which is allowed but not exact; otherwise nothing."""
    before = content.get("datamodule_hyper_parameters", {}).get("batch_size")
    now = config.data.init_args.get("batch_size")
    if before is None or now in (None, before):
        return ""
    return f"data.batch_size: {now} here, {before} before: the run goes on, but not as it would have with {before}"


def processes_note(record: dict[str, Any], processes: int) -> str:
    """What to say if a resumed run has another number of processes, which is allowed but not exact; or nothing."""
    before = record.get("processes", processes)
    if before == processes:
        return ""
    return (
        f"processes: {processes} here, {before} before: the run goes on, but not as it would have: data.batch_size is\n"
        "each process's, and so are augmentation, dropout, image pools and the statistics of batch normalisation"
    )


def _said(fact: Any) -> Any:
    """A fact as it is compared and shown: names with "and" between two of them, or commas between more."""
    if not isinstance(fact, list | tuple):
        return fact
    words = [str(word) for word in fact]
    return (" and " if len(words) <= 2 else ", ").join(words) or "none"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
