from pathlib import Path

import pytest
import torch

from gan_cli.batches import ImageBatch
from gan_cli.data import CelebA
from gan_cli.errors import UserError
from tests.data import pictures

NAMES = "Male Smiling Young"


def write(root: Path, values: dict[str, str], partitions: dict[str, int] | None = None, newline: str = "\n") -> None:
    for name in values:
        pictures.write(root / "img_align_celeba" / name, 178, 218)
    lines = ["202599", f"{NAMES} ", *(f"{name}  {row}" for name, row in values.items())]
    (root / "list_attr_celeba.txt").write_text(newline.join(lines) + newline, newline="")
    if partitions:
        listed = newline.join(f"{name} {number}" for name, number in partitions.items())
        (root / "list_eval_partition.txt").write_text(listed, newline="")


ROWS = {"000001.jpg": "-1  1  1", "000002.jpg": " 1 -1 -1", "000003.jpg": "1 1 1", "000004.jpg": "-1 -1 -1"}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("folder", ["", "celeba"])
def test_attributes_are_labels_of_0_and_1(tmp_path: Path, newline: str, folder: str) -> None:
    write(tmp_path / folder, ROWS, newline=newline)
    data = CelebA(attributes=("Young", "Male"), root=str(tmp_path), image_size=16, batch_size=3, num_workers=0)
    assert data.facts["class_names"] == ("Young", "Male")
    files, labels = data.labelled_files("train")
    assert [file.name for file in files] == ["000001", "000002", "000003"]  # the last tenth by name is held out
    assert labels.tolist() == [[1, 0], [0, 1], [1, 1]]
    data.setup("fit")
    batch = next(iter(data.train_dataloader())).batch
    assert isinstance(batch, ImageBatch)
    assert batch.labels.dtype == torch.float32
    assert batch.images.shape == (3, 3, 16, 16)
    assert [image.name for image in data.test_inputs("")] == ["000004.png"]


def test_published_partitions_are_kept_and_missing_files_are_a_smaller_set(tmp_path: Path) -> None:
    write(tmp_path, ROWS, {"000001.jpg": 0, "000002.jpg": 1, "000003.jpg": 2, "000004.jpg": 0, "000005.jpg": 0})
    data = CelebA(attributes=("Male",), root=str(tmp_path))
    names = {split: [file.name for file in data.labelled_files(split)[0]] for split in ("train", "val", "test")}
    assert names == {"train": ["000001", "000004"], "val": ["000002"], "test": ["000003"]}


def test_the_test_faces_of_stargans_authors_are_drawn_in_place_of_the_partitions(tmp_path: Path) -> None:
    names = [f"{number:06d}.jpg" for number in range(10)]
    write(tmp_path, dict.fromkeys(names, "1 1 1"), dict.fromkeys(names, 0))
    data = CelebA(attributes=("Male",), root=str(tmp_path), num_test=4)
    parts = {split: [file.name for file in data.labelled_files(split)[0]] for split in ("train", "val", "test")}
    # Their random.seed(1234) and random.shuffle(lines) give 2 8 3 5 6 4 9 0 1 7.
    assert parts["test"] == parts["val"] == ["000002", "000003", "000005", "000008"]
    assert sorted(parts["train"] + parts["test"]) == [name.removesuffix(".jpg") for name in names]
    with pytest.raises(UserError, match=r"data.num_test: 10 is too many of the 10 faces"):
        CelebA(attributes=("Male",), root=str(tmp_path), num_test=10).labelled_files("train")


def test_a_broken_face_is_replaced_by_one_of_the_same_attributes(tmp_path: Path) -> None:
    rows = {f"{number:06d}.jpg": ("1 1 1", "-1 1 -1")[number % 2] for number in range(20)}
    write(tmp_path, rows)
    (tmp_path / "img_align_celeba" / "000003.jpg").write_bytes(b"")
    data = CelebA(attributes=("Male", "Young"), root=str(tmp_path), image_size=16, num_workers=0, on_error="skip")
    part = data.part("train")
    images = part[torch.arange(18)].batch.images
    assert torch.equal(images[3], images[5])
    assert not torch.equal(images[3], images[4])


def test_contradictions_are_refused(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    data = CelebA(attributes=("Male",), root=str(tmp_path))
    with pytest.raises(UserError, match=r"list_attr_celeba.txt has no Smile; did you mean Smiling"):
        CelebA(attributes=("Smile",), root=str(tmp_path)).labelled_files("train")
    pictures.write(tmp_path / "img_align_celeba" / "x.jpg")
    with pytest.raises(UserError, match=r"1 of the 5 images are not listed in .*list_attr_celeba.txt: x.jpg\n"):
        data.labelled_files("train")
    with open(tmp_path / "list_attr_celeba.txt", "a") as file:
        file.write("x.jpg 1 1\n")
    with pytest.raises(UserError, match=r"has 2 values for x.jpg, and 3 are wanted"):
        data.labelled_files("train")
    with pytest.raises(UserError, match=r"must hold img_align_celeba/ .* and list_attr_celeba.txt"):
        CelebA(root=str(tmp_path / "elsewhere")).labelled_files("train")
    with pytest.raises(UserError, match=r"data.attributes: \['Male', 'Male'\] is not possible"):
        CelebA(attributes=("Male", "Male"))


@pytest.mark.parametrize("text", ["", "\0" * 50, "4\n000001.jpg -1 1 1\n"])
def test_a_file_without_the_attributes_names_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, ROWS)
    (tmp_path / "list_attr_celeba.txt").write_text(text)
    with pytest.raises(UserError, match=r"list_attr_celeba.txt does not begin with the attributes' names; fetch it"):
        CelebA(attributes=("Male",), root=str(tmp_path)).labelled_files("train")


def test_real_faces(real_data: Path) -> None:
    data = CelebA(root=str(real_data / "celeba_subset"), image_size=32, num_workers=0)
    train, val = (data.labelled_files(split) for split in ("train", "val"))
    assert (len(train[0]), len(val[0])) == (494, 54)
    assert not {file.path for file in train[0]} & {file.path for file in val[0]}
    hair = train[1][:, :3].sum(1)
    assert float((hair <= 1).float().mean()) > 0.95  # hair colours exclude each other, but for slips
