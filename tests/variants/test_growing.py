"""Networks that grow by the images shown: when, with which batches and rates, and that a resumed run does the same."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch.nn.functional import avg_pool2d, interpolate

from gan_cli.callbacks.run_length import RunLength
from gan_cli.errors import UserError
from gan_cli.networks.stages import Stage
from gan_cli.portions import Portion
from gan_cli.variants import ProgressiveGAN, StyleGAN
from gan_cli.variants.growing import Growth
from gan_cli.variants.schedules import Length
from tests.conftest import quiet
from tests.toys import FewDigits, batch_for
from tests.variant_rows import GROWN, STYLED_GROWN

KINDS: dict[type[Any], dict[str, Any]] = {ProgressiveGAN: {}, StyleGAN: STYLED_GROWN}
BATCHES = 12
STOPS = (3, 6, 10)
"""After so many batches of the run below, a fade has just begun, is in its middle, and has ended."""


def growth(image_size: int = 32, start: int = 4, kimg: tuple[float, float] = (0.2, 0.1), **lists: Any) -> Growth:
    multiples, factors = lists.get("multiples", ()), lists.get("factors", ())
    return Growth.checked(image_size, start, kimg, multiples, factors, usual={32: 1.5})


def test_sizes_follow_each_other_with_a_fade_between() -> None:
    grown = growth(16)
    expected = {
        0: Stage(4),
        200: Stage(4),
        201: Stage(8, 0.01),
        250: Stage(8, 0.5),
        299: Stage(8, 0.99),
        300: Stage(8),
        550: Stage(16, 0.5),
        600: Stage(16),
        10**9: Stage(16),
    }
    assert {shown: grown.stage(shown) for shown in expected} == expected


def test_sizes_may_change_at_once_or_always_fade_or_stay() -> None:
    assert [growth(16, kimg=(0.2, 0)).stage(shown) for shown in (199, 200, 400)] == [Stage(4), Stage(8), Stage(16)]
    assert [growth(16, kimg=(0, 0.2)).stage(shown) for shown in (0, 50, 200)] == [Stage(4), Stage(8, 0.25), Stage(8)]
    assert growth(16, 16, kimg=(0, 0)).stage(0) == Stage(16)


def test_batches_and_rates_are_the_authors_unless_they_are_typed() -> None:
    grown = growth(32)
    assert [grown.at(shown) for shown in (0, 201, 501, 801)] == [
        Portion(2, 8),
        Portion(2, 4),
        Portion(2, 2),
        Portion(1, 1),
    ]
    assert [grown.factor(shown) for shown in (0, 801)] == [1, 1.5]
    assert growth(1024).multiples == (32, 32, 32, 16, 8, 4, 2, 1, 1)
    typed = growth(16, multiples=(4, 2, 1), factors=(0.5,))
    assert (typed.multiples, typed.factors) == ((4, 2, 1), (0.5, 0.5, 0.5))


@pytest.mark.parametrize("kimg", [(0.2, 0.1), (0.2, 0), (0, 0.13)])
@pytest.mark.parametrize("shown", [0, 77, 200, 640])
@pytest.mark.parametrize("more", [1, 100, 1234])
def test_how_many_batches_are_left_is_what_counting_gives(kimg: tuple[float, float], shown: int, more: int) -> None:
    grown = growth(32, kimg=kimg, multiples=(5, 3, 2, 1))
    counted, place = 0, shown
    while place < shown + more:
        counted, place = counted + 1, place + 7 * grown.at(place).multiple
    assert grown.batches(shown, more, at_once=7) == counted


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"image_size": 28}, "image_size: 28 is not possible here; take a power of two from 8 to 1,024"),
        ({"start_size": 6}, "model.start_size: 6 is not possible; take a value that is a power of two from 4 to"),
        ({"start_size": 32}, "model.start_size: 32 is not possible"),
        (
            {"stable_kimg": 0.0, "fade_kimg": 0.0},
            "model.stable_kimg: 0.0 is not possible; take a value above 0, or fade",
        ),
        ({"batch_multiples": (1, 2, 3)}, r"model.batch_multiples: \(1, 2, 3\) .* with 2 numbers, for the sizes 8, 16"),
        ({"rate_factors": (1.0, 1.0, 1.0)}, r"model.rate_factors: \(1.0, 1.0, 1.0\) is not possible"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_grown_is_refused(kind: type[Any], arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told) as caught:
        kind(**{**GROWN, **KINDS[kind], **arguments})
    assert len(str(caught.value).splitlines()) == 1


class Seen(Callback):
    """Notes each batch's shape, the learning rates, and how many steps Adam's averages have seen after it.

    Saves the run in the middle of the fade, and where it begins and ends.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shapes: list[tuple[int, ...]] = []
        self.rates: list[float] = []
        self.steps: list[int] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.shapes.append(tuple(batch.images.shape[i] for i in (0, 3)))
        for optimizer in trainer.optimizers:
            self.rates.append(optimizer.param_groups[0]["lr"])
            self.steps.append(max((int(kept["step"]) for kept in optimizer.state.values()), default=0))
        if trainer.global_step in STOPS:
            trainer.save_checkpoint(self.folder / f"{trainer.global_step}.ckpt")


def fit(
    kind: type[Any],
    folder: Path,
    batches: int = BATCHES,
    resume: Path | None = None,
    callbacks: Sequence[Callback] = (),
    **arguments: Any,
) -> Any:
    torch.manual_seed(0)
    model = kind(**{**GROWN, **KINDS[kind], **arguments})
    trainer = quiet(folder, max_steps=batches, log_every_n_steps=100, callbacks=list(callbacks))
    trainer.fit(model, FewDigits(image_size=16, batch_size=16), ckpt_path=resume)
    return model


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[type[Any]], tuple[Any, Seen, Path]]:
    """Trains each kind once."""
    known: dict[type[Any], tuple[Any, Seen, Path]] = {}

    def trained(kind: type[Any]) -> tuple[Any, Seen, Path]:
        if kind not in known:
            folder = tmp_path_factory.mktemp("growing")
            seen = Seen(folder)
            known[kind] = fit(kind, folder, callbacks=[seen]), seen, folder
        return known[kind]

    return trained


@pytest.mark.parametrize("kind", KINDS)
def test_data_rates_and_averages_follow_the_size(kind: type[Any], run: Callable[..., Any]) -> None:
    model, seen, _ = run(kind)
    assert seen.shapes == [(32, 8)] * 3 + [(16, 16)] * 9
    assert seen.rates[::2] == seen.rates[1::2] == [1e-3] * 3 + [5e-4] * 9
    assert seen.steps[::2] == seen.steps[1::2] == [1, 2, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2]
    assert model.stage == Stage(16)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stop", STOPS)
def test_a_resumed_run_is_the_same_bit_for_bit(
    kind: type[Any], stop: int, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _, folder = run(kind)
    monkeypatch.setenv("PL_GLOBAL_SEED", "99")
    resumed = fit(kind, tmp_path, resume=folder / f"{stop}.ckpt")
    assert all(torch.equal(resumed.state_dict()[name], value) for name, value in whole.state_dict().items())


def test_what_was_compiled_for_one_size_makes_room_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch keeps eight versions of a function, two or more for each of up to 17 stages, and runs others plainly."""
    forgotten: list[int] = []
    monkeypatch.setattr("gan_cli.variants.base.compile_in_place", lambda *_: None)
    monkeypatch.setattr(torch.compiler, "reset", lambda: forgotten.append(1))
    fit(ProgressiveGAN, tmp_path, compile=True)
    assert len(forgotten) == 2


def test_rates_that_fall_do_so_beside_those_of_the_sizes(tmp_path: Path) -> None:
    seen = Seen(tmp_path)
    fit(StyleGAN, tmp_path, 5, lr_decay_end=10, callbacks=[seen])
    assert seen.rates[::2] == pytest.approx([1e-3, 9e-4, 8e-4, 3.5e-4, 3e-4])


def test_a_length_in_images_ends_where_they_have_been_shown(tmp_path: Path) -> None:
    ends = RunLength(Length(0.24, "kimg"))
    model = fit(ProgressiveGAN, tmp_path, -1, callbacks=[ends])
    assert (model.counters.images, model.counters.batches) == (240, 12)  # 3 of 32, and 9 of 16


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_those_at_images_of_the_last_size(kind: type[Any]) -> None:
    """As the authors' networks have them, which take images with repeated pixels."""
    model = kind(**{**GROWN, **KINDS[kind]})
    batch = batch_for(model)
    small = avg_pool2d(batch.images, 2)
    large = interpolate(small, scale_factor=2).requires_grad_()
    outputs = model.discriminator(avg_pool2d(large, 2), stage=Stage(8))
    (gradient,) = torch.autograd.grad(outputs.sum(), large)
    lengths = gradient.flatten(1).norm(dim=1)
    if kind is StyleGAN:
        assert model.discriminator_losses(batch)["r1"].item() == pytest.approx(5 * lengths.square().mean().item())
    else:
        model.fakes = lambda *_: small  # so that all that lies between is one of the two
        penalty = model.discriminator_losses(batch)["penalty"]
        assert penalty.item() == pytest.approx(10 * (lengths - 1).square().mean().item(), rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_have_the_last_size_with_repeated_pixels(kind: type[Any]) -> None:
    model = kind(**{**GROWN, **KINDS[kind]}).eval()
    pictures = model(torch.randn(2, 8))
    assert pictures.shape == (2, 1, 16, 16)
    assert torch.equal(pictures, interpolate(pictures[..., ::2, ::2], scale_factor=2))


def test_truncation_leaves_the_fine_layers_alone() -> None:
    model: Any = StyleGAN(
        **{**GROWN, **STYLED_GROWN, "image_size": 64, "batch_multiples": (1,), "rate_factors": (1.0,)}
    )
    model.double().eval().counters.images = 10**6  # normalised maps of few pixels make much of float32's rounding
    styles = torch.randn(2, 10, 8, dtype=torch.float64)
    model.ema.network.mean_style.normal_()
    expected = styles.clone()
    expected[:, :8] = 0.3 * styles[:, :8] + 0.7 * model.ema.network.mean_style
    assert torch.allclose(model(styles, truncation_psi=0.3), model(expected), atol=1e-9)


def test_styles_cross_over_below_the_size_at_hand() -> None:
    model: Any = StyleGAN(**{**GROWN, **STYLED_GROWN, "style_mixing": 1.0})
    batch_for(model)
    for step in range(8):
        model._place = model._place._replace(step=step)
        styles = model.training_styles("generator")
        assert not torch.equal(styles[:, 0], styles[:, 3])  # 4 layers for images of 8 pixels
