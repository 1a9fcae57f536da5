from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_cli import load, verbs
from gan_cli.command.cli import GANCLI
from gan_cli.errors import UserError
from gan_cli.evaluation.comparing import own_table
from gan_cli.variants import TPGAN
from gan_cli.variants.tp_gan import RECOGNISED
from tests.conftest import quiet
from tests.data import pictures
from tests.toys import FewHeads, FewPairs
from tests.variant_rows import TURNING
from tests.variants.told import ready

OF_HEADS = ["--config", "tp_gan.yaml", "--data.persons", "8", "--data.angles", "[45]", "--data.batch_size", "4"]
OF_THE_DATA = ("image_size", "image_channels", "num_persons")
SMALL = [word for name, value in TURNING.items() if name not in OF_THE_DATA for word in (f"--model.{name}", str(value))]
QUICK = [*SMALL, "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false", "--report", "false"]


def batch() -> object:
    data = FewHeads()
    return data.on_device(data.part("train")[torch.arange(16)])


def test_printed_weights_keep_their_ratio() -> None:
    """The pixels' errors are thousands at first, and what the discriminator says is worth some tens."""
    model = ready(TPGAN, **TURNING)
    losses = model.generator_losses(model.shared(batch()))  # type: ignore[arg-type]
    assert losses["l1"] > 1000
    assert 10 < losses["adversarial"] < 30
    names = ("symmetry", "patches", "adversarial", "identity", "person", "variation")
    for name in names:
        weight = {"lambda_" + name: 0.0}
        without = ready(TPGAN, **TURNING, **weight)
        left = without.generator_losses(without.shared(batch()))  # type: ignore[arg-type]
        assert set(left) == {"l1", *names} - {name}


def test_the_discriminator_steps_once_for_two_steps_of_the_generator() -> None:
    assert list(ready(TPGAN, **{**TURNING, "generator_steps": 2}).descending()) == ["discriminator", *["generator"] * 2]
    assert list(ready(TPGAN, **TURNING, lambda_adversarial=0.0).descending()) == ["generator"]


def test_the_recogniser_trains_first_and_then_stays(tmp_path: Path) -> None:
    def trained(steps: int, ckpt: Path | None = None) -> dict[str, torch.Tensor]:
        torch.manual_seed(0)
        model = TPGAN(**{**TURNING, "recognition_steps": 3, "generator_steps": 2})
        trainer = quiet(tmp_path, 2, keep=9, max_steps=steps)
        trainer.fit(model, FewHeads(), ckpt_path=ckpt, weights_only=True)
        return model.state_dict()

    def weights(path: str) -> dict[str, torch.Tensor]:
        found: dict[str, torch.Tensor] = torch.load(tmp_path / path, weights_only=True)["state_dict"]
        return found

    whole = trained(6)
    first, told, last = weights("step-00000002.ckpt"), weights(f"{RECOGNISED}.ckpt"), weights("last.ckpt")
    for key in whole:
        if key.startswith("recogniser."):
            assert torch.equal(told[key], last[key]), key
            assert not torch.equal(first[key], told[key]), key
        else:
            assert torch.equal(first[key], told[key]), key
    assert any(not torch.equal(told[key], last[key]) for key in whole if key.startswith("generator."))
    for step in (2, 4):  # in either phase
        again = trained(6, tmp_path / f"step-{step:08d}.ckpt")
        assert all(torch.equal(again[key], whole[key]) for key in whole)


def test_pairs_that_are_no_faces_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="known person and pose"):
        quiet(tmp_path, max_steps=1).fit(TPGAN(**TURNING), FewPairs(image_size=32))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"image_size": 48}, "image_size"),
        ({"frontal_points": (0.5,) * 9}, "frontal_points"),
        ({"lambda_scales": (0.0, 0.0, 0.0)}, "lambda_scales"),
    ],
)
def test_impossible_arguments_are_refused(arguments: dict[str, object], match: str) -> None:
    with pytest.raises(UserError, match=match):
        TPGAN(**{**TURNING, **arguments})


def test_faces_of_any_size_are_brought_to_the_trainings(workdir: Path) -> None:
    """From the command line and from Python, which is the same; the data's own where none is named."""
    GANCLI(["fit", *OF_HEADS, *QUICK, "--trainer.max_steps", "2"])
    checkpoint = "checkpoints/tpgan-shadedheads/version_0/last.ckpt"
    pictures.write(Path("photos/a.png"), 50, 40)
    pictures.write(Path("photos/deep/b.jpg"), 32, 32)
    pictures.write(Path("photos/c.png"), 20, 30, mode="LA")
    words = ["--ckpt", checkpoint, "--direction", "frontal"]
    verbs.run(["translate", *words, "--input", "photos", "--output", "made"])
    sizes = {path.name: Image.open(path).size for path in Path("made").rglob("*.*") if path.suffix in (".png", ".jpg")}
    assert sizes == {"a.png": (32, 32), "b.jpg": (32, 32), "c.png": (32, 32)}
    with Image.open("photos/a.png") as image:
        square = image.crop((5, 0, 45, 40))
    gan = load(checkpoint)
    assert gan.translate(image).size == (32, 32)
    assert gan.translate(square).tobytes() == Image.open("made/a.png").convert("L").tobytes()
    verbs.run(["translate", *words, "--output", "held_out"])
    assert len(list(Path("held_out").glob("*.png"))) == 2 * 2
    table = own_table(gan.model, FewHeads(), seed=0, num=8)
    assert table is not None
    assert {"psnr", "rank1", "rank1_30", "rank1_60"} <= table.values().keys()
    assert next(iter(table.rows)) == "made"
