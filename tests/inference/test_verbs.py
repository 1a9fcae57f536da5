"""`gan sample` and `gan interpolate`, run as the command does, on a tiny run's checkpoint."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load, verbs
from gan_cli.errors import UserError
from gan_cli.metrics import features

CPU = ("--trainer.accelerator", "cpu")


def gan(*words: Any) -> None:
    verbs.run([*map(str, words), *CPU])


@pytest.mark.parametrize("name", ["a.png", "a.npz", "folder"])
def test_same_checkpoint_and_seed_give_the_same_bytes(checkpoint: Path, workdir: Path, name: str) -> None:
    for folder in ("one", "two"):
        gan("sample", "--ckpt", checkpoint, "--num", 5, "--output", f"{folder}/{name}")
    gan("sample", "--ckpt", checkpoint, "--num", 5, "--seed", 5, "--output", f"three/{name}")
    one, two, three = (next(path for path in Path(f).rglob("*.*") if path.is_file()) for f in ("one", "two", "three"))
    assert one.read_bytes() == two.read_bytes()
    assert one.read_bytes() != three.read_bytes()


def test_image_k_does_not_depend_on_how_many_are_asked_for(checkpoint: Path, workdir: Path) -> None:
    gan("sample", "--ckpt", checkpoint, "--num", 6, "--format", "images", "--output", "all")
    gan(
        "sample",
        "--ckpt",
        checkpoint,
        "--num",
        2,
        "--seed",
        3,
        "--batch-size",
        1,
        "--format",
        "images",
        "--output",
        "two",
    )
    assert sorted(path.name for path in Path("all").iterdir()) == [f"seed{k:06d}.png" for k in range(6)]
    assert sorted(path.name for path in Path("two").iterdir()) == ["seed000003.png", "seed000004.png"]
    for name in ("seed000003.png", "seed000004.png"):
        ours, theirs = (np.array(Image.open(Path(folder) / name)).astype(int) for folder in ("all", "two"))
        assert np.abs(ours - theirs).max() <= 1  # bytes are promised for one batch size


def test_npz_holds_images_and_seeds_as_the_python_side_gives_them(checkpoint: Path, workdir: Path) -> None:
    gan("sample", "--ckpt", checkpoint, "--num", 4, "--seed", 7, "--output", "x.npz")
    content = np.load("x.npz")
    assert content["images"].shape == (4, 16, 16, 1)
    assert content["seeds"].tolist() == [7, 8, 9, 10]
    images = load(checkpoint).sample(4, seed=7)
    assert images.dtype == torch.uint8
    assert np.array_equal(images.permute(0, 2, 3, 1).numpy(), content["images"])


def test_no_ema_uses_the_trained_generator(checkpoint: Path, workdir: Path) -> None:
    gan("sample", "--ckpt", checkpoint, "--num", 4, "--output", "ema.npz")
    gan("sample", "--ckpt", checkpoint, "--num", 4, "--no-ema", "--output", "raw.npz")
    assert not np.array_equal(np.load("ema.npz")["images"], np.load("raw.npz")["images"])
    assert np.array_equal(
        np.load("raw.npz")["images"], load(checkpoint).sample(4, ema=False).permute(0, 2, 3, 1).numpy()
    )


def test_both_writes_the_grid_and_the_images(checkpoint: Path, workdir: Path) -> None:
    gan("sample", "--ckpt", checkpoint, "--num", 5, "--format", "both", "--output", "out")
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "sample-seed0-4.png",
        *(f"seed{k:06d}.png" for k in range(5)),
    ]
    assert Image.open("out/sample-seed0-4.png").size == (3 * 18 + 2, 2 * 18 + 2)


def test_without_ckpt_the_newest_run_is_taken_and_named(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkpoint.parents[3])
    gan("sample", "--num", 2)
    told = capsys.readouterr().out
    assert "checkpoint: checkpoints/dcgan-digits/version_0/last.ckpt" in told
    assert "written: checkpoints/dcgan-digits/version_0/pictures/sample-seed0-1.png" in told


def test_without_ckpt_and_run_there_is_a_way_out(workdir: Path) -> None:
    with pytest.raises(UserError, match=r"no run under checkpoints/ yet: type --ckpt FILE, or train one"):
        gan("sample")


def test_a_grid_has_one_row_a_walk(checkpoint: Path, workdir: Path) -> None:
    gan("interpolate", "--ckpt", checkpoint, "--walks", 3, "--steps", 4, "--output", "grid.png")
    sheet = np.array(Image.open("grid.png"))
    assert sheet.shape == (3 * 18 + 2, 4 * 18 + 2)
    ends = load(checkpoint).sample(6)  # walk w goes from seed 2w to seed 2w + 1
    for walk in range(3):
        for column, seed in ((0, 2 * walk), (3, 2 * walk + 1)):
            top, left = 2 + 18 * walk, 2 + 18 * column
            shown = sheet[top : top + 16, left : left + 16].astype(int)
            assert np.abs(shown - ends[seed, 0].numpy().astype(int)).max() <= 1


def frames_of(path: Path) -> int:
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            return sum(1 for _ in container.decode(video=0))
    if path.suffix == ".gif":
        return int(Image.open(path).n_frames)  # type: ignore[attr-defined]
    return len(list(path.iterdir()))


@pytest.mark.parametrize("name", ["walk.gif", "walk.mp4", "frames"])
def test_films_have_every_moment_and_the_same_bytes_again(checkpoint: Path, workdir: Path, name: str) -> None:
    for folder in ("one", "two"):
        words = ("--walks", 3, "--keyframes", 3, "--steps", 5, "--loop", "--output", f"{folder}/{name}")
        gan("interpolate", "--ckpt", checkpoint, *words)
    assert frames_of(Path("one") / name) == 15
    ours, theirs = (sorted(p.read_bytes() for p in Path(f).rglob("*") if p.is_file()) for f in ("one", "two"))
    assert ours == theirs


def test_the_python_side_walks_too(checkpoint: Path) -> None:
    gan_object = load(checkpoint)
    images = gan_object.interpolate([4, 9], steps=5)
    assert images.shape == (5, 1, 16, 16)
    ends = torch.cat([gan_object.sample(1, seed=4), gan_object.sample(1, seed=9)])
    assert int((images[[0, 4]].int() - ends.int()).abs().max()) <= 1
    lines = gan_object.interpolate([4, 9], steps=5, method="lerp")
    assert not torch.equal(images, lines)


def test_the_python_side_names_what_is_wrong(checkpoint: Path) -> None:
    with pytest.raises(UserError, match=r"nope.ckpt does not exist"):
        load("nope.ckpt")
    with pytest.raises(UserError, match="num: 0 is not possible; take a whole number from 1"):
        load(checkpoint).sample(0)
    with pytest.raises(UserError, match="keyframes: 1 is no walk"):
        load(checkpoint).interpolate([1])


def test_validate_and_test_use_the_data_set_of_the_checkpoint(
    checkpoint: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(features, "STEPS", 5)
    few = ("--num", 12, "--metrics", "fid", "--output", "metrics.json")
    told = []
    for words in (("validate",), ("test", *few), ("test", *few, "--data", "Digits", "--data.batch_size", 2)):
        gan(*words, "--ckpt", checkpoint)
        told.append(capsys.readouterr().out.splitlines()[-1])
    assert told[0] == told[1]
    assert told[0].startswith("logits/held_out: ")
    assert told[2] != told[0]  # statistics of other batches


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from lightning.pytorch import Trainer

    from gan_cli.data import Digits
    from tests.toys import ToyGAN

    saved = tmp_path_factory.mktemp("toy") / "toy.ckpt"
    trainer = Trainer(
        accelerator="cpu", max_steps=1, logger=False, enable_checkpointing=False, enable_progress_bar=False
    )
    trainer.fit(ToyGAN(), Digits(image_size=16, batch_size=16))
    trainer.save_checkpoint(saved)
    return saved


def test_labels_and_truncation_where_the_variant_has_them(conditional: Path, workdir: Path) -> None:
    common = ("sample", "--ckpt", conditional, "--module", "tests.toys", "--num", 4)
    gan(*common, "--labels", "[3,7]", "--output", "a.npz")
    gan(*common, "--output", "b.npz")
    gan(*common, "--labels", "[3,7]", "--truncation-psi", "0", "--output", "c.npz")
    chosen, all_classes, truncated = (np.load(name) for name in ("a.npz", "b.npz", "c.npz"))
    assert chosen["labels"].tolist() == [3, 7, 3, 7]
    assert all_classes["labels"].tolist() == [0, 1, 2, 3]
    assert np.array_equal(truncated["images"][0], truncated["images"][2])  # nothing is left of the latents
    assert not np.array_equal(chosen["images"][0], chosen["images"][2])
    loaded = load(conditional, module="tests.toys")
    assert torch.equal(loaded.sample(2, labels=[3, 7]), loaded.sample(4, labels=[3, 7])[:2])
    with pytest.raises(UserError, match="labels: 10 is no class of this model; there are 0, 1, 2"):
        gan(*common, "--labels", "[10]")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sample", "--labels", "[1]"), "labels: this DCGAN is not conditional; leave them out"),
        (("sample", "--truncation-psi", "0.5"), "truncation_psi: DCGAN has no truncation; leave it out"),
        (("sample", "--output", "x.bmp"), r"output: x.bmp has no ending this verb writes; take .png, .npz or a folder"),
        (("sample", "--format", "foo"), "format: foo is unknown; take one of grid, files, both, npz"),
        (("sample", "--format", "npz", "--output", "x.png"), "format: npz does not go with output x.png"),
        (("sample", "--num", "0"), "num: 0 is not possible; take a whole number from 1"),
        (("sample", "--seed", "-1"), "seed: -1 is not possible; take a whole number from 0"),
        (("interpolate", "--method", "cubic"), "method: cubic is unknown; take slerp or lerp"),
        (("interpolate", "--keyframes", "1"), "keyframes: 1 is no walk; take 2 or more"),
        (("interpolate", "--steps", "1"), "steps: 1 is no walk; take 2 or more"),
        (("interpolate", "--output", "x.avi"), "output: x.avi has no ending this verb writes"),
        (("test", "--data", "CelebB"), "data: CelebB is unknown"),
        (("test", "--data", "Digits", "--data.image_size", "64"), "data.image_size: Digits has 64, but the checkpoint"),
        (("sample", "--trainer.precision", "64-true"), "trainer.precision: 64-true is not possible; take 32-true"),
        (("sample", "--trainer.devices", "foo"), "trainer.devices: foo is not possible; take auto"),
    ],
)
def test_bad_input_is_named_with_the_way_out(
    checkpoint: Path, workdir: Path, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        gan(words[0], "--ckpt", checkpoint, *words[1:])
    assert not list(workdir.iterdir())
