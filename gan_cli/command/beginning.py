"""A run that begins with the weights of another (`--init`): which settings it has from there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jsonargparse import Namespace

from gan_cli import plugins
from gan_cli.command.choices import Choices
from gan_cli.command.resuming import FREE
from gan_cli.inference import checkpoints
from gan_cli.variants.base import RECORD

OPTION = "--init"
SIZES = ("image_size", "batch_size")
"""What any data set can have from the other run's."""
LISTED = 12
"""At most this many new layers are told; the run's report has them all."""


def with_variant(words: Sequence[str], chosen: Choices) -> list[str]:
    """The words, with the other run's variant where they choose none.

    Raises:
        UserError: If the checkpoint cannot be read, or its variant is not known.
    """
    words = list(words)
    if "model" in chosen.classes or not (typed := _typed(words)):
        return words
    variant = checkpoints.variant_class(read(typed)[RECORD], Path(typed), chosen.modules)
    return [*words[:1], "--model", plugins.path_of(variant), *words[1:]]


def read(typed: str) -> dict[str, Any]:
    """The content of the other run's checkpoint.

    Raises:
        UserError: If it cannot be read.
    """
    return checkpoints.read(checkpoints.resolve(typed, option="init"), option="init")


def said(origin: dict[str, Any]) -> str:
    """What a run began with, in one to three lines."""
    names = origin["new"]
    more = f", and {len(names) - LISTED:,} more (in the report)" if len(names) > LISTED else ""
    new = [f"new: {', '.join(names[:LISTED])}{more}"] if names else []
    differing = [f"settings that differ: {origin['differing']}"] if origin["differing"] else []
    return "\n".join([f"begun with {origin['told']}", *new, *differing])


def settle(config: Namespace, typed: Namespace) -> None:
    """Names the file that is meant, so that a run which is gone on with knows it again."""
    for settings in (config, typed):
        if settings.get("init") and Path(settings["init"]).is_dir():
            settings["init"] = str(checkpoints.located(settings["init"], option="init"))


def inherit(content: dict[str, Any], config: Namespace, typed: Namespace) -> None:
    """Gives a new run the other's settings where nothing else was typed: of the data `SIZES`, of the same variant all.

    Args:
        content: The other run's checkpoint.
        config: The settings, which are changed.
        typed: Those that were typed.
    """
    of_data = content.get("datamodule_hyper_parameters", {})
    _fill("data", {name: of_data[name] for name in SIZES if name in of_data}, config, typed)
    if content[RECORD]["variant"] == config.model.class_path.rpartition(".")[2]:
        of_model = content["hyper_parameters"]
        _fill("model", {name: of_model[name] for name in of_model if f"model.{name}" not in FREE}, config, typed)


def _fill(part: str, values: dict[str, Any], config: Namespace, typed: Namespace) -> None:
    """Sets those of the arguments that there are and that were not typed."""
    arguments, said = config[part].init_args, typed.get(f"{part}.init_args") or Namespace()
    for name, value in values.items():
        if name in arguments and name not in said:
            arguments[name] = value


def _typed(words: Sequence[str]) -> str:
    """The value of the last `--init`; "" where there is none."""
    found = ""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if option == OPTION:
            found = value if equals else following
    return found
