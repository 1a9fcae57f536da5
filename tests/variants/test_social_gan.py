"""What SocialGAN has of its own: parts of batches of scenes, soft labels, and what it measures on the way."""

from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.seeding import Rows
from gan_cli.variants import SocialGAN
from tests.conftest import quiet
from tests.toys import FewCrossings
from tests.two_processes import in_double
from tests.variant_rows import SOCIAL


def test_parts_of_a_batch_count_by_their_scenes(tmp_path: Path) -> None:
    """Whatever their people: the numbers of people are cut with the scenes."""
    learned = []
    for parts in (1, 3):
        torch.manual_seed(0)
        model = SocialGAN(**SOCIAL, accumulate=parts)
        trainer = quiet(tmp_path / str(parts), max_steps=2, limit_val_batches=0, precision="64-true")
        trainer.fit(model, in_double(FewCrossings)(batch_size=16))
        learned.append(model.state_dict())
    whole, cut = learned
    assert all(torch.allclose(whole[name], cut[name], rtol=0, atol=1e-9) for name in whole)


def test_labels_are_soft_and_each_scenes_own() -> None:
    model: Any = SocialGAN(**SOCIAL)
    with model.at(Rows(0, 500, 500), 0, 0):
        labels = model.soft_labels("real", 0.7, 1.2)
    assert labels.shape == (500,)
    assert 0.7 <= float(labels.min()) < 0.71
    assert 1.19 < float(labels.max()) <= 1.2


def test_errors_are_watched_beside_who_walks_on(tmp_path: Path) -> None:
    (logged,) = quiet(tmp_path, limit_val_batches=1.0).validate(
        SocialGAN(**SOCIAL), FewCrossings(batch_size=16), verbose=False
    )
    assert logged["metric/ade"] < logged["metric/ade_mean"]
    assert logged["metric/ade_constant_velocity"] == pytest.approx(0.33, abs=0.1)


def test_noise_must_leave_room_for_what_was_seen() -> None:
    with pytest.raises(UserError, match=r"model.latent_dim: 32 leaves nothing of a state of 32 numbers"):
        SocialGAN(latent_dim=32)
