"""Sets of scenes: those made by a rule, and those cut from recordings."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_cli.data import Crossings, SceneFolder, doctor
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from gan_cli.metrics.futures import collided, constant_velocity
from tests.media.test_paths import walk


@pytest.fixture(scope="module")
def crossings() -> Crossings:
    return Crossings(num_scenes=200)


def recording(folder: Path, name: str, *texts: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(texts), "utf-8")


def test_people_avoid_each_other_where_they_would_meet(crossings: Crossings) -> None:
    batch: Any = crossings.part("train")[torch.arange(200)].batch
    assert not collided(batch.future).any()
    straight = collided(constant_velocity(batch.observed, 8)).any(2)
    shares = straight.sum(1)
    assert (shares > 0).float().mean() > 0.8  # not all at a step: places are noisy
    assert {2, 3} <= set(shares.tolist())
    assert len(set(batch.people)) > 3


def test_scenes_are_functions_of_the_seed_and_parts_differ(crossings: Crossings) -> None:
    one, again = (Crossings(num_scenes=20).part("train").people for _ in range(2))
    assert torch.equal(one, again)
    held_out = Crossings(num_scenes=20).part("test")
    assert len(held_out) == 4
    assert not torch.equal(held_out.people[:2], one[:2])


def test_a_batch_has_empty_places_after_the_people_of_each_scene(crossings: Crossings) -> None:
    part = crossings.part("train")
    batch: Any = part[Span(0, 0, 16)].batch
    assert batch.observed.shape == (16, max(batch.people), 8, 2)
    there = torch.arange(max(batch.people)) < torch.tensor(batch.people)[:, None]
    for paths in (batch.observed, batch.future):
        assert torch.equal(~paths.isnan().any(-1).any(-1), there)
        assert torch.equal(~paths.isnan().all(-1).all(-1), there)
    alone: Any = part[torch.tensor([5])].batch
    assert alone.people == (int(part.sizes[5]),)
    assert not alone.observed.isnan().any()


def test_the_scene_left_out_is_judged_on_and_gaps_and_loners_give_none(tmp_path: Path) -> None:
    for name in ("street", "square"):
        recording(tmp_path, f"{name}.txt", walk(range(0, 100, 10), 1, 2), walk(range(0, 100, 10), 3))
    recording(tmp_path, "gap.txt", walk([0, 10, 20, 50, 60, 70], 1, 2))
    recording(tmp_path, "alone.csv", walk(range(0, 60, 10), 1, between=","))
    data = SceneFolder(str(tmp_path), "square", observed_steps=3, future_steps=1, held_out=0.5)
    assert len(data.part("test")) == 7
    assert data.part("test").sizes.tolist() == [3] * 7
    assert len(data.part("train")) == len(data.part("val")) == 2
    assert len(SceneFolder(str(tmp_path), "gap", observed_steps=2, future_steps=1).part("test")) == 2
    loners = SceneFolder(str(tmp_path), "alone", observed_steps=2, future_steps=1, min_people=1)
    assert len(loners.part("test")) == 4
    diagnosis = doctor.diagnose(SceneFolder(str(tmp_path), "square", observed_steps=3, future_steps=1, held_out=0.4))
    assert any("gaps in time, across which no scene is taken: 1" in fact for fact in diagnosis.facts)
    (finding,) = diagnosis.findings
    assert finding.what == "recordings without 4 steps that follow each other with 2 people"
    assert {Path(place).name for place in finding.places} == {"alone.csv", "gap.txt"}


def test_a_scene_may_have_folders_of_its_own(tmp_path: Path) -> None:
    for split in ("train", "val", "test"):
        recording(tmp_path / "zara" / split, f"{split}.txt", walk(range(0, 60, 10), 1, 2))
    data = SceneFolder(str(tmp_path), "zara", observed_steps=2, future_steps=2)
    assert [len(data.part(split)) for split in ("train", "val", "test")] == [3, 3, 3]


@pytest.mark.parametrize(
    ("scene", "told"),
    [
        ("sqare", r"data.scene: .* has no sqare; did you mean square\?; there are alone, broken, square, street"),
        ("alone", r"data.scene: the test part of alone has no 4 steps .* with 2 people or more in all of them"),
        ("broken", r"data.root: .*broken.txt, line 1 is 'a b'; each line takes four numbers"),
    ],
)
def test_what_cannot_be_judged_on_is_told(tmp_path: Path, scene: str, told: str) -> None:
    for name in ("street", "square"):
        recording(tmp_path, f"{name}.txt", walk(range(0, 60, 10), 1, 2))
    recording(tmp_path, "alone.txt", walk(range(0, 60, 10), 1))
    recording(tmp_path, "broken.txt", "a b\n")
    with pytest.raises(UserError, match=told):
        SceneFolder(str(tmp_path), scene, observed_steps=2, future_steps=2).part("test")


def test_a_recording_alone_is_not_trained_on(tmp_path: Path) -> None:
    recording(tmp_path, "street.txt", walk(range(0, 60, 10), 1, 2))
    with pytest.raises(UserError, match=r"data.root: .* has no recording but street, which is judged on"):
        SceneFolder(str(tmp_path), "street", observed_steps=2, future_steps=2).part("train")


def test_a_folder_without_recordings_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data.root: there are no recordings \(.txt, .csv\) in .*nowhere"):
        SceneFolder(str(tmp_path / "nowhere")).part("train")


@pytest.mark.parametrize(
    ("scene", "windows", "paths", "error"),
    [("eth", 70, 181, 0.995), ("hotel", 301, 1053, 0.323), ("zara2", 921, 5833, 0.326)],
)
def test_eth_and_ucy_give_the_scenes_of_the_literature(
    real_data: Path, scene: str, windows: int, paths: int, error: float
) -> None:
    """At 12 steps, and the error of constant velocity, counted independently."""
    part = SceneFolder(str(real_data / "eth_ucy"), scene, future_steps=12).part("test")
    assert (len(part), len(part.people)) == (windows, paths)
    seen, after = part.people[:, :8], part.people[:, 8:]
    on = seen[:, -1:] + torch.arange(1, 13)[:, None] * (seen[:, -1:] - seen[:, -2:-1])
    assert np.isclose(float((on - after).norm(dim=2).mean()), error, atol=1e-3)
