"""Every number that can be typed has a range, and what lies outside is refused by its name: found by walking through
the signatures of all variants, data sets and callbacks, and the options of all verbs, so that a new one is held too."""

from collections.abc import Iterator, Mapping
from math import inf, nan
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import pytest
from jsonargparse import Namespace

from gan_cli import plugins, ranges
from gan_cli.__main__ import main
from gan_cli.callbacks.evaluation import Evaluation
from gan_cli.callbacks.loggers import Wandb
from gan_cli.callbacks.run_checkpoint import RunCheckpoint
from gan_cli.callbacks.sample_grid import SampleGrid
from gan_cli.callbacks.watchdog import Watchdog
from gan_cli.command.mistakes import check_ranges
from gan_cli.command.parser import Parser
from gan_cli.data import CIFAR10, Digits, GANDataModule
from gan_cli.devices import memory
from gan_cli.errors import UserError
from gan_cli.inference.api import TrainedGAN
from gan_cli.ranges import Range
from gan_cli.variants import DCGAN, AdversarialModule
from gan_cli.verbs import VERBS, verb
from tests.conftest import TINY_DCGAN, TINY_FLAGS

CALLBACKS = (RunCheckpoint, SampleGrid, Evaluation, Watchdog, Wandb)


class Number(NamedTuple):
    """An argument that is a number, or several."""

    of: type
    name: str
    kind: Any


def numbers(kinds: list[type]) -> list[Number]:
    return [
        Number(kind, name, type_)
        for kind in kinds
        for name, type_ in ranges.declared(kind).items()
        if name in plugins.defaults(kind) and bases(type_)
    ]


def bases(kind: Any) -> set[type]:
    """The kinds of numbers in a type: int, float."""
    parts = get_args(kind)
    return {kind} & {int, float} if not parts else set.union(set(), *map(bases, parts))


def range_of(kind: Any) -> Range | None:
    if get_origin(kind) is Annotated:
        return next((part for part in get_args(kind)[1:] if isinstance(part, Range)), None)
    return next((found for part in get_args(kind) if (found := range_of(part))), None)


def outside(kind: Any) -> Iterator[Any]:
    """Values that are no good: beyond both ends, not finite, not whole, no number at all, and too few of them."""
    allowed = range_of(kind)
    assert allowed is not None
    wrong = [nan, inf, -inf, 10**30, -(10**30), "5", True, allowed.low - 1, allowed.high + 1]
    wrong += [allowed.low] if allowed.without in ("low", "both") else []
    wrong += [allowed.high] if allowed.without in ("high", "both") else []
    wrong += [allowed.low + 0.5] if bases(kind) == {int} else []
    if Ellipsis in get_args(kind):  # a list of any length
        yield from [allowed.low, *((one,) for one in wrong)]
    elif dict in (get_origin(part) for part in (kind, *get_args(kind))):
        yield from [*wrong, *({"name": one} for one in wrong)]
    elif get_origin(kind) is tuple:
        good, length = (allowed.low + allowed.high) / 2, len(get_args(kind))
        yield from [(), good, (good,) * (length - 1), (good,) * (length + 1)]
        for place in range(length):
            yield from ((*(good,) * place, one, *(good,) * (length - 1 - place)) for one in wrong)
    else:
        yield from [*wrong, *([] if NoneType in get_args(kind) else [None])]


EVERYTHING = [*plugins.classes(AdversarialModule), *plugins.classes(GANDataModule), *CALLBACKS]


@pytest.mark.parametrize("kind", EVERYTHING, ids=lambda kind: str(kind.__name__))
def test_every_number_has_a_range_and_what_lies_outside_is_refused_by_its_name(kind: type) -> None:
    for _, name, type_ in numbers([kind]):
        assert range_of(type_) is not None, f"{kind.__name__}.{name} is a number without a range"
        for value in outside(type_):
            with pytest.raises(UserError, match=rf"^{name}: .* is not possible; take a ") as caught:
                ranges.check_one(name, type_, value)
            assert len(str(caught.value).splitlines()) == 1
        with pytest.raises(ValueError, match=rf"\.{name}: "):  # the class holds to its types
            kind(**{name: nan})


@pytest.mark.parametrize("kind", [Range(1, 5), Range(0, 1, "low"), Range(0, 1, "high"), Range(0, 1, "both")], ids=repr)
def test_the_ends_of_a_range(kind: Range) -> None:
    assert (kind.low in kind) == (kind.without not in ("low", "both"))
    assert (kind.high in kind) == (kind.without not in ("high", "both"))
    assert (kind.low + kind.high) / 2 in kind
    assert nan not in kind
    DCGAN(**TINY_DCGAN, generator_lr=100, ema_decay=0)  # whole numbers are numbers


def test_every_number_of_a_verb_has_a_range_and_what_lies_outside_is_refused_by_its_name() -> None:
    seen = 0
    for name in VERBS:
        parser = Parser(prog=f"gan {name}")
        if (add_options := verb(name).add_options) is not None:
            add_options(parser)
        for action in parser._actions:
            kind = getattr(action, "_typehint", None)
            if not bases(kind) or action.dest.startswith(("data.", "trainer.")):
                continue
            seen += 1
            assert range_of(kind) is not None, f"gan {name} --{action.dest} is a number without a range"
            for value in outside(kind):
                if value is None:
                    continue
                with pytest.raises(UserError, match=rf"^{action.dest}: .* is not possible; take a "):
                    check_ranges(parser, nested(action.dest, value))
    assert seen > 20


def nested(name: str, value: Any) -> Namespace:
    settings = Namespace()
    settings[name] = value
    return settings


TOO_LONG = "9" * 5_000
"""Python makes no number of so many digits."""

TYPED = [
    (["--model.generator_lr", "nan"], "model.generator_lr: nan is not possible"),
    (["--model.generator_lr", ".inf"], "model.generator_lr: inf is not possible; take a number above 0 and up to 100"),
    (["--model.generator_lr", "1e-400"], "model.generator_lr: 0.0 is not possible"),
    (["--model.n_critic", "1.5"], "model.n_critic: 1.5 is not possible; take a whole number from 1 to 1,000"),
    (["--model.n_critic", TOO_LONG], "model.n_critic: 9999"),
    (["--model.adam_betas", "[]"], "model.adam_betas: [] is not possible; take a list such as [A,B], each a number"),
    (["--model.adam_betas", "[0.5, .nan]"], "model.adam_betas: (0.5, nan) is not possible"),
    (["--model.base_channels", "30000"], "model: "),
    (["--model.base_channels", "65536"], "model: "),
    (["--data.batch_size", "1000000"], "data.batch_size: 1000000 is more than the 1437 images of Digits"),
    (["--seed_everything", str(2**70)], "seed_everything: 1180591620717411303424 is not possible"),
    (["--samples.num", str(10**9)], "samples.num: 1000000000 is not possible; take a whole number from 1 to 10,000"),
    (["--evaluation.num", "0"], "evaluation.num: 0 is not possible"),
]


@pytest.mark.parametrize(
    ("words", "said"), TYPED, ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else ""
)
def test_numbers_that_are_typed_get_a_short_answer(
    workdir: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "1", *words]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"gan: {said}")
    assert len(told.splitlines()) <= 3
    assert not list(workdir.iterdir())


def test_what_the_memory_cannot_hold_is_refused_before_it_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    with memory.room_for_weights():
        DCGAN(**TINY_DCGAN)
    monkeypatch.setattr(memory, "memory", lambda: 10_000)
    said = r"^model: the networks' weights, .* of memory\nTake a lower --model"
    with pytest.raises(UserError, match=said), memory.room_for_weights():
        DCGAN(**TINY_DCGAN)
    DCGAN(**TINY_DCGAN)  # outside nothing is counted
    with pytest.raises(UserError, match=r"^data.image_size: 1,437 images of 1024 pixels take .*\nTake a lower one"):
        Digits(image_size=1024).setup("fit")
    with pytest.raises(UserError, match=r"^data.image_size: batches of 64 with images of 32 pixels"):
        CIFAR10(batch_size=64)._check_batch_size(10_000)


def test_the_python_side_refuses_as_the_command_does(checkpoint: Path) -> None:
    trained = TrainedGAN(checkpoint)
    calls: dict[str, Mapping[str, Any]] = {
        "num: 0": {"num": 0},
        "num: 2.5": {"num": 2.5},
        "seed: -1": {"num": 1, "seed": -1},
        "batch_size: 0": {"num": 1, "batch_size": 0},
        "truncation_psi: -inf": {"num": 1, "truncation_psi": -inf},
    }
    for said, arguments in calls.items():
        with pytest.raises(ValueError, match=rf"^{said} is not possible; take a"):
            trained.sample(**arguments)
    with pytest.raises(ValueError, match=r"^seeds: .* is not possible"):
        trained.interpolate([0, -1])
    with pytest.raises(ValueError, match=r"^steps: 1 is no walk"):
        trained.interpolate([0, 1], steps=1)
    with pytest.raises(ValueError, match=r"^steps: nan is not possible"):
        trained.interpolate([0, 1], steps=nan)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^plus: .* is not possible"):
        trained.arithmetic([[0.5]])  # type: ignore[list-item]
