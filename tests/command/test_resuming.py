"""Which run is gone on with, what it keeps, and what is said of a call that trains nothing."""

from pathlib import Path

import pytest

from gan_cli.__main__ import main
from tests.conftest import TINY_FLAGS
from tests.data import pictures

FAMILY = Path("checkpoints/dcgan-digits")
PLAIN = ["--model", "DCGAN", "--data", "Digits", *TINY_FLAGS[TINY_FLAGS.index("--trainer.accelerator") :]]
"""What shrinks a run but says nothing of its model."""
BY_FOUR = ("--data.batch_size", "359", "--trainer.limit_val_batches", "0")
"""Four batches an epoch."""


def test_class_names_and_their_order_belong_to_the_run(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("cat", "dog"):
        for number in range(12):
            pictures.write(workdir / "pets" / name / f"{number}.png")
    words = "--model CGAN --model.base_channels 4 --model.latent_dim 8 --data ImageFolder --data.root pets "
    words += "--data.image_size 16 --data.batch_size 4 --data.num_workers 0 --data.cache disk --trainer.max_steps 1"
    go_on = ["fit", *words.split(), *PLAIN[4:], "--ckpt_path", "last"]
    assert main(go_on[:-2]) == 0
    for old, new, names in (
        ("cat", "ant", "ant and dog"),
        ("ant", "eel", "dog and eel"),
        ("eel", "cat/cat", "cat and dog"),
    ):
        (workdir / "pets" / new).parent.mkdir(exist_ok=True)
        (workdir / "pets" / old).rename(workdir / "pets" / new)
        code = main(go_on)
        told = capsys.readouterr()
        if names == "cat and dog":
            assert (code, told.err) == (0, "")
            continue
        assert told.err.startswith(
            f"gan: data.class_names: {names} is asked for, but the run to go on with has cat and dog\n"
        )
        for verb in ("validate", "test"):
            assert main([verb, "--trainer.accelerator", "cpu"]) == 2
            assert capsys.readouterr().err == (
                f"gan: data.class_names: ImageFolder has {names.replace(' and', ',')}, but the checkpoint's model has "
                "learned cat, dog\nGive them the same names and the same order\n"
            )
