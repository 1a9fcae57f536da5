"""Three users with variants, data sets and media of their own: each has a folder with nothing else in it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from gan_cli.variants import AdversarialModule

FOLDERS = [str(Path(__file__).parent / name) for name in ("video", "trajectories", "voxels")]
sys.path[:0] = FOLDERS  # each user works in one, and the current folder comes first

FAST = "--trainer.accelerator cpu --trainer.enable_progress_bar false"
CADENCE = (
    "--trainer.max_steps 8 --checkpoint.every_n_steps 4 --samples.every_n_steps 4 --evaluation.every_n_steps 4 "
    "--evaluation.num 20 --trainer.val_check_interval 4 --trainer.log_every_n_steps 2"
)


class Plugin(NamedTuple):
    """What one user has made.

    Attributes:
        variant: The class of the variant.
        data: That of the data set.
        modules: Where they are, the variant's first.
        field: What is made, a field of the batches.
        tiny: What makes a training of it a matter of seconds.
        shape: Of one thing that is made, as it is kept.
        dtype: Of the same.
    """

    variant: str
    data: str
    modules: tuple[str, str]
    field: str
    tiny: str
    shape: tuple[int, ...]
    dtype: torch.dtype

    def words(self, verb: str) -> list[str]:
        """A verb with this user's modules, and for `fit` with all that is small."""
        named = [word for name in self.modules for word in ("--module", name)]
        if verb != "fit":
            return [verb, *named]
        classes = ["--model", self.variant, "--data", self.data]
        return [verb, *named, *classes, *self.tiny.split(), *FAST.split(), "--data.batch_size", "16"]


PLUGINS = (
    Plugin(
        "VideoGAN",
        "RollingDigits",
        ("video_gan", "moving_digits"),
        "videos",
        "--data.num_frames 4 --model.base_channels 4 --model.latent_dim 8 --model.n_critic 2",
        (1, 4, 16, 16),
        torch.uint8,
    ),
    Plugin(
        "TrajectoryGAN",
        "Walks",
        ("trajectory_gan", "walks"),
        "future",
        "--data.future_steps 5 --model.hidden_dim 8 --model.guesses 3 --model.ema_decay 0.9 --model.n_critic 2",
        (5, 2),
        torch.float32,
    ),
    Plugin(
        "VolumeGAN",
        "Shapes",
        ("voxel_gan", "shapes"),
        "volumes",
        "--data.volume_size 8 --model.base_channels 4 --model.latent_dim 8 --model.n_critic 2",
        (1, 8, 8, 8),
        torch.uint8,
    ),
)


class Numbers(nn.Module):
    """Features of things of any kind: a few of their numbers."""

    def forward(self, things: Tensor) -> Tensor:
        rows = things.flatten(1).float()
        return torch.stack([rows.mean(1), rows.std(1), rows[:, 0], rows[:, rows.shape[1] // 2]], dim=1)


class Training(NamedTuple):
    """A user's one training, by the command.

    Attributes:
        plugin: Whose.
        cli: The command as it ended, with the live model and the data set.
        run: The run's folder.
        descents: Who descended, in order.
        wrong: What a descent moved that it should not have moved, or left where it was.
        second: The weights after two batches.
    """

    plugin: Plugin
    cli: Any
    run: Path
    descents: list[str]
    wrong: list[str]
    second: dict[str, Tensor]

    @property
    def last(self) -> Path:
        """The last checkpoint."""
        return self.run / "last.ckpt"


@pytest.fixture(scope="session")
def features(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A TorchScript file that measures whatever there is."""
    path = tmp_path_factory.mktemp("features") / "numbers.pt"
    with pytest.warns((FutureWarning, DeprecationWarning)):
        torch.jit.script(Numbers()).save(str(path))
    return str(path)


@pytest.fixture(scope="session")
def train_once(tmp_path_factory: pytest.TempPathFactory, features: str) -> Callable[[Plugin], Training]:
    """Trains a plug-in when it is first asked for."""
    known: dict[str, Training] = {}

    def trained(plugin: Plugin) -> Training:
        if plugin.variant not in known:
            known[plugin.variant] = _trained(plugin, tmp_path_factory.mktemp(plugin.variant), features)
        return known[plugin.variant]

    return trained


@pytest.fixture(params=PLUGINS, ids=lambda plugin: plugin.variant)
def training(request: pytest.FixtureRequest, train_once: Callable[[Plugin], Training]) -> Training:
    return train_once(request.param)


def _trained(plugin: Plugin, folder: Path, features: str) -> Training:
    from gan_cli.command.cli import GANCLI

    descents: list[str] = []
    wrong: list[str] = []
    second: dict[str, Tensor] = {}
    descend = AdversarialModule._descend

    def watched(model: Any, player: str, *rest: Any) -> None:
        if model.counters.batches == 2 and not second:
            second.update(weights(model))
        before = weights(model)
        descend(model, player, *rest)
        wrong.extend(f"{len(descents)}, {player}: {what}" for what in _faults(model, player, before))
        descents.append(player)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AdversarialModule, "_descend", watched)
        places = ["--trainer.default_root_dir", str(folder / "checkpoints"), "--evaluation.features", features]
        cli = GANCLI([*plugin.words("fit"), *CADENCE.split(), *places])
    return Training(plugin, cli, cli.run_folder, descents, wrong, second)


def weights(model: nn.Module) -> dict[str, Tensor]:
    """All that a model has learned, as it is now."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _faults(model: Any, player: str, before: dict[str, Tensor]) -> Iterator[str]:
    for name, parameter in model.named_parameters():
        moves = name.startswith((f"{player}.", "ema.") if player == "generator" else f"{player}.")
        if torch.equal(parameter, before[name]) == moves:
            yield f"{name} {'stayed' if moves else 'moved'}"
        if not name.startswith("ema.") and (not parameter.requires_grad or parameter.grad is not None):
            yield f"{name} is left frozen, or with its gradient"
