"""What two processes do: train, go on, score, sample, translate; and then one of them dies.

python -m tests.two_processes FOLDER DEVICES CHECKPOINT
"""

import contextlib
import io
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor

from gan_cli import __main__, verbs
from gan_cli.__main__ import main
from gan_cli.batches import AnyBatch, LoadedBatch
from gan_cli.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from gan_cli.callbacks.run_length import RunLength
from gan_cli.command.running import short_errors
from gan_cli.data.datamodules import Split
from gan_cli.devices.strategy import PlayersDDP
from tests.evaluation.scored import dealt_out, scores
from tests.toys import FewUnpaired, ToyGAN
from tests.variant_rows import ROWS, VariantRow

STEPS = 6
GLOBAL_BATCH = 16

NO_NORM: dict[str, Any] = {"norm": "none", "generator_norm": "none"}
CHANGES: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("lsgan", "wgan", "wgan-lp", "r3gan-dcgan", "dcgan", "dcgan-packed", "cgan"), NO_NORM),
    **dict.fromkeys(("cgan-mismatched", "acgan", "sgan-adversarial"), NO_NORM),
    "sngan-cnn": {"generator_norm": "none"},
    "sngan-resnet": {"generator_norm": "none"},
    "cyclegan": {"pool_size": 0},
    "cyclegan-no-identity": {"pool_size": 0},
    "wgan-gp": {"accumulate": 2, **NO_NORM},
    "r3gan": {"generator_batch_multiple": 2},
    "pix2pix-regression": {"dropout": 0.0},
    "deblurgan": {"dropout": 0.0},
    "tp-gan": {"norm": "none", "dropout": 0.0},
    "vqgan": {"lambda_adversarial": 0.0},
    "caption-gan": {"dropout": 0.0},
    "caption-gan-of-images": {"dropout": 0.0},
    "vq-transformer": {"dropout": 0.0},
    "pixelda": {"norm": "none", "discriminator_noise": 0.0, "dropout": 0.0},
}
"""What leaves nothing that depends on the process: normalisation over a batch, pools, dropout."""

APART = {
    "gan-tricks": "noise on what the discriminator sees",
    "dcgan-augmented": "augmentation",
    "wgan-gp-supervised": "batch normalisation, by class",
    "cgan-projection": "batch normalisation, by class",
    "sngan-projection": "batch normalisation, by class",
    "fastgan": "batch normalisation in both players, and noise",
    "projected-gan": "batch normalisation in both players",
    **dict.fromkeys(("sagan", "biggan"), "batch normalisation"),
    "sgan": "the mean features of a batch",
    "sgan-cnn": "dropout",
    "pix2pix": "batch normalisation in the discriminator",
    "srgan": "batch normalisation in both players",
    **dict.fromkeys(("midinet", "midinet-stable"), "batch normalisation in both players"),
    **dict.fromkeys(("vgan", "conditional-vgan"), "batch normalisation in both players"),
    "dvdgan": "batch normalisation",
    **dict.fromkeys(("voxel-gan", "voxel-gan-by-class"), "batch normalisation in both players"),
    **dict.fromkeys(("context-encoder", "context-encoder-told", "context-encoder-regression"), "batch normalisation"),
    **dict.fromkeys(("colorization", "colorization-pretraining"), "batch normalisation"),
    "spade-of-maps-alone": "batch normalisation",
    **dict.fromkeys(("gan-cls", "gan-int"), "batch normalisation in both players"),
    **dict.fromkeys(("stackgan-stage-one", "stackgan-stage-two"), "batch normalisation in both players"),
    **dict.fromkeys(("stackgan-pp", "stackgan-pp-colours"), "batch normalisation in both players"),
    **dict.fromkeys(("dtn", "dtn-of-faces"), "batch normalisation in both players"),
    "living-portraits": "batch normalisation",
    **dict.fromkeys(("icgan", "icgan-by-class"), "batch normalisation in both players"),
    "deblurgan-v2": "outputs are compared with the mean of those at hand",
}
"""Rows in which two processes differ from one by construction: they take statistics or noise of their own."""

UNDETERMINED = {
    "stargan-v2": r"(generator|ema\.network)\.translator\.(.*\.)?(enter|first|second)\.bias",
    "living-portraits-judged": r"generator\..*hourglass\.(down\.\d\.0|up\.\d\.1)\.bias"
    r"|generator\.painter\.(enter\.0|enter\.3\.0|leave\.0\.layers\.2|leave\.1\.1)\.bias|discriminator\.layers\.1\.bias",
    "vqgan": r"(generator|ema\.network)\..*\.key\.bias",
    **dict.fromkeys(
        ("vq-transformer", "vq-transformer-alone", "vq-transformer-of-words", "vq-transformer-of-maps"),
        r"(generator|ema\.network)\..*\.enter\.bias",
    ),
}
"""Weights, by row, whose gradient is rounding alone, which Adam makes steps of: biases that a norm takes away again, or
that attention adds to all it compares."""

TOY = VariantRow("toy", ToyGAN, {"n_critic": 2, "accumulate": 2}, tiny={"image_size": 16})


def compared() -> list[VariantRow]:
    """What two processes must compute as one does."""
    return [
        row._replace(arguments={**row.arguments, **CHANGES.get(row.name, {})})
        for row in (TOY, *ROWS)
        if row.name not in APART
    ]


def doubled(part: Any) -> Any:
    """A field of a batch in float64, if it is of floats."""
    return part.double() if isinstance(part, Tensor) and part.is_floating_point() else part


def in_double(kind: Any) -> Any:
    """A data set that gives float64."""

    class Double(kind):  # type: ignore[misc]
        def on_device(self, loaded: LoadedBatch) -> AnyBatch:
            batch = super().on_device(loaded)
            made: AnyBatch = type(batch)(*map(doubled, batch))
            return made

    return Double


class Fewer(FewUnpaired):
    """Two batches of pictures."""

    def digits(self, split: Split) -> Tensor:
        return super().digits(split)[: 2 * GLOBAL_BATCH]


def fit(
    row: VariantRow, devices: int, steps: int = STEPS, precision: Any = "64-true", resume: Path | None = None
) -> tuple[Any, Trainer]:
    """A model that was trained, and what trained it; -1 steps are as many as its learning rates need to fall to 0."""
    torch.manual_seed(0)
    model = row.make()
    trainer = Trainer(
        accelerator="cpu",
        devices=devices,
        strategy=PlayersDDP() if devices > 1 else "auto",
        precision=precision,
        max_steps=steps,
        max_epochs=-1,
        callbacks=[RunLength()],
        limit_val_batches=0,
        logger=False,
        plugins=[AtomicCheckpointIO()],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    data = (in_double(row.data) if precision == "64-true" else row.data)(
        image_size=row.image_size, batch_size=GLOBAL_BATCH // devices
    )
    trainer.fit(model, data, ckpt_path=resume)
    return model, trainer


def weights(devices: int) -> dict[str, dict[str, Tensor]]:
    """What each row has learned."""
    return {row.name: fit(row, devices)[0].state_dict() for row in compared()}


def resumed() -> dict[str, VariantRow]:
    """What is gone on with: CycleGAN with its pools, for three passes, and DCGAN with batch normalisation."""
    cyclegan, dcgan = (next(row for row in ROWS if row.name == name) for name in ("cyclegan", "dcgan"))
    three_passes = {**cyclegan.arguments, "constant_epochs": 1, "decay_epochs": 2}
    return {
        "cyclegan": cyclegan._replace(arguments=three_passes, data=Fewer),
        "dcgan": dcgan._replace(arguments={**dcgan.arguments, "lr_decay_end": STEPS}),
    }


def resume(folder: Path, devices: int) -> None:
    """Saves them uninterrupted, half-way, and gone on with."""
    for name, row in resumed().items():
        half = folder / f"{name}-half.ckpt"
        for path, steps, before in (
            (folder / f"{name}-whole.ckpt", -1, None),
            (half, STEPS // 2, None),
            (folder / f"{name}-again.ckpt", -1, half),
        ):
            _, trainer = fit(row, devices, steps, "32-true", before)
            trainer.save_checkpoint(path)


def sample(checkpoint: Path, target: Path, devices: int) -> None:
    """Three images in one batch, so that a second process gets none."""
    words = f"--num 3 --output {target} --trainer.devices {devices} --trainer.strategy ddp --trainer.accelerator cpu"
    verbs.run(["sample", "--ckpt", str(checkpoint), *words.split()])


def translate(folder: Path, devices: int) -> dict[str, Any]:
    """One file, so that a process is idle, and then a folder of them; what was said, and the verb's last word."""
    words = f"translate --ckpt {folder / 'paired.ckpt'} --gallery --trainer.devices {devices} --trainer.strategy ddp"
    common = [*words.split(), "--trainer.accelerator", "cpu"]
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as said:
        main([*common, "--input", "photos/a.png", "--output", "one"])
        code = main([*common, "--input", "photos", "--output", "many"])
    return {"code": code, "said": said.getvalue()}


def lose_the_second() -> int:
    """The exit code of the first process, which says that the second one was killed; all that it needed is written."""
    torch.distributed.barrier()
    if torch.distributed.get_rank() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(__main__, "_answer", wait_for_the_others)
        return main(["fit"])


def wait_for_the_others(_: list[str]) -> None:
    """As a step of training does."""
    with short_errors("fit"):
        torch.distributed.barrier()


if __name__ == "__main__":
    place, number = Path(sys.argv[1]), int(sys.argv[2])
    learned = weights(number)
    resume(place, number)
    found = scores(place, number)
    dealt_out()
    sample(Path(sys.argv[3]), place / "sampled.npz", number)
    translated = translate(place, number)
    rank = torch.distributed.get_rank()
    (place / f"scores-{rank}.json").write_text(json.dumps(found))
    (place / f"translated-{rank}.json").write_text(json.dumps(translated))
    if rank == 0:
        torch.save(learned, place / "weights")
    sys.exit(lose_the_second())
