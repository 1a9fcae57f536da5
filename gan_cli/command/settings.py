"""Settings that nobody typed because the data gives them to the model; and the objects that settings describe."""

import importlib
from collections.abc import Callable
from typing import Any, cast

from jsonargparse import Namespace

from gan_cli import plugins, runs
from gan_cli.data import Facts, GANDataModule
from gan_cli.devices import memory
from gan_cli.errors import UserError
from gan_cli.inference.validation import check_kind
from gan_cli.variants.base import AdversarialModule


def made(config: Namespace) -> Any:
    """The object that a class path and its flat arguments describe.

    Raises:
        UserError: If an argument is not possible, or needs more memory than there is.
    """
    with memory.room_for_weights():
        return class_at(config.class_path)(**config.get("init_args", Namespace()).as_dict())


def tell_model_about_data(
    config: Namespace, typed: Namespace, make: Callable[[Namespace], GANDataModule] = made
) -> Facts:
    """Gives the model the facts that belong to the data, and returns them.

    Every fact of the data is given to the model's argument of the same name, if it has one.

    Args:
        config: The settings.
        typed: Those that were typed.
        make: Makes the data set of its settings.

    Raises:
        UserError: If the user typed something else for the model, or the data is of another kind than it learns from.
    """
    data = make(config.data)
    facts = data.facts
    variant = class_at(config.model.class_path)
    check_kind(variant, data)
    _check_labels(variant, config, facts)
    if facts.get("scale", 1) != 1 and "scale" not in config.model.init_args:
        raise UserError(
            f"data.scale: {facts['scale']} makes images smaller than what is to be made of them, and "
            f"{variant.__name__} makes images of the size that it is given; take another variant or data.degradation"
        )
    if "scale" in config.model.init_args and "scale" not in facts:
        raise UserError(
            f"data: {facts['name']} has no small images beside large ones, and {variant.__name__} learns to enlarge; "
            "take --data Degraded, which makes any images small"
        )
    typed_arguments = dict((typed.get("model.init_args") or Namespace()).items())
    arguments, usual = config.model.init_args, plugins.defaults(variant)
    for name in facts.keys() & arguments.keys():
        if name == "num_classes" and not arguments[name] and not typed_arguments.get(name):
            continue  # 0 is the user's choice, whatever the data: the variant works without classes
        if typed_arguments.get(name, facts[name]) != facts[name]:
            if_asked = name == "num_classes" and not usual[name]  # without it, no classes would be learned
            way = f"take {facts[name]}" if if_asked else f"leave it out ({name} comes from --data)"
            raise UserError(f"model.{name}: {typed_arguments[name]} was typed, but the data has {facts[name]}; {way}")
        arguments[name] = facts[name]
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


def class_at(path: str) -> type:
    """The class of a path that the user typed."""
    module, _, name = path.rpartition(".")
    return cast(type, getattr(importlib.import_module(module), name))
