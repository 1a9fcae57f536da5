"""Pictures of codes by the verb and from Python: how codes are drawn, of which size, and what they go on from."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import Digits
from gan_cli.errors import UserError
from gan_cli.evaluation.comparing import own_table
from gan_cli.evaluation.scorer import Scorer
from gan_cli.inference.code_sampling import read_drawing, read_size
from gan_cli.media.pictures import save_png
from gan_cli.networks.code_drawing import Drawing
from tests.inference.test_first_stages import FOUND, SECOND, first_stage, refused

CPU = ("--trainer.accelerator", "cpu")


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a tiny VQTransformer, by class."""
    root = tmp_path_factory.mktemp("codes")
    stage = first_stage(root / "stage.ckpt")
    words = ("--model.num_classes", "10", "--model.generator_lr", "0.05", "--trainer.max_steps", "20")
    places = ("--model.first_stage", str(stage), "--trainer.default_root_dir", str(root / "checkpoints"))
    assert main([*SECOND, *words, *places]) == 0
    return root / FOUND


def sampled(last: Path, *words: object) -> Tensor:
    assert main(["sample", "--ckpt", str(last), "--output", "made.npz", *map(str, words), *CPU]) == 0
    return torch.from_numpy(np.load("made.npz")["images"]).permute(0, 3, 1, 2)


def test_the_verb_and_python_draw_the_same(last: Path, workdir: Path) -> None:
    gan = load(last)
    usual = gan.sample(4, seed=3)
    assert torch.equal(sampled(last, "--num", 4, "--seed", 3), usual)
    assert torch.equal(gan.sample(1, seed=5, labels=[2]), usual[2:3])
    assert torch.equal(gan.sample(4, seed=3, batch_size=3), usual)
    drawn = gan.sample(4, temperature=2.0, top_k=3, top_p=0.9)
    assert torch.equal(sampled(last, "--num", 4, "--draw", "temperature=2,top_k=3,top_p=0.9"), drawn)
    greedy = gan.sample(4, labels=[1], top_k=1)
    assert torch.equal(greedy, greedy[:1].expand_as(greedy))
    assert not torch.equal(drawn, gan.sample(4))


def test_pictures_larger_than_in_training(last: Path, workdir: Path) -> None:
    made = sampled(last, "--num", 2, "--size", "24x20")
    assert made.shape == (2, 1, 20, 24)
    assert torch.equal(load(last).sample(2, size=(20, 24)), made)
    assert torch.equal(load(last).sample(1, size=(20, 24), batch_size=1), made[:1])
    assert main(["sample", "--ckpt", str(last), "--size", "32x32", "--num", "2", "--output", "page.png", *CPU]) == 0


def test_pictures_go_on_from_an_upper_part(last: Path, workdir: Path) -> None:
    gan = load(last)
    image = gan.sample(1)[0]
    save_png(image, Path("whole.png"))
    save_png(image[:, :8], Path("upper.png"))
    made = sampled(last, "--num", 3, "--labels", 4, "--prime", "whole.png")
    assert torch.equal(sampled(last, "--num", 3, "--labels", 4, "--prime", "upper.png"), made)
    assert torch.equal(gan.sample(3, labels=[4], prime=image), made)
    assert torch.equal(gan.sample(3, labels=[4], prime="upper.png"), made)
    assert not torch.equal(made, gan.sample(3, labels=[4]))


def test_likelihood_is_measured_from_the_classes_of_held_out_images(last: Path) -> None:
    gan, data = load(last), Digits(image_size=16)
    data.prepare_data()
    table = own_table(gan.model, data, seed=0, num=40)
    assert table is not None
    batch: Any = data.on_device(data.at_hand("test")[torch.arange(40) * 360 // 40])
    with torch.inference_mode():
        told = gan.model.held_out_measures(batch)
        wrong = gan.model.held_out_measures(batch._replace(labels=(batch.labels + 1) % 10))
    assert table.values()["nll"] == pytest.approx(float(told["nll"]), rel=1e-5)
    assert table.values()["nll"] != pytest.approx(float(wrong["nll"]), rel=1e-5)
    by_place = table.values("their shares at each place")["nll"]
    assert by_place == pytest.approx(float(told["nll_by_place"]), rel=1e-5)


def test_images_that_change_in_leaps_have_no_path_length(last: Path, workdir: Path) -> None:
    data = Digits(image_size=16)
    scorer = Scorer(data, "pixels.pt", 40, metrics=["kid", "ppl"], folder=workdir)
    torch.jit.trace(torch.nn.Flatten(), torch.zeros(1, 1, 16, 16)).save("pixels.pt")
    (table,) = scorer.score(load(last).model)
    assert "ppl" not in table.scores
    assert any("change in leaps" in line for line in table.lines())


def test_what_is_typed_is_read() -> None:
    assert read_drawing("temperature=0.5, top_k=7") == Drawing(0.5, 7, 1.0)
    assert read_drawing(None) is None
    assert read_size(None) is None
    assert read_size("64X32") == (32, 64)
    for text in ("warm=1", "top_k", "temperature=hot", "top_k=1.5", "top_p=0", "temperature=0", ""):
        with pytest.raises(UserError, match="draw"):
            read_drawing(text)
    for text in ("64", "64x", "-1x3", "64 32"):
        with pytest.raises(UserError, match=r"size: .* is no size"):
            read_size(text)


def test_what_cannot_be_drawn_is_refused(
    last: Path, checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*words: object, ckpt: Path = last) -> str:
        return refused(capsys, "sample", "--ckpt", ckpt, *words, *CPU)

    save_png(torch.zeros(1, 16, 12, dtype=torch.uint8), Path("narrow.png"))
    Path("no.png").write_text("nothing")
    assert "size: 18x16 is not possible; a side has 16 pixels" in told("--size", "18x16")
    assert "size: 16x12 is not possible" in told("--size", "16x12")
    assert "prime: narrow.png is 12x16, and the picture 16x16" in told("--prime", "narrow.png")
    assert "prime: no.png cannot be read" in told("--prime", "no.png")
    assert "prime: other.png does not exist" in told("--prime", "other.png")
    assert "latents: it means nothing beside --size" in told("--size", "16x16", "--latents", "x.npz")
    for words in (("--draw", "top_k=3"), ("--size", "16x16"), ("--prime", "narrow.png")):
        assert "draws no codes; leave it out" in told(*words, ckpt=checkpoint)
    assert "change in leaps" in refused(capsys, "project", "--ckpt", last, "--input", "narrow.png", *CPU)
    with pytest.raises(UserError, match="temperature: 0 is not possible"):
        load(last).sample(1, temperature=0)
