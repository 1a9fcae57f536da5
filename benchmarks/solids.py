"""3D-GAN on the embedded shapes and on a folder of solids, beside real solids and rows that learn nothing.

    python -m benchmarks.solids [--root data/shapenet_chairs] [--minutes 4] [--jobs 2]

For each set its own table, as `gan test` prints it, of the small recipe, of the same with the rule by which the
discriminator waits, and with the paper's learning rates, rule and prior; without `--root` of the embedded shapes alone.
How well the discriminator's features tell the embedded shapes' kinds is `gan probe`'s table. Real solids, made ones and
a walk, drawn, are in `<folder>/solids_<set>.png`. The command can be stopped and called again.
"""

from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from benchmarks import runs
from benchmarks.own_tables import compared
from gan_cli.data import Primitives, SolidDataModule, Solids
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.discriminator_features import discriminator_features
from gan_cli.media.medium import Beside
from gan_cli.media.pictures import save_png
from gan_cli.metrics.linear_probe import linear_probe

ENDLESS = 1_000_000
"""Batches that no run comes to: its minutes end it."""
SHOWN, STEPS = 8, 8
"""So many solids are drawn of each kind, and so many steps of a walk."""
CONFIGS = {"Primitives": "voxel_gan.yaml", "Solids": "voxel_gan_chairs.yaml"}
"""What each set is trained by."""
MODES: dict[str, dict[str, float | str]] = {
    "small recipe": {},
    "the same with the rule": {"model.accuracy_limit": 0.8},
    "published rates": {
        "model.generator_lr": 0.0025,
        "model.discriminator_lr": 1e-5,
        "model.accuracy_limit": 0.8,
        "model.latent_distribution": "uniform",
        "model.latent_dim": 200,
    },
}
"""What is compared, by its settings."""


def wanted(root: str | None) -> dict[str, list[runs.Run]]:
    """The runs by their set's name."""
    places: dict[str, str | None] = {"Primitives": None} | ({"Solids": root} if root else {})
    return {
        name: [
            runs.Run(
                title,
                CONFIGS[name],
                f"solids-{title.replace(' ', '-')}",
                None,
                place,
                {"trainer.max_steps": ENDLESS, **settings},
            )
            for title, settings in MODES.items()
        ]
        for name, place in places.items()
    }


def data_of(name: str, gan: TrainedGAN) -> SolidDataModule:
    """The set that runs were trained on."""
    arguments = gan.model.data_arguments
    return Primitives(**arguments) if name == "Primitives" else Solids(**arguments)


def probed(data: SolidDataModule, model: Any) -> tuple[float, float]:
    """How many of the held-out solids a linear classifier tells by the discriminator's features, and by the voxels."""
    features, voxels, labels = [], [], []
    for split in ("train", "test"):
        part = data.part(split)
        solids = part[torch.arange(len(part))].batch.real.float()
        features.append(torch.cat([discriminator_features(model, some) for some in solids.split(64)]))
        voxels.append(solids.flatten(1))
        labels.append(part[torch.arange(len(part))].batch.labels)
    by_features, by_voxels = (
        linear_probe(ours[0], labels[0], ours[1], labels[1]).accuracy for ours in (features, voxels)
    )
    return by_features, by_voxels


def draw(data: SolidDataModule, gan: TrainedGAN, path: Path) -> None:
    """Draws held-out solids, made ones and a walk, a row each."""
    part = data.part("test")
    real = part[torch.arange(SHOWN) * len(part) // SHOWN].batch.real
    rows = torch.stack([real, gan.sample(SHOWN), gan.interpolate([0, 1], steps=STEPS)])
    save_png(data.fields["solids"].walks(rows, Beside()), path)


def main() -> None:
    parser = runs.parser(__doc__, minutes=4, root=False)
    parser.add_argument("--root", default=None, help="folder of solids")
    parser.add_argument("--only", nargs="+", default=list(MODES), choices=list(MODES), help="of the recipes")
    options = parser.parse_args()
    every = {name: [run for run in each if run.title in options.only] for name, each in wanted(options.root).items()}
    runs.train(
        [run for each in every.values() for run in each], options.folder, jobs=options.jobs, minutes=options.minutes
    )
    console = Console(width=220, highlight=False)
    for name, each in every.items():
        models = {run.title: (TrainedGAN(at.checkpoint), at) for run, at in runs.trained(each, options.folder)}
        if not models:
            continue
        data = data_of(name, next(iter(models.values()))[0])
        table = compared(data, models)
        console.print(table.table())
        console.print("\n".join(table.notes), markup=False)
        if data.facts["num_classes"] > 1:
            for title, (gan, _) in models.items():
                ours, plain = probed(data, gan.model)
                console.print(f"{title}: {ours:.1%} of the kinds are told by its discriminator, {plain:.1%} by voxels")
        draw(data, next(iter(models.values()))[0], options.folder / f"solids_{name.lower()}.png")


if __name__ == "__main__":
    main()
