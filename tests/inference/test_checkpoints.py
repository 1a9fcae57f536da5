import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.command.cli import GANCLI
from gan_cli.data import ImageFolder
from gan_cli.errors import UserError
from gan_cli.inference import checkpoints
from gan_cli.inference.checkpoints import load_model, resolve
from gan_cli.variants import DCGAN
from tests.conftest import TINY_FLAGS
from tests.data import pictures


def test_a_checkpoint_explains_itself(checkpoint: Path) -> None:
    content = torch.load(checkpoint, weights_only=True)
    record = content["gan_cli"]
    assert record["variant"] == "DCGAN"
    assert record["data"] == {
        "name": "Digits",
        "image_size": 16,
        "image_channels": 1,
        "num_classes": 10,
        "class_names": tuple("0123456789"),
        "fields": {"images": {"class": "Images"}},
    }
    assert record["counters"] == {"batches": 4, "generator_steps": 4, "images": 64, "critic_steps": 0}
    assert content["hyper_parameters"]["base_channels"] == 4
    model = load_model(checkpoint)
    assert isinstance(model, DCGAN)
    assert not model.training
    assert model.data_facts["name"] == "Digits"


class RunsCode:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch executed",)


def damaged(kind: str, good: Path, folder: Path) -> Path:
    path = folder / "x.ckpt"
    content = torch.load(good, weights_only=True)
    if kind == "truncated":
        path.write_bytes(good.read_bytes()[:-1000])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("hello")
    elif kind == "pickled code":
        path.write_bytes(pickle.dumps(RunsCode()))
    elif kind == "code inside":
        torch.save({**content, "extra": RunsCode()}, path)
    elif kind == "foreign":
        torch.save({"state_dict": content["state_dict"]}, path)
    elif kind == "other class":
        torch.save({**content, "gan_cli": {**content["gan_cli"], "variant": "Evil", "module": "os"}}, path)
    elif kind == "other weights":
        torch.save({**content, "hyper_parameters": {**content["hyper_parameters"], "base_channels": 8}}, path)
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "does not exist; `gan list` shows"),
        ("truncated", "is cut short or damaged"),
        ("empty", "is cut short or damaged"),
        ("text", "damaged"),
        ("pickled code", r"holds objects that would run code \(never done here\)"),
        ("code inside", r"holds objects that would run code \(never done here\)"),
        ("foreign", "is no checkpoint of gan-cli"),
        ("other class", "holds the variant Evil of os, which is none of gan-cli's"),
        ("other weights", "does not fit this version's DCGAN"),
    ],
)
def test_what_is_no_good_checkpoint_is_refused_and_never_executed(
    workdir: Path, checkpoint: Path, kind: str, message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        load_model(resolve(str(damaged(kind, checkpoint, workdir))))
    assert len(str(caught.value).splitlines()) <= 2
    assert not (workdir / "executed").exists()


def test_a_variant_of_a_trusted_module_is_loaded_by_name(tmp_path: Path, quiet_trainer: Any) -> None:
    from gan_cli.data import Digits
    from tests.toys import ToyGAN

    quiet_trainer(max_steps=1).fit(ToyGAN(), Digits(image_size=16, batch_size=16))
    saved = tmp_path / "run" / "last.ckpt"
    assert isinstance(load_model(saved, "tests.toys"), ToyGAN)
    with pytest.raises(UserError, match=r"ToyGAN of tests.toys, which is none of gan-cli's\nIf you trust"):
        load_model(saved)
    with pytest.raises(UserError, match=r"module: no\.such cannot be imported"):
        load_model(saved, "no.such")


def test_a_checkpoints_data_set_has_the_arguments_it_had(workdir: Path) -> None:
    """Those too that its class only passes on."""
    for number in range(20):
        pictures.write(workdir / "elsewhere" / f"{number}.png")
    words = "--data ImageFolder --data.root elsewhere --data.image_channels 1 --data.cache none --data.num_workers 0"
    GANCLI(["fit", "--config", "dcgan.yaml", *TINY_FLAGS, *words.split(), "--trainer.max_steps", "1"])
    data = checkpoints.data_set(Path("checkpoints/dcgan-imagefolder/version_0/last.ckpt"))
    assert isinstance(data, ImageFolder)
    assert (data.root, data.image_size, data.cache, data.image_channels) == ("elsewhere", 16, "none", 1)
    data.setup("test")
