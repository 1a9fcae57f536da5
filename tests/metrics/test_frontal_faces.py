import pytest
import torch

from gan_cli.data import ShadedHeads
from gan_cli.metrics import frontal_baselines as baselines
from gan_cli.metrics.frontal_baselines import FacePairs
from gan_cli.metrics.frontal_faces import in_pixels, mean, means, psnr, recognised


def test_the_nearest_of_the_gallery_tells_the_person() -> None:
    gallery, known = torch.tensor([[0.0, 1.0], [1.0, 0.0], [9.0, 9.0]]), torch.tensor([7, 8, 9])
    probes, persons = torch.tensor([[0.1, 0.9], [0.2, 0.9], [5.0, 6.0]]), torch.tensor([7, 8, 9])
    assert recognised(probes, gallery, persons, known).tolist() == [True, False, True]
    far = torch.tensor([[0.0, 50.0]])  # of which the angle is that of the first
    assert not recognised(far, gallery, torch.tensor([7]), known).item()
    assert recognised(far, gallery, torch.tensor([7]), known, cosine=True).item()


def test_psnr_is_that_of_all_pixels() -> None:
    wanted = torch.full((2, 1, 4, 4), 100, dtype=torch.uint8)
    made = wanted.clone()
    made[0] += 10
    assert psnr(made, wanted).tolist() == pytest.approx([28.13, 100], abs=0.01)


def test_poses_are_measured_apart() -> None:
    found = means(torch.tensor([True, False, True]), torch.tensor([0, 0, 2]), 3)
    assert found == [0.5, None, 1.0]


def test_the_mean_of_nothing_is_no_number() -> None:
    assert mean(torch.tensor([True, True, False, False])) == 0.5
    assert mean(torch.zeros(0)) is None


@pytest.fixture(scope="module")
def linear() -> tuple[FacePairs, FacePairs]:
    """Faces whose front is a linear function of what is seen: mirrored, and darker."""
    random = torch.Generator().manual_seed(0)
    base = torch.randint(0, 256, (6, 1, 6, 6), generator=random).float()
    mixed = torch.rand(60, 6, generator=random).softmax(1)
    sources = torch.einsum("nk,kchw->nchw", mixed, base).round()
    targets = (sources.flip(3) * 0.5).round()
    persons, poses = torch.arange(60) // 4, torch.arange(60) % 2
    pairs = FacePairs(sources.to(torch.uint8), targets.to(torch.uint8), persons, poses)
    return pairs.of(persons < 12), pairs.of(persons >= 12)


def test_ridge_regression_finds_what_is_linear(linear: tuple[FacePairs, FacePairs]) -> None:
    train, asked = linear
    mean = psnr(baselines.mean_frontal(train, len(asked.sources)), asked.targets).mean()
    for way in (baselines.ridge, baselines.ridge_by_pose):
        made = way(train, asked)
        assert made.shape == asked.targets.shape
        assert made.dtype == torch.uint8
        assert psnr(made, asked.targets).mean() > mean + 4


def test_the_nearest_person_is_one_of_that_pose(linear: tuple[FacePairs, FacePairs]) -> None:
    train, _ = linear
    again = baselines.nearest_persons(train, train)
    assert torch.equal(again, train.targets)
    other = baselines.nearest_persons(train, train._replace(poses=1 - train.poses))
    assert not torch.equal(other, train.targets)
    unknown = baselines.nearest_persons(train, train._replace(poses=torch.full_like(train.poses, 5)))
    assert torch.equal(unknown, train.targets)


def test_a_true_front_is_always_recognised_and_a_mean_one_by_chance() -> None:
    data = ShadedHeads(persons=10, angles=(60,), image_size=16, held_out=0.4)
    part = data.part("test")
    batch = part[torch.arange(len(part))].batch
    table = data.compared(batch.target, torch.arange(len(part)), "test")
    assert table.values()["rank1"] == 1.0
    assert table.values()["psnr"] == 100
    assert table.values("mean frontal face")["rank1"] == pytest.approx(0.25)
    assert table.values("the turned face itself")["psnr"] < table.values("ridge regression")["psnr"]
    assert "chance is 0.25" in " ".join(table.notes)
    assert list(table.kinds)[:3] == ["psnr", "rank1", "rank1_lite0"]
    assert in_pixels(batch.source).max() <= 1
