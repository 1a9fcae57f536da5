"""Files and pictures of what users have made, and the sets themselves."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media.medium import Beside
from tests.plugins.conftest import PLUGINS, Plugin


def name_of(plugin: Plugin, name: str) -> Any:
    """Something of a user's modules, as the command finds it."""
    modules = [__import__(module) for module in plugin.modules]
    return next(getattr(module, name) for module in modules if hasattr(module, name))


VIDEO, TRAJECTORIES, VOXELS = PLUGINS


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.data)
def test_sets_are_the_same_each_time_and_held_out_parts_are_others(plugin: Plugin) -> None:
    data, again = (name_of(plugin, plugin.data)() for _ in range(2))
    one, same = (each.part("train")[torch.arange(20)].batch for each in (data, again))
    assert all(torch.equal(here, there) for here, there in zip(one, same, strict=True))
    assert not torch.equal(one.real, data.part("test")[torch.arange(20)].batch.real)
    assert torch.equal(*(each.part("val")[torch.arange(9)].batch.real for each in (data, again)))


@pytest.mark.parametrize(
    ("plugin", "arguments", "message"),
    [
        (VIDEO, {"num_frames": 0}, "data: 0 frames of 16 pixels are not possible"),
        (TRAJECTORIES, {"observed_steps": 1}, "data: 1 observed steps and 12 more are not possible"),
        (VOXELS, {"volume_size": 4}, "data.volume_size: 4 is not possible"),
    ],
    ids=lambda value: value.data if isinstance(value, Plugin) else "",
)
def test_what_a_set_cannot_be_is_refused(plugin: Plugin, arguments: dict[str, int], message: str) -> None:
    with pytest.raises(UserError, match=message):
        name_of(plugin, plugin.data)(**arguments)


def test_digits_move_a_little_in_each_frame_and_stay_whole() -> None:
    videos = name_of(VIDEO, "RollingDigits")(num_frames=16).part("train")[torch.arange(50)].batch.videos
    light = videos.flatten(3).int().sum(3)
    assert torch.equal(light.amax(2), light.amin(2))
    differ = (videos[:, :, 1:] != videos[:, :, :-1]).flatten(3).any(3)
    assert 0.1 < float(differ.float().mean()) < 0.9


def test_a_gif_gives_every_frame_back_also_those_that_are_alike(tmp_path: Path) -> None:
    videos = name_of(VIDEO, "Films")(frame_rate=8)
    one = torch.zeros(1, 5, 16, 16, dtype=torch.uint8)
    for frame, column in enumerate((1, 1, 1, 5, 9)):  # it stands still, then moves
        one[0, frame, 3:7, column : column + 4] = 200
    videos.write(one, tmp_path / "one.gif")
    assert torch.equal(videos.read(tmp_path / "one.gif"), one)
    coloured = one.repeat(3, 1, 1, 1) * torch.tensor([1, 0, 0], dtype=torch.uint8)[:, None, None, None]
    videos.write(coloured, tmp_path / "red.gif")
    assert torch.equal(videos.read(tmp_path / "red.gif"), coloured)


def test_a_film_of_walks_plays_all_videos_at_once() -> None:
    videos = name_of(VIDEO, "Films")()
    walks = torch.arange(2 * 3 * 4, dtype=torch.uint8).view(2, 3, 1, 4, 1, 1).expand(-1, -1, -1, -1, 8, 8)
    film = videos.film(walks, Beside())
    assert len(film) == 4
    for moment, picture in enumerate(film):
        assert picture.shape == (1, 2 * 10 + 2, 3 * 10 + 2)
        shown = picture[0, 5::10, 5::10]
        assert torch.equal(shown, walks[:, :, 0, moment, 0, 0])


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.field)
def test_a_file_of_something_else_is_refused_in_a_line(plugin: Plugin, tmp_path: Path) -> None:
    medium = name_of(plugin, plugin.data)().fields[plugin.field]
    (tmp_path / "other.txt").write_text("nothing\nof\nthis\nkind")
    for path in (tmp_path / "other.txt", tmp_path):
        with pytest.raises(UserError, match="cannot be read") as caught:
            medium.read(path)
        assert "\n" not in str(caught.value)


def test_a_scene_has_one_plot_whatever_was_made_of_it() -> None:
    trajectories = name_of(TRAJECTORIES, "Trajectories")()
    batch = name_of(TRAJECTORIES, "Walks")().part("test")[torch.tensor([0, 1, 0, 1, 2])].batch
    page = trajectories.page(batch.future, Beside(given={"observed": batch.observed}, real=batch.future))
    assert page.shape == (3, 2 * 162 + 2, 2 * 162 + 2)  # three scenes
    film = trajectories.film(batch.future[:4].view(2, 2, 12, 2), Beside(given={"observed": batch.observed[:4]}))
    assert [picture.shape for picture in film] == [(3, 160, 160)] * 2  # at each moment both walks are of one scene


def test_left_and_right_change_places() -> None:
    trajectories = name_of(TRAJECTORIES, "Trajectories")()
    paths = torch.randn(2, 5, 2)
    shown = trajectories.shown(paths, torch.tensor([True, False]))
    assert torch.equal(shown, paths * torch.tensor([[[-1.0, 1.0]], [[1.0, 1.0]]]))


def test_recorded_walks_are_read_person_by_person(tmp_path: Path) -> None:
    walks = name_of(TRAJECTORIES, "Walks")
    lines = [f"{10.0 * frame}\t{person}.0\t{person + frame}\t{-frame}" for frame in range(6) for person in (1, 2)]
    lines += ["0.0\t3.0\t0\t0", "30.0\t3.0\t0\t0", *(f"{10.0 * frame}\t4.0\t0\t0" for frame in range(3))]
    for split in ("train", "val", "test"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "scene.txt").write_text("\n".join(lines))
    content = walks(root=str(tmp_path), observed_steps=2, future_steps=3).part("train").content
    assert content.observed[:, :, 0].tolist() == [
        [1, 2],
        [2, 3],
        [2, 3],
        [3, 4],
    ]  # two of each who is there long enough
    assert content.future[0].tolist() == [[3, -2], [4, -3], [5, -4]]
    with pytest.raises(UserError, match=r"data.root: .*train has no \*.txt with 20 steps of a person"):
        walks(root=str(tmp_path)).part("train")


def test_recorded_walks_of_real_people(real_data: Path) -> None:
    root = real_data / "eth_ucy" / "zara1"
    walks = name_of(TRAJECTORIES, "Walks")(root=str(root))
    sizes = {split: len(walks.part(split)) for split in ("train", "val", "test")}
    assert sizes["test"] > 2000
    paces = walks.part("test").content.observed.diff(dim=1).norm(dim=2) / 0.4
    assert 0.8 < float(paces.median()) < 1.6  # metres a second


def volume(mesh: str) -> float:
    """What the faces of an OBJ enclose: positive where they are to be seen from outside."""
    lines = [line.split() for line in mesh.splitlines()]
    points = np.array([list(map(float, words)) for kind, *words in lines if kind == "v"])
    squares = np.array([list(map(int, words)) for kind, *words in lines if kind == "f"]) - 1
    a, b, c, d = points[squares].transpose(1, 0, 2)
    triangles = [(a, b, c), (a, c, d)]
    return float(sum(np.einsum("ij,ij->i", p, np.cross(q, r)).sum() for p, q, r in triangles) / 6)


def test_a_mesh_encloses_the_full_cells_and_nothing_else(tmp_path: Path) -> None:
    volumes = name_of(VOXELS, "Volumes")()
    things = name_of(VOXELS, "Shapes")(volume_size=8).part("test")[torch.arange(0, 400, 37)].batch.volumes
    for number, one in enumerate(things):
        volumes.write(one, tmp_path / f"{number}.obj")
        mesh = (tmp_path / f"{number}.obj").read_text()
        assert volume(mesh) == pytest.approx(float((one >= 128).double().mean()), abs=1e-9)
        assert mesh.count("\nf ") == faces(one[0] >= 128)
        volumes.write(one, tmp_path / f"{number}.npz")
        assert torch.equal(volumes.read(tmp_path / f"{number}.npz"), one)


def faces(full: Tensor) -> int:
    wide = torch.nn.functional.pad(full.int(), (1, 1, 1, 1, 1, 1))
    return int(sum(wide.diff(dim=axis).abs().sum() for axis in range(3)))


def test_a_chair_is_seen_from_above_from_the_front_and_from_the_side() -> None:
    volumes = name_of(VOXELS, "Volumes")()
    chair = torch.zeros(1, 1, 8, 8, 8, dtype=torch.uint8)
    chair[..., 3, 1:7, 1:7] = 255  # a seat
    chair[..., 3:8, 6, 1:7] = 255  # a back, up to the top
    picture = volumes.pictures(chair)[0, 0]
    above, front, side = (picture[1::4, start + 1 : start + 32 : 4] for start in (0, 34, 68))
    assert torch.equal(above > 0, chair[0, 0].amax(0) > 0)
    assert above[6, 3] > above[3, 3]  # the back is nearer to who looks from above
    assert front[0, 3] < front[4, 3]  # and farther from who looks from the front
    assert (side > 0).sum(1).tolist() == [1, 1, 1, 1, 6, 0, 0, 0]
