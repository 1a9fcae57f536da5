"""The shortest form of a documented command: all that is typed, and beside it what makes it one of moments."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import yaml

from gan_cli.command import catalogue
from gan_cli.command.choices import config_path
from tests.command.test_configs import OVERLAYS, shrinking
from tests.conftest import TINY_FLAGS

FEATURES = "pixels.pt"
"""A network whose features are pixels, for what would train or fetch one."""

QUICK: dict[str, dict[str, str]] = {
    "test": {"--num": "20"},
    "evaluate": {"--num": "20"},
    "neighbours": {"--num": "4", "--samples": "20"},
    "project": {"--steps": "2"},
    "directions": {"--steps": "3"},
}
"""Flags that make a verb quick, where they are not typed already."""

FEW_AND_BAD = {"--per_class": "4", "--confidence": "1e-40"}
"""What `gan augment` is content with in place of what is typed, of a model that has learned nothing."""
IN_PYTHON = {"per_class=100, confidence=0.9": "per_class=4, confidence=1e-40"}
"""The same, and whatever else is shorter in Python than it is written."""

SCORED = ("--metrics", "means", "--num", "20", "--features", FEATURES)
"""How a sweep scores its runs."""

SHORTER: dict[str, dict[str, str]] = {
    "IcGAN": {"--model.gan_steps": "1"},
    "VQTransformer": {"--data.image_size": "32"},
}
"""Further flags of a variant: a phase behind which it is of use, the size of its first stage."""


def shortest(words: list[str]) -> list[str]:
    """A command that takes moments, of the words that follow `gan`."""
    verb, *rest = words
    if verb == "fit" and "--help" not in rest:
        return ["fit", *fit(rest)]
    if verb == "sweep":
        seeds = rest.index("--seeds")
        return ["sweep", *fit([*rest[:seeds], *rest[seeds + 2 :]]), "--seeds", "0-1", *SCORED]
    if verb == "augment":
        return [*words, *flat({name: value for name, value in FEW_AND_BAD.items() if name in rest})]
    added = QUICK.get(verb, {})
    if verb == "sample" and "--size" in rest:
        added = {"--num": "2"}  # of more codes than in training, which are drawn one after the other
    if any("50k" in word for word in rest):
        added = {}  # which says itself how many
    return [*words, *flat({name: value for name, value in added.items() if name not in rest})]


def shortest_python(block: str) -> str:
    """Python that takes moments."""
    for written, short in IN_PYTHON.items():
        block = block.replace(written, short)
    return block


def fit(words: list[str]) -> list[str]:
    """What is typed behind `gan fit` and what makes it small: what is typed wins, but for the length."""
    typed = {word.partition("=")[0] for word in words}
    flags = {name: value for name, value in small(words).items() if name not in typed}
    steps = "4" if "--ckpt_path" in words else "2"
    return [*flat(flags), *words, "--trainer.max_steps", steps]


def small(words: list[str]) -> dict[str, str]:
    """Flags that make the run that `gan fit` would begin small, by their names."""
    chosen = settings(words)
    if not {chosen["model"], chosen["data"]} <= {*catalogue.variants(), *catalogue.data_sets()}:
        return by_name(TINY_FLAGS[6:])  # of the user's own, which are small
    flags = {"--data.num_workers": "0", **shrunk(words), **SHORTER.get(chosen["model"], {})}
    if "--init" in words and "--config" not in words:  # the networks are those of the weights
        flags = {name: value for name, value in flags.items() if not name.startswith("--model.")}
        del flags["--data.image_size"]
    if any(word.startswith("--data.") and word.endswith("root") for word in words):
        flags["--data.batch_size"] = "4"  # of the few files that a page's folder has
    return flags


def settings(words: list[str]) -> dict[str, str]:
    """The names of the variant and of the data set that are typed, or named by a config."""
    told = merged(words)
    return {kind: told[kind]["class_path"] for kind in ("model", "data")}


def shrunk(words: list[str]) -> dict[str, str]:
    """What shrinks a config with the same content, by name."""
    file = Path("merged.yaml")
    file.write_text(yaml.safe_dump(merged(words)), "utf-8")
    try:
        return by_name(shrinking(file))
    finally:
        file.unlink()


def merged(words: list[str]) -> dict[str, Any]:
    """The configs that are typed in one, with the classes that are typed themselves."""
    told: dict[str, Any] = {"model": "DCGAN", "data": "Digits"}
    for word, name in pairwise(words):
        if word == "--config" and name not in OVERLAYS:
            told |= yaml.safe_load(config_path(name).read_text("utf-8"))
    told |= {word[2:]: name for word, name in pairwise(words) if word in ("--model", "--data")}
    for kind in ("model", "data"):
        if isinstance(told[kind], str):
            told[kind] = {"class_path": told[kind]}
    return told


def by_name(flags: list[str]) -> dict[str, str]:
    """The values of flags."""
    return dict(zip(flags[::2], flags[1::2], strict=True))


def flat(flags: dict[str, str]) -> list[str]:
    """The words of flags."""
    return [word for flag in flags.items() for word in flag]


def write_features() -> None:
    """Writes `FEATURES` into the current folder: pixels at 4x4, of one channel."""

    class Pixels(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.adaptive_avg_pool2d(images.float().mean(1, keepdim=True), 4).flatten(1)

    torch.jit.save(torch.jit.trace(Pixels(), torch.zeros(1, 1, 16, 16)), FEATURES)
