"""A model with a second latent space: walks and sums in either, by the command and in Python."""

from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import pytest
import torch
from lightning.pytorch import Trainer
from PIL import Image
from torch import Tensor, nn

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.batches import ImageBatch
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.latents import Method, seeded_latents, walk
from gan_cli.media.pictures import to_uint8
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.variants.base import Losses
from gan_cli.variants.latent import LatentModule, Space
from tests.toys import FewDigits, ToyDiscriminator

SIZE, LAYERS, WIDTH = 16, 2, 3
METHODS: tuple[Method, ...] = ("slerp", "lerp")


class StyledGenerator(nn.Module):
    """Latents [N, Z] become styles [N, L, W], one layer's for the upper half and one's for the lower."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(latent_dim, LAYERS * WIDTH), nn.Tanh(), nn.Unflatten(1, (LAYERS, WIDTH)))
        self.synthesis = nn.Linear(WIDTH, SIZE * SIZE // LAYERS)

    def forward(self, latents: Tensor) -> Tensor:
        styles = latents if latents.ndim == 3 else self.mapping(latents)
        return torch.tanh(self.synthesis(styles)).view(-1, 1, SIZE, SIZE)


class StyledToy(LatentModule):
    """Makes images in two steps."""

    SPACES: ClassVar[tuple[Space, ...]] = ("z", "w")

    def __init__(self, latent_dim: int = 4) -> None:
        super().__init__(latent_dim, generator_lr=1e-2, discriminator_lr=1e-2, ema_decay=0.9)
        self.generator = StyledGenerator(latent_dim)
        self.discriminator = ToyDiscriminator(SIZE)
        self.finish_players()

    def styles(self, latents: Tensor, ema: bool = True, labels: Tensor | None = None) -> Tensor:
        return cast(Tensor, cast(StyledGenerator, self.picture_maker(ema)).mapping(latents))

    def discriminator_losses(self, batch: ImageBatch) -> Losses:
        return {"adversarial": discriminator_cross_entropy(*self.judged(batch))}

    def generator_losses(self, batch: ImageBatch) -> Losses:
        return {"adversarial": non_saturating_generator_loss(self.judged_fakes())}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("styled") / "styled.ckpt"
    silent: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}
    trainer = Trainer(accelerator="cpu", max_steps=3, limit_val_batches=0, **silent)
    trainer.fit(StyledToy(), FewDigits(image_size=SIZE, batch_size=16))
    trainer.save_checkpoint(path)
    return path


@pytest.fixture
def styled(saved: Path) -> TrainedGAN:
    return load(saved, module=__name__)


def gan(verb: str, saved: Path, *words: str) -> int:
    return main([verb, "--ckpt", str(saved), "--module", __name__, "--trainer.accelerator", "cpu", *words])


def test_a_walk_is_in_the_space_asked_for_and_usually_in_w(styled: TrainedGAN) -> None:
    ends = styled.sample(2, seed=4)
    walks = {space: styled.interpolate([4, 5], steps=5, space=space) for space in (None, "w", "z")}
    assert walks[None].equal(walks["w"])
    assert not walks["z"].equal(walks["w"])
    for images in walks.values():
        assert int((images[[0, -1]].int() - ends.int()).abs().max()) <= 1
    model: Any = styled.model
    with torch.no_grad():
        straight = walk(model.styles(seeded_latents([4, 5], 4, "normal")), 5, "lerp", loop=False)
        assert walks["w"].equal(to_uint8(model(straight)))


def test_arcs_are_possible_in_either(styled: TrainedGAN) -> None:
    arcs, lines = (styled.interpolate([4, 5], steps=5, space="w", method=method) for method in METHODS)
    assert arcs.shape == lines.shape
    assert not arcs.equal(lines)


def test_styles_are_those_of_the_generator_asked_for(styled: TrainedGAN) -> None:
    latents = seeded_latents([0, 1], 4, "normal")
    model: Any = styled.model
    with torch.no_grad():
        for ema in (True, False):
            assert model(model.styles(latents, ema), ema=ema).equal(model(latents, ema=ema))
        assert not model.styles(latents, True).equal(model.styles(latents, False))


def test_concepts_are_added_in_the_space_asked_for(styled: TrainedGAN) -> None:
    sums = {space: styled.arithmetic([[1, 2], [3]], [[4, 5]], space=space) for space in (None, "w", "z")}
    assert sums[None].equal(sums["w"])
    assert not sums["z"][4].equal(sums["w"][4])
    model: Any = styled.model
    with torch.no_grad():
        styles = model.styles(seeded_latents(range(1, 6), 4, "normal"))
        result = styles[:2].mean(0) + styles[2] - styles[3:].mean(0)
        assert sums["w"][4].equal(to_uint8(model(result[None]))[0])


@pytest.mark.parametrize("verb", ["interpolate", "arithmetic"])
def test_the_command_works_in_both_spaces(verb: str, saved: Path, workdir: Path) -> None:
    words = {"interpolate": ("--walks", "2", "--steps", "4"), "arithmetic": ("--plus", "1,2", "--minus", "3")}[verb]
    for space in ("z", "w"):
        assert gan(verb, saved, *words, "--space", space, "--output", f"{space}.png") == 0
    assert gan(verb, saved, *words, "--output", "usual.png") == 0
    z, w, usual = (np.array(Image.open(f"{name}.png")) for name in ("z", "w", "usual"))
    assert np.array_equal(w, usual)
    assert not np.array_equal(w, z)


def test_another_space_is_refused_in_a_line(
    saved: Path, checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gan("interpolate", saved, "--space", "s") == 2
    assert main(["interpolate", "--ckpt", str(checkpoint), "--space", "w"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "gan: space: StyledToy has no space s; take z or w",
        "gan: space: DCGAN has no space w; take z",
    ]
