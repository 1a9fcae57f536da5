from pathlib import Path

import numpy as np
import pytest
import scipy.io
import torch
from torch import Tensor

from gan_cli.command.checking import guessed
from gan_cli.data import Primitives, Solids
from gan_cli.data.doctor import contact_sheet, diagnose
from gan_cli.data.sampling import Span
from gan_cli.data.solids import comparison
from gan_cli.data.solids.shapes import SHAPES
from gan_cli.errors import UserError
from gan_cli.metrics import solids as measures

FEW = Primitives(num_solids=160)


def cube(low: int, high: int, side: int = 16) -> np.ndarray:
    solid = np.zeros((side, side, side), np.uint8)
    solid[low:high, low:high, low:high] = 1
    return solid


def save(path: Path, solid: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".mat":
        scipy.io.savemat(path, {"instance": solid})
    else:
        np.save(path, solid)


def few(root: Path, **arguments: object) -> Solids:
    return Solids(root=str(root), volume_size=16, cache_dir=str(root.parent / "cache"), **arguments)  # type: ignore[arg-type]


def test_primitives_are_whole_of_all_kinds_and_never_both_trained_on_and_held_out() -> None:
    train, held_out = (FEW.part(split).content for split in ("train", "test"))
    assert train.solids.shape == (160, 1, 16, 16, 16)
    assert train.labels.bincount().tolist() == [20] * 8
    assert held_out.labels.unique().tolist() == list(range(8))
    assert set(train.solids.unique().tolist()) == {0, 1}
    assert bool((measures.parts(train.solids[:, 0].bool()).number == 1).all())
    known = {solid.numpy().tobytes() for solid in train.solids}
    assert not any(solid.numpy().tobytes() in known for solid in held_out.solids)
    again = Primitives(num_solids=160).part("train").content
    assert torch.equal(again.solids, train.solids)


def test_chairs_stand_on_legs_and_their_backs_are_behind() -> None:
    data = Primitives(num_solids=20, kinds=("chair",))
    chairs = data.part("train").content.solids[:, 0].float()
    assert data.facts["class_names"] == ("chair",)
    filled = chairs.mean((0, 1, 2))
    assert float(filled[2]) < float(filled.max()) / 2  # legs
    top = chairs[..., 11:].sum((0, 2, 3))
    assert float(top[8:].sum()) > 0
    assert float(top[:8].sum()) == 0


@pytest.mark.parametrize("size", [32, 64])
def test_sizes_are_alike_but_for_their_voxels(size: int) -> None:
    large = Primitives(num_solids=8, volume_size=size).part("train").content.solids  # type: ignore[arg-type]
    small = Primitives(num_solids=8, volume_size=16).part("train").content.solids
    assert large.shape[2:] == (size,) * 3
    assert float(large.float().mean()) == pytest.approx(float(small.float().mean()), abs=0.04)


def test_files_of_all_kinds_are_found_by_class_and_part(tmp_path: Path) -> None:
    root = tmp_path / "set"
    for split, count in (("train", 3), ("test", 2)):
        for number in range(count):
            save(root / "cube" / split / f"cube_{number:04d}.npy", cube(4, 6 + number))
            save(root / "bar" / split / f"bar_{number:04d}.mat", cube(5, 9 + number, side=30))
    data = few(root)
    assert data.facts["class_names"] == ("bar", "cube")
    assert guessed(root) == "Solids"
    train, test = (data.part(split).content for split in ("train", "test"))
    assert train.labels.tolist() == [0] * 3 + [1] * 3
    assert test.labels.tolist() == [0, 0, 1, 1]
    assert torch.equal(test.solids[3, 0], torch.from_numpy(cube(4, 7)))
    save(root / "cube" / "train" / "cube_0009.npy", cube(0, 2))  # the cache is of other files
    assert len(few(root).part("train")) == 7


def test_all_turns_of_a_model_are_held_out_together(tmp_path: Path) -> None:
    root = tmp_path / "set"
    for model in range(10):
        for turn in (1, 4):
            quarter = np.rot90(bar(model), turn == 4)
            save(root / "train" / f"chair_{model:09d}_{turn}.mat", quarter)
    data = few(root, held_out=0.2)
    assert len(data.part("train")) == 16
    assert len(data.part("test")) == 4
    assert "models: 10, in 20 turns" in data.notes()
    known = [file.stem[:-2] for files in data.files("train") for file in files]
    assert not {file.stem[:-2] for files in data.files("test") for file in files} & set(known)
    one = few(root, turns=(4,)).part("train")
    assert len(one) == 9
    turned = few(root, turned_back=True, held_out=0.2).part("train").content.solids
    assert torch.equal(turned[0], turned[1])  # the fourth turn is a quarter
    with pytest.raises(UserError, match=r"data.root: .* has no solids of the turns 7; it takes"):
        few(root, turns=(7,)).part("train")


def bar(number: int) -> np.ndarray:
    solid = np.zeros((16, 16, 16), np.uint8)
    solid[3 : 5 + number, 7:9, 4:8] = 1
    return solid


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    root = tmp_path / "set"
    for number in range(8):
        save(root / f"{number}.npy", cube(2, 5 + number))
    save(root / "nothing.npy", cube(0, 0))
    (root / "broken.mat").write_bytes(b"nothing")
    save(root / "flat.npy", np.zeros((4, 4)))
    closed = trimesh.creation.box()
    closed.export(root / "closed.stl")
    trimesh.Trimesh(closed.vertices, closed.faces[:-2]).export(root / "open.ply")
    save(root / "large.npy", cube(0, 32, side=32))
    (root / "readme.txt").write_text("no solid")
    facts, findings = diagnose(few(root))
    found = {finding.what: finding.places for finding in findings}
    assert found["without a full voxel, and left out"] == [f"{root}/nothing.npy"]
    (cannot, flat) = sorted(found["cannot be read"])
    assert cannot.startswith(f"{root}/broken.mat (it is no .mat that can be read")
    assert "a solid has three axes" in flat
    assert found["meshes that are not closed, in which only what is enclosed is full"] == [f"{root}/open.ply"]
    assert any(fact.startswith("sizes in the files: 16x16x16 (9), meshes (2), 32x32x32 (1)") for fact in facts)
    assert any("touching the end of the grid: 1" in fact for fact in facts)
    again, _ = diagnose(few(root))  # from the cache
    assert again == facts
    sheet = contact_sheet(few(root, batch_size=4))
    assert sheet is not None


def test_a_folder_without_solids_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data.root: .*none is no folder; name one with solids \(\.npy"):
        few(tmp_path / "none").part("train")
    with pytest.raises(UserError, match=r"has no solids; it takes root"):
        few(tmp_path).part("train")
    save(tmp_path / "a.npy", np.zeros((4, 4)))
    with pytest.raises(UserError, match=r"nothing in .* to train on: it holds float64 of shape \(4, 4\)"):
        few(tmp_path).part("train")


def test_each_row_of_the_table_is_told_by_some_measure() -> None:
    data = Primitives(num_solids=400)
    made = data.part("train").content.solids[::2]
    table = comparison.table(data, made, "test")

    def of(kind: str, row: str) -> float:
        return table.values(row)[kind]

    real = "training solids"
    assert of("coverage", real) > 3 * of("coverage", "the mean solid")
    assert of("coverage", real) > 3 * of("coverage", "one training solid")
    assert of("matching_distance", real) < of("matching_distance", "voxels drawn each for itself") / 2
    best = "overlap"
    assert of(best, real) > of(best, "two training solids at once")
    assert of("occupancy", "two training solids at once") > 1.4 * of("occupancy", real)
    assert of("parts", "voxels drawn each for itself") > 3 > of("parts", real)
    assert of("floating", "voxels drawn each for itself") > 0.01
    assert of("overlap_training", "made") == 1  # by heart
    assert of("overlap_training", "held-out solids") < 0.95
    assert of("overlap_other", "one training solid") == 1
    assert of("overlap_other", "held-out solids") < 0.9
    nothing = comparison.table(data, made * 0, "test").values()
    assert (nothing["empty"], nothing["coverage"]) == (1, 0)


def test_batches_are_functions_of_their_places() -> None:
    part = FEW.part("train")
    one, other = (part[Span(3, 100, 116)].batch for _ in range(2))
    assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))
    assert not torch.equal(one.solids, part[Span(4, 100, 116)].batch.solids)


def test_every_kind_can_be_chosen() -> None:
    solids: Tensor = Primitives(num_solids=8, kinds=tuple(SHAPES)[:3]).part("train").content.solids  # type: ignore[arg-type]
    assert len(solids) == 9


def test_the_real_chairs_face_one_way_once_they_are_turned_back(tmp_path: Path, real_data: Path) -> None:
    root = real_data / "shapenet_chair_mat"
    means = {}
    for back in (False, True):
        data = Solids(str(root), 16, turned_back=back, cache_dir=str(tmp_path))
        means[back] = data.part("train").content.solids.float().mean(0)
    assert len(data.part("train")) + len(data.part("test")) == 300
    assert means[True].std() > 1.1 * means[False].std()
