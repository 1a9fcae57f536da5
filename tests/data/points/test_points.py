from pathlib import Path

import pytest
import torch

from gan_cli.command.cli import GANCLI
from gan_cli.data import Grid25, PointDataModule, Ring8, StackedMNIST, SwissRoll
from gan_cli.data.points.point_sets import MixtureDataModule
from gan_cli.errors import UserError
from tests import fake_mnist


@pytest.mark.parametrize(("data", "count"), [(Ring8(), 8), (Grid25(), 25)])
def test_points_lie_about_their_modes(data: MixtureDataModule, count: int) -> None:
    batch = data.part("train").content
    offsets = batch.real - data.modes.centres[batch.labels]
    assert batch.real.shape == (100_000, 2)
    assert float(offsets.std()) == pytest.approx(data.modes.deviation, rel=0.01)
    shares = torch.bincount(batch.labels) / 100_000
    assert len(shares) == count == data.facts["num_classes"]
    assert torch.allclose(shares, torch.full((count,), 1 / count), atol=0.005)


def test_ring_has_radius_2_and_grid_spacing_2() -> None:
    assert torch.allclose(Ring8.modes.centres.norm(dim=1), torch.tensor(2.0))
    assert sorted(set(Grid25.modes.centres.flatten().tolist())) == [-4, -2, 0, 2, 4]


@pytest.mark.parametrize(("kind", "divisor"), [(Grid25, 2.828), (Ring8, 1.414)])
def test_a_divisor_brings_points_to_unit_deviation_and_counts_as_before(
    kind: type[MixtureDataModule], divisor: float
) -> None:
    plain, divided = kind(num_points=2500), kind(num_points=2500, divisor=divisor)
    points = plain.part("train").content.points, divided.part("train").content.points
    assert torch.allclose(points[0] / divisor, points[1])
    assert float(points[1].std()) == pytest.approx(1, rel=0.03)
    numbers = torch.arange(len(points[0]))
    measured = divided.compared(points[1], numbers, "val")
    assert measured.values() == pytest.approx(plain.compared(points[0], numbers, "val").values())
    assert dict(zip(measured.kinds, measured.rows["real"], strict=True))["modes"] == len(plain.modes.centres)
    assert divided.compared(points[0], numbers, "val").values()["high_quality"] < 0.2


@pytest.mark.parametrize("kind", [Ring8, Grid25, SwissRoll])
def test_points_are_the_same_each_time_and_others_are_held_out(kind: type[PointDataModule]) -> None:
    train, again, held_out = (kind().part(split).content.real for split in ("train", "train", "test"))
    assert torch.equal(train, again)
    assert not torch.equal(train[:100], held_out[:100])
    assert float(train.abs().max()) < 8


def test_stacked_digits_are_three_digits_and_their_number(tmp_path: Path) -> None:
    pixels = torch.from_numpy(fake_mnist.write(tmp_path, count=40))
    images, labels = StackedMNIST(root=str(tmp_path), image_size=32).read(train=False)
    assert images.shape == (40, 3, 32, 32)
    assert len(set(labels.tolist())) > 20
    for image, label in zip(images[:5], labels[:5], strict=True):
        for channel, digit in zip(image[:, 2:-2, 2:-2], f"{int(label):03d}", strict=True):
            (place,) = torch.nonzero((pixels == channel).flatten(1).all(1)).flatten().tolist()
            assert place % 10 == int(digit)


def test_what_points_have_not_is_refused(workdir: Path) -> None:
    words = ["fit", "--model", "GAN", "--data", "Ring8"]
    with pytest.raises(UserError, match="root is no argument here"):
        GANCLI([*words, "--data.root", "x"])
    with pytest.raises(UserError, match=r"data.num_points: 0 is not possible; take a whole number from 1"):
        GANCLI([*words, "--data.num_points", "0"])
    with pytest.raises(UserError, match=r"model.architecture: dcgan makes images; for points take mlp"):
        GANCLI(["fit", "--model", "DCGAN", "--data", "Ring8", "--trainer.max_steps", "1"])
    with pytest.raises(UserError, match=r"model.image_size: 32 was typed, but Ring8 has nothing of that kind"):
        GANCLI([*words, "--model.image_size", "32"])
