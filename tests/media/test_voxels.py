"""Solids: what is kept, read, written and shown."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media import grids, meshes, solid_files
from gan_cli.media.medium import Beside, medium_of
from gan_cli.media.solid_pictures import outwards, rendered
from gan_cli.media.voxels import TURNS, Voxels

VOXELS = Voxels(16)


def steps() -> Tensor:
    """A solid without symmetry, one side of which is at the end of its grid: [1, 16, 16, 16]."""
    solid = torch.zeros(1, 16, 16, 16, dtype=torch.uint8)
    solid[0, 1:15, 3:9, 0:4] = 1
    solid[0, 1:7, 3:9, 0:9] = 1
    solid[0, 1:4, 3:5, 0:14] = 1
    return solid


def test_what_is_from_a_half_on_is_kept() -> None:
    made = torch.tensor([0.0, 0.49, 0.5, 1.0]).view(1, 1, 1, 1, 4)
    assert VOXELS.kept(made).flatten().tolist() == [0, 0, 1, 1]
    assert VOXELS.kept(made.bfloat16()).dtype == torch.uint8
    assert torch.equal(VOXELS.kept(VOXELS.shown(steps()[None])), steps()[None])
    with pytest.raises(UserError, match=r"data.flip: solids are not mirrored"):
        VOXELS.shown(steps()[None], torch.tensor([True]))


@pytest.mark.parametrize("ending", meshes.WRITTEN)
def test_a_mesh_is_closed_seen_from_outside_and_comes_back(ending: str, tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    file = tmp_path / f"a{ending}"
    VOXELS.write(steps(), file)
    mesh = trimesh.load_mesh(str(file))
    assert mesh.is_watertight
    assert mesh.volume * 16**3 == pytest.approx(int(steps().sum()), rel=0.06)  # positive: its faces look outwards
    up = 1 if ending in (".obj", ".glb") else 2
    assert mesh.bounds[1][up] == pytest.approx(14 / 16)
    assert mesh.bounds.min() >= -1
    read = VOXELS.read(file)[0]
    whole = torch.zeros(16, 16, 16)
    whole[1:15, 5:11, 1:15] = steps()[0, 1:15, 3:9, 0:14]  # brought to the middle; its longest sides are as long
    shifted = [torch.roll(read, by, 1).bool() for by in (-1, 0, 1)]
    assert max(float((one & whole.bool()).sum() / (one | whole.bool()).sum()) for one in shifted) > 0.9


def test_an_empty_solid_is_a_mesh_without_faces_and_an_array(tmp_path: Path) -> None:
    pytest.importorskip("trimesh")
    empty = torch.zeros(1, 8, 8, 8, dtype=torch.uint8)
    for name in ("a.obj", "a.npy"):
        VOXELS.write(empty, tmp_path / name)
    assert np.load(tmp_path / "a.npy").shape == (8, 8, 8)
    with pytest.raises(UserError, match=r"given: .*a.obj holds no solid"):
        VOXELS.read(tmp_path / "a.obj")


def test_arrays_of_several_kinds_are_read_alike(tmp_path: Path) -> None:
    solid = steps()[0].numpy()
    np.save(tmp_path / "a.npy", solid)
    np.save(tmp_path / "b.npy", (solid * 255).astype(np.uint8)[None])
    np.save(tmp_path / "c.npy", solid * 0.9 + 0.01)
    scipy.io.savemat(tmp_path / "d.mat", {"instance": solid, "other": np.zeros((3, 3, 3))})
    scipy.io.savemat(tmp_path / "e.mat", {"voxels": solid.astype(bool)})
    for name in ("a.npy", "b.npy", "c.npy", "d.mat", "e.mat"):
        assert torch.equal(VOXELS.read(tmp_path / name), steps()), name


def test_a_binvox_is_read_by_x_z_and_y_and_stands_up(tmp_path: Path) -> None:
    up_y = steps()[0].numpy()[:, ::-1].transpose(0, 2, 1)  # what stands up along z, as it is where y is up
    assert np.array_equal(grids.upright(np.ascontiguousarray(up_y), "y"), steps()[0].numpy())
    flat = up_y.transpose(0, 2, 1).reshape(-1)
    ends = [*np.flatnonzero(np.diff(flat)), len(flat) - 1]
    runs, start = b"", 0
    for end in ends:
        for count in [255] * ((end + 1 - start) // 255) + [(end + 1 - start) % 255]:
            runs += bytes([flat[start], count]) if count else b""
        start = end + 1
    (tmp_path / "a.binvox").write_bytes(b"#binvox 1\ndim 16 16 16\ntranslate 0 0 0\nscale 1\ndata\n" + runs)
    assert torch.equal(VOXELS.read(tmp_path / "a.binvox"), steps())


def test_grids_of_other_sizes_are_padded_halved_and_doubled() -> None:
    grid = np.zeros((30, 30, 30), np.uint8)
    grid[0, 10, 29] = 1
    whole = grids.fitted(grid, 32)
    assert np.argwhere(whole).tolist() == [[1, 11, 30]]  # ShapeNet's 30 voxels with one on either side
    assert np.argwhere(grids.fitted(grid, 16)).tolist() == [[0, 5, 15]]
    assert grids.fitted(grid, 64)[2:4, 22:24, 60:62].all()
    assert int(grids.fitted(grid, 64).sum()) == 8
    assert grids.fitted(np.ones((3, 8, 5), np.uint8), 8).sum() == 120


def test_a_quarter_turn_is_exact_and_twelve_turns_are_none() -> None:
    solid = steps()[0].numpy()
    quarter = grids.turned(solid, 90)
    assert np.array_equal(grids.turned(quarter, -90), solid)
    assert np.array_equal(grids.turned(solid, 360), solid)
    ball = np.linalg.norm(np.indices((16, 16, 16)) - 7.5, axis=0) < 6
    turned = grids.turned(ball.astype(np.uint8), 30)
    assert (turned & ball).sum() / (turned | ball).sum() > 0.9


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.npy", b"no array", "a.npy holds no solid"),
        ("a.mat", b"MATLAB 5.0", "a.mat holds no solid"),
        ("a.binvox", b"#binvox 1\ndim 2 2 2\ndata\n\x01\x03", "its runs make 3 voxels, and its dim 8"),
        ("a.npy", b"nothing of the kind", "it holds no array of numbers"),
        ("a.binvox", b"#binvox 1\ndata\n", "no header of a .binvox"),
        ("a.binvox", b"#binvox 1\ndim 2 x 2\ndata\n", "holds no solid"),
        ("a.txt", b"", r"\.txt is none of \.npy"),
        ("a.stl", b"solid", "it is no mesh|it has no faces"),
        ("a.off", b"OFF\n1 1 0\n0 0 0\n", "it is no mesh|it has no faces"),
    ],
)
def test_what_is_no_solid_is_refused_by_name(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    pytest.importorskip("trimesh")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=told) as refused:
        VOXELS.read(tmp_path / name)
    assert len(str(refused.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((4, 4)), "a solid has three axes"),
        (np.full((4, 4, 4), np.nan), "not finite"),
        (np.array([["a"]]), "a solid has three axes"),
        (np.zeros((2, 4, 4, 4)), "a solid has three axes"),
    ],
)
def test_an_array_that_is_no_grid_is_refused(array: np.ndarray, told: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(UserError, match=told):
        VOXELS.read(tmp_path / "a.npy")


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(UserError, match=r"trimesh, which is not installed\nInstall it with: pip install 'gan-cli"):
        VOXELS.write(steps(), tmp_path / "a.obj")
    (tmp_path / "a.stl").write_bytes(b"solid")
    with pytest.raises(UserError, match=r"which is not installed"):
        VOXELS.read(tmp_path / "a.stl")
    VOXELS.write(steps(), tmp_path / "a.npy")
    assert torch.equal(VOXELS.read(tmp_path / "a.npy"), steps())


def test_the_nearest_surface_is_seen_and_the_upper_left_is_lighter() -> None:
    cube = torch.zeros(1, 16, 16, 16)
    cube[:, 4:12, 4:12, 4:12] = 1
    picture = rendered(cube, 0.0)[0, 0].float()
    rows = (picture < 255).any(1).nonzero().flatten()
    assert (picture[0] == 255).all()
    assert (picture[:, 0] == 255).all()
    top, below = picture[rows[0] + 3, 32], picture[rows[-1] - 3, 32]
    assert top > below + 20  # light comes from above
    assert float(picture[32, 32]) < 255
    normals = outwards(cube.bool())[0]
    assert normals[:, 8, 8, 11].tolist() == pytest.approx([0, 0, 1], abs=1e-5)


def test_pages_walks_and_films_show_every_solid() -> None:
    solids = torch.stack([steps()] * 6)
    solids[5] = 0
    assert VOXELS.pictures(solids).shape == (6, 1, 64, 128)
    assert bool((VOXELS.pictures(solids)[5] == 255).all())
    assert VOXELS.page(solids, Beside()).shape[0] == 1
    assert VOXELS.walks(solids.view(2, 3, 1, 16, 16, 16), Beside()).shape == (1, 2 * 66 + 2, 3 * 66 + 2)
    film = Voxels(8).film(solids[:2, None, :, ::2, ::2, ::2], Beside())
    assert len(film) == TURNS
    assert film[0].shape == (1, 2 * 66 + 2, 66 + 2)
    assert not torch.equal(film[0], film[TURNS // 2])
    three = Voxels(8).film(solids[None, :3, :, ::2, ::2, ::2], Beside())
    assert three[0].shape == (1, 2 * 66 + 2, 2 * 66 + 2)  # a square, without a solid at its end
    assert bool((three[0][:, 68:, 68:] == 255).all())
    assert not bool((three[0][:, 68:, :66] == 255).all())


def test_a_record_makes_the_medium_again() -> None:
    assert medium_of(VOXELS.record()) == VOXELS


def test_files_of_every_kind_are_of_one_size(tmp_path: Path) -> None:
    pytest.importorskip("trimesh")
    for ending in (*meshes.WRITTEN, ".npy"):
        VOXELS.write(steps(), tmp_path / f"a{ending}")
        assert solid_files.read(tmp_path / f"a{ending}", 32).grid.shape == (32, 32, 32)
