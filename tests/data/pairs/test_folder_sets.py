import re
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from gan_cli.batches import PairedBatch, UnpairedBatch
from gan_cli.data import ImageFolder, PairedFolder, UnpairedFolder
from gan_cli.data.sampling import Span
from gan_cli.data.stores import BrokenFile
from gan_cli.errors import UserError
from tests.data import pictures

RED, BLUE = (200, 0, 0), (0, 0, 200)
SMALL: dict[str, Any] = {"image_size": 16, "num_workers": 0}


def paired_files(root: Path, *splits: str, count: int = 3) -> None:
    for split in splits:
        for number in range(count):
            pictures.pair(root / split / f"{split}{number}.png", RED, BLUE)


# Pairs


def test_sides_of_one_file_are_source_and_target_as_asked(tmp_path: Path) -> None:
    paired_files(tmp_path, "train", "val", "test")
    for side, colours in (("left", (RED, BLUE)), ("right", (BLUE, RED))):
        data = PairedFolder(**{**SMALL, "root": str(tmp_path), "source": side})
        data.setup("fit")
        assert data.train_set is not None
        batch = data.train_set[Span(0, 0, 2)].batch
        assert isinstance(batch, PairedBatch)
        assert tuple(map(pictures.colours, batch)) == ([colours[0]] * 2, [colours[1]] * 2)
        assert batch.source.shape == (2, 3, 16, 16)
        assert data.facts["domains"] == ("source", "target")


def test_grey_sources_have_one_channel(tmp_path: Path) -> None:
    paired_files(tmp_path, "train", "val")
    data = PairedFolder(root=str(tmp_path), source_channels=1, source_name="edges", target_name="photo", **SMALL)
    data.setup("fit")
    batch = data.examples(2)
    assert isinstance(batch, PairedBatch)
    assert (batch.source.shape[1], batch.target.shape[1]) == (1, 3)
    assert data.facts["domains"] == ("edges", "photo")
    assert (data.facts["source_channels"], data.facts["target_channels"]) == (1, 3)
    with pytest.raises(UserError, match="images of 2 channels are not possible; take 1"):
        PairedFolder(root=str(tmp_path), source_channels=2)


def test_validation_and_test_have_their_own_parts(tmp_path: Path) -> None:
    paired_files(tmp_path, "train", "val", "test")
    data = PairedFolder(root=str(tmp_path), **SMALL)
    for split in ("train", "val", "test"):
        assert {pair.name.rstrip("012") for pair in data.pairs(split)} == {split}
    assert [image.name for image in data.test_inputs("source")] == ["test0.png", "test1.png", "test2.png"]
    assert data.test_inputs("target")[0].read().float().mean((1, 2)).tolist() == list(BLUE)
    with pytest.raises(UserError, match="there is no domain horse, but source and target"):
        data.test_inputs("horse")


@pytest.mark.parametrize("layout", ["{name}/{file}", "train/{name}/{file}", "{name}/train/{file}"])
def test_two_folders_are_paired_by_name(tmp_path: Path, layout: str) -> None:
    for number in range(10):
        for name, colour, ending in (("sketch", RED, "png"), ("photo", BLUE, "jpg")):
            pictures.plain(tmp_path / layout.format(name=name, file=f"sub/{number}.{ending}"), colour)
    data = PairedFolder(root=str(tmp_path), source_name="sketch", held_out=0.3, **SMALL)
    assert data.facts["domains"] == ("sketch", "photo")
    assert PairedFolder(root=str(tmp_path), **SMALL).facts["domains"] == ("photo", "sketch")
    train, val = data.pairs("train"), data.pairs("val")
    assert (len(train), len(val)) == (7, 3)
    assert data.pairs("test") == val
    assert all(pair.files[0].name == pair.files[1].name for pair in train)
    assert val != PairedFolder(root=str(tmp_path), source_name="sketch", held_out=0.3, split_seed=1).pairs("val")
    red, blue = (data.test_inputs(domain)[0] for domain in ("sketch", "photo"))
    assert red.name == blue.name
    assert re.fullmatch(r"sub/\d.png", red.name)
    assert pictures.colours(torch.stack([red.read()])) == [RED]


def test_a_file_without_a_partner_is_refused_by_name(tmp_path: Path) -> None:
    for name in ("source/1.png", "source/2.png", "target/1.jpg", "target/3.jpg"):
        pictures.write(tmp_path / name)
    data = PairedFolder(root=str(tmp_path), **SMALL)
    with pytest.raises(UserError, match=r"2 files of .* have no partner of the same name, such as .*source/2.png"):
        data.setup("fit")
    pictures.write(tmp_path / "source/1.jpg")
    with pytest.raises(UserError, match=r"source/1.jpg and .*source/1.png have one name"):
        data.pairs("train")


def test_sides_of_odd_width_are_refused_before_the_first_step(tmp_path: Path) -> None:
    paired_files(tmp_path, "train", "val")
    pictures.write(tmp_path / "train" / "odd.png", width=25)
    with pytest.raises(UserError, match=r"1 of the 4 files cannot be cut into two sides.*train/odd.png \(25x20\)"):
        PairedFolder(root=str(tmp_path), **SMALL).setup("fit")


def test_both_sides_are_cut_and_mirrored_alike(tmp_path: Path) -> None:
    one = pictures.write(tmp_path / "one.png", width=32, height=32)
    (tmp_path / "train").mkdir()
    both = Image.new("RGB", (64, 32))
    both.paste(one, (0, 0))
    both.paste(one, (32, 0))
    for number in range(3):
        both.save(tmp_path / "train" / f"{number}.png")
    data = PairedFolder(root=str(tmp_path), load_size=24, **SMALL)
    data.setup("fit")
    assert data.train_set is not None
    batch = data.train_set[Span(0, 0, 12)].batch
    assert torch.equal(*batch)
    assert len({image.sum().item() for image in batch.real}) > 6  # and not all in one way


# Two domains


def domains(root: Path, a: int = 3, b: int = 7) -> None:
    for split in ("train", "test"):
        for letter, count in (("A", a), ("B", b)):
            for number in range(count):
                shade = 20 * (number + 1)
                pictures.plain(
                    root / f"{split}{letter}/{number}.png", (shade, 0, 0) if letter == "A" else (0, 0, shade)
                )


def test_domains_are_named_by_the_folder(tmp_path: Path) -> None:
    for name, wanted in (("horse2zebra", ("horse", "zebra")), ("mine", ("a", "b")), ("1to2", ("a", "b"))):
        domains(tmp_path / name)
        assert UnpairedFolder(root=str(tmp_path / name)).facts["domains"] == wanted
    typed = UnpairedFolder(root=str(tmp_path / "mine"), b_name="zebra")
    assert typed.facts["domains"] == ("a", "zebra")


def test_the_shorter_domain_is_shuffled_anew_at_each_of_its_passes(tmp_path: Path) -> None:
    domains(tmp_path)
    data = UnpairedFolder(root=str(tmp_path), load_size=0, **SMALL)
    data.setup("fit")
    assert data.train_set is not None
    assert len(data.train_set) == 7
    batch = data.train_set[Span(0, 0, 21)].batch
    assert isinstance(batch, UnpairedBatch)
    a, b = (images.float().amax((1, 2, 3)).tolist() for images in batch)
    assert all(set(a[start : start + 3]) == {20, 40, 60} for start in range(0, 21, 3))
    assert all(len(set(b[start : start + 7])) == 7 for start in range(0, 21, 7))
    partners = [dict(zip(b[k : k + 7], a[k : k + 7], strict=True)) for k in (0, 7, 14)]
    assert partners[0] != partners[1]


def test_domains_of_one_size_are_in_different_orders(tmp_path: Path) -> None:
    domains(tmp_path, 7, 7)
    data = UnpairedFolder(root=str(tmp_path), load_size=0, **SMALL)
    data.setup("fit")
    assert data.train_set is not None
    a, b = (images.float().amax((1, 2, 3)).tolist() for images in data.train_set[Span(0, 0, 7)].batch)
    assert a != b


def test_held_out_images_of_both_domains_all_come(tmp_path: Path) -> None:
    domains(tmp_path)
    data = UnpairedFolder(root=str(tmp_path), batch_size=4, **SMALL)
    data.setup("test")
    batches = list(data.test_dataloader())
    a, b = (torch.cat([loaded.batch[side] for loaded in batches]) for side in (0, 1))
    assert (len(set(pictures.colours(a))), len(set(pictures.colours(b)))) == (3, 7)
    assert [image.name for image in data.test_inputs("a")] == ["0.png", "1.png", "2.png"]


def test_two_folders_of_any_name_are_two_domains(tmp_path: Path) -> None:
    for number in range(10):
        pictures.write(tmp_path / "summer" / "train" / f"{number}.png")
        pictures.write(tmp_path / "winter" / f"{number}.png")
    pictures.write(tmp_path / "summer" / "test" / "x.png")
    data = UnpairedFolder(root=str(tmp_path), **SMALL)
    assert data.facts["domains"] == ("summer", "winter")
    assert [len(files) for files in data.files("train")] == [10, 9]
    assert [len(files) for files in data.files("val")] == [1, 1]
    swapped = UnpairedFolder(root=str(tmp_path), a_name="winter")
    assert swapped.facts["domains"] == ("winter", "summer")
    (tmp_path / "autumn").mkdir()
    with pytest.raises(
        UserError, match=r"3 folders \(autumn, summer, winter\), and two are wanted; type --data.a_name"
    ):
        _ = data.facts
    with pytest.raises(UserError, match=r"data.b_name: there is no folder spring, but autumn, summer, winter"):
        _ = UnpairedFolder(root=str(tmp_path), b_name="spring").facts


def test_files_of_every_kind_are_one_batch(tmp_path: Path) -> None:
    domains(tmp_path, 2, 2)
    for name, mode in (("grey", "L"), ("alpha", "RGBA"), ("palette", "P"), ("wide", "I;16")):
        path = tmp_path / "trainA" / f"{name}.png"
        if mode == "I;16":
            Image.new("I;16", (40, 30), 40000).save(path)
        else:
            pictures.write(path, 30, 50, mode=mode)
    pictures.write(tmp_path / "trainA" / "print.jpg", 13, 17, mode="CMYK")
    data = UnpairedFolder(root=str(tmp_path), **SMALL)
    data.setup("fit")
    assert data.train_set is not None
    assert data.train_set[Span(0, 0, 7)].batch[0].shape == (7, 3, 16, 16)


# What is refused


def test_a_root_of_no_known_layout_is_refused(tmp_path: Path) -> None:
    for kind, wanted in ((PairedFolder, "both sides in one file"), (UnpairedFolder, "two are wanted")):
        with pytest.raises(UserError, match=wanted):
            _ = kind(root=str(tmp_path)).facts
        with pytest.raises(UserError, match=r"data.root: .*nowhere is no folder; type --data.root FOLDER"):
            _ = kind(root=str(tmp_path / "nowhere")).facts
    (tmp_path / "train").mkdir()
    with pytest.raises(UserError, match="there are no images to train on below"):
        PairedFolder(root=str(tmp_path)).setup("fit")


def test_unreadable_files_are_refused_by_name_before_the_first_step(tmp_path: Path) -> None:
    domains(tmp_path)
    (tmp_path / "trainA" / "empty.jpg").touch()
    (tmp_path / "trainA" / "text.png").write_text("no image")
    data = UnpairedFolder(root=str(tmp_path), **SMALL)
    wanted = r"2 of the 5 files cannot be read: trainA/empty.jpg \(empty\), trainA/text.png \(no image\)\nTake them out"
    with pytest.raises(UserError, match=wanted):
        data.setup("fit")


@pytest.mark.parametrize("num_workers", [0, 1])
def test_a_file_that_breaks_when_it_is_decoded_is_named_in_one_line(tmp_path: Path, num_workers: int) -> None:
    domains(tmp_path, 1, 1)
    data = UnpairedFolder(root=str(tmp_path), image_size=16, num_workers=num_workers)
    data.setup("fit")
    (tmp_path / "trainA" / "0.png").unlink()
    with pytest.raises(BrokenFile) as caught:
        next(iter(data.train_dataloader()))
    assert re.fullmatch(
        r"data: .*trainA/0.png cannot be read \(No such file.*\); take it out, or type --data.on_error skip",
        str(caught.value),
    )


def test_a_jpeg_that_is_cut_short_is_refused_before_the_first_step(tmp_path: Path) -> None:
    domains(tmp_path, 1, 1)
    path = tmp_path / "trainA" / "1.jpg"
    pictures.write(path, 200, 200, seed=0)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(UserError, match=r"1 of the 2 files cannot be read: trainA/1.jpg \(damaged \(.*truncated"):
        UnpairedFolder(root=str(tmp_path), **SMALL).setup("fit")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"load_size": 10}, "data.load_size: 10 is less than the 16 pixels that are cut from it; take 18"),
        ({"held_out": 1.0}, "data.held_out: 1.0 is not possible; take a number between 0 and 1"),
        ({"image_size": 0}, "data.image_size: 0 is not possible"),
    ],
)
def test_impossible_values_are_refused(arguments: dict[str, float], told: str) -> None:
    with pytest.raises(UserError, match=told):
        ImageFolder(**{**SMALL, **arguments})


def test_real_pairs_with_the_source_on_the_right(real_data: Path) -> None:
    data = PairedFolder(root=str(real_data / "edges2shoes"), source="right", image_size=64, num_workers=0)
    data.setup("fit")
    assert data.train_set is not None
    assert data.held_out_set is not None
    assert (len(data.train_set), len(data.held_out_set)) == (150, 30)
    examples = data.examples(8)
    assert isinstance(examples, PairedBatch)
    edges, shoes = examples
    assert (edges > 0.9).float().mean() > 0.75  # thin lines on white
    assert (shoes > 0.9).float().mean() < 0.75


def test_real_domains_are_read_with_their_grey_files(real_data: Path) -> None:
    data = UnpairedFolder(root=str(real_data / "horse2zebra"), image_size=16, batch_size=30, num_workers=0)
    data.setup("fit")
    assert data.facts["domains"] == ("horse", "zebra")
    assert sum(len(loaded.batch.a) for loaded in data.train_dataloader()) == 120
    assert len(data.test_inputs("zebra")) == 30
