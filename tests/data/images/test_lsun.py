import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli.data import LSUN
from gan_cli.errors import UserError
from tests.data.test_archives import database

SMALL: dict[str, Any] = {"image_size": 16, "num_workers": 0, "batch_size": 4}


def encoded(seed: int) -> bytes:
    """An image as LSUN has it: WebP, the shorter side 256."""
    random = np.random.default_rng(seed)
    image = Image.fromarray(random.integers(0, 256, (4, 6, 3), dtype=np.uint8)).resize((341, 256))
    buffer = io.BytesIO()
    image.save(buffer, format="WEBP")
    return buffer.getvalue()


def category(root: Path, name: str, count: int = 10) -> None:
    database(root / name, {f"{number:040x}".encode(): encoded(number) for number in range(count)})


@pytest.mark.parametrize("folder", ["", "lsun"])
def test_a_category_is_read_from_its_databases(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    category(tmp_path / folder, "bedroom_train_lmdb")
    category(tmp_path / folder, "bedroom_val_lmdb", 3)
    data = LSUN(root=str(tmp_path), **SMALL)
    assert data.facts["num_classes"] == 0
    data.setup("fit")
    assert data.train_set is not None
    assert data.held_out_set is not None
    assert (len(data.train_set), len(data.held_out_set)) == (10, 3)
    batch = next(iter(data.train_dataloader())).batch
    assert batch.images.shape == (4, 3, 16, 16)
    assert len(batch.images.flatten(1).unique(dim=0)) == 4


def test_several_categories_are_classes_and_a_share_is_held_out(tmp_path: Path) -> None:
    for name in ("bedroom", "tower"):
        category(tmp_path, f"{name}_train_lmdb")
    data = LSUN(root=str(tmp_path), categories=("tower", "bedroom"), **SMALL)
    files, labels = data.labelled_files("train")
    assert data.facts["class_names"] == ("tower", "bedroom")
    assert torch.bincount(labels).tolist() == [9, 9]
    assert files[0].name.startswith("tower/0")
    assert len(data.labelled_files("test")[0]) == 2


def test_a_missing_category_names_those_found(tmp_path: Path) -> None:
    category(tmp_path, "church_outdoor_train_lmdb", 1)
    with pytest.raises(UserError, match=r"there is no bedroom_train_lmdb\n.* has church_outdoor"):
        LSUN(root=str(tmp_path)).setup("fit")
    with pytest.raises(UserError, match=r"no church_train_lmdb; did you mean church_outdoor"):
        LSUN(root=str(tmp_path), categories=("church",)).setup("fit")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty must hold CATEGORY_train_lmdb/ and CATEGORY_val_lmdb/ of LSUN"):
        LSUN(root=str(tmp_path / "empty")).setup("fit")


def test_a_database_that_is_named_itself_is_the_category(tmp_path: Path) -> None:
    for name in ("bedroom", "tower"):
        category(tmp_path, f"{name}_train_lmdb", 4)
    files, _ = LSUN(root=str(tmp_path / "tower_train_lmdb"), **SMALL).labelled_files("train")
    assert {file.root.name for file in files} == {"tower_train_lmdb"}


def test_workers_read_a_database_beside_each_other(tmp_path: Path) -> None:
    category(tmp_path, "bedroom_train_lmdb", 20)
    made = []
    for workers in (0, 2):
        data = LSUN(root=str(tmp_path), image_size=16, batch_size=4, num_workers=workers)
        data.setup("fit")
        made.append([loaded.batch.images for loaded in data.train_dataloader()])
    assert all(torch.equal(one, other) for one, other in zip(*made, strict=True))
