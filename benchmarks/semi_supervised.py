"""What unlabelled images are worth: SGAN with 10 labels a class, beside its discriminator trained on these alone.

    python -m benchmarks.semi_supervised [--root FOLDER] [--jobs 2] [--minutes 8]

Five draws of the labelled images, seeds 0 to 4, and test accuracy as `gan test` gives it. The supervised network is the
same one, with the same images, augmentation, optimizer and number of steps. The command can be stopped and called
again. Without MNIST under --root it takes Digits.
"""

from statistics import mean, stdev
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import Adam

from benchmarks import runs
from gan_cli import data
from gan_cli.batches import Batch
from gan_cli.command.running import hush
from gan_cli.data import ImageDataModule
from gan_cli.inference.checkpoints import load_model
from gan_cli.inference.validation import evaluate
from gan_cli.media.pictures import to_float
from gan_cli.objectives.augment import diff_augment
from gan_cli.seeding import stream
from gan_cli.variants import SGAN

SEEDS = range(5)
ANYWHERE = {"accelerator": "auto", "devices": 1, "num_nodes": 1, "strategy": "auto", "precision": "32-true"}


class Accuracies(NamedTuple):
    """Test accuracies of one draw of labelled images."""

    sgan: float
    supervised: float


def supervised(model: SGAN, labelled: Batch, *, steps: int, batch_size: int, seed: int) -> nn.Module:
    """The discriminator of an SGAN, made anew and trained on labelled images alone; in eval mode.

    Args:
        model: Gives the network, the augmentation and the optimizer's settings.
        labelled: Images as the model sees them, on the device to train on.
        steps: Batches to train on.
        batch_size: Labelled images of a step, drawn with replacement as SGAN does.
        seed: Of the weights and the batches.
    """
    device = labelled.real.device
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = type(model)(**model.hparams).discriminator.to(device)
        settings = model.hparams
        optimizer = Adam(network.parameters(), settings["discriminator_lr"], settings["adam_betas"])
        random = stream(seed, "supervised")
        for _ in range(steps):
            chosen = torch.randint(len(labelled.labels), (batch_size,), generator=random).to(device)
            with torch.autocast(device.type, torch.bfloat16, enabled=runs.autocast()):
                logits = network(diff_augment(labelled.real[chosen], model.augment))
            optimizer.zero_grad()
            cross_entropy(logits.float(), labelled.labels[chosen]).backward()
            optimizer.step()
    return network.eval()


@torch.inference_mode()
def test_accuracy(network: nn.Module, held_out: Batch, device: torch.device) -> float:
    """The share of held-out images that a network tells."""
    said = [network(to_float(images.to(device))).argmax(1).cpu() for images in held_out.real.split(1000)]
    return float((torch.cat(said) == held_out.labels).float().mean())


def accuracies(standing: runs.Standing, module: ImageDataModule, seed: int) -> Accuracies:
    """SGAN's test accuracy after a run, and that of as many steps on the labelled images alone."""
    model = load_model(standing.checkpoint)
    assert isinstance(model, SGAN)
    module.setup("fit")
    device = torch.device(runs.device())
    labelled = module.labelled(model.num_labelled, seed, device)
    network = supervised(model, labelled, steps=standing.steps, batch_size=module.batch_size, seed=seed)
    assert module.held_out_set is not None
    logged, _ = evaluate("test", model, module, ANYWHERE)
    return Accuracies(
        sgan=logged["metric/accuracy"],
        supervised=test_accuracy(network, module.held_out_set[torch.arange(len(module.held_out_set))].batch, device),
    )


def main() -> None:
    options = runs.parser(__doc__, minutes=8).parse_args()
    dataset = "MNIST" if runs.has_mnist(options.root) else "Digits"
    wanted = [
        runs.Run(f"sgan, seed {seed}", "sgan.yaml", name=f"seed{seed}", data=dataset, root=options.root, seed=seed)
        for seed in SEEDS
    ]
    hush()
    runs.train(wanted, options.folder, jobs=options.jobs, minutes=options.minutes)
    batch_size = runs.wanted_settings(wanted[0])["data"]["init_args"]["batch_size"]
    module = getattr(data, dataset)(root=options.root, batch_size=batch_size)
    table = Table("seed", "SGAN", "supervised on the labelled images alone", title=f"{dataset}, 10 labels a class")
    draws = []
    for run, standing in runs.trained(wanted, options.folder):

        def compute(standing: runs.Standing = standing, seed: int = run.seed) -> dict[str, float]:
            return accuracies(standing, module, seed)._asdict()

        path = standing.checkpoint.with_name("scores.json")
        draws.append(Accuracies(**runs.remembered(path, [standing.checkpoint], compute)))
        table.add_row(f"{run.seed}{standing.mark()}", *(f"{share:.1%}" for share in draws[-1]))
    if len(draws) > 1:
        table.add_section()
        columns = list(zip(*draws, strict=True))
        table.add_row("mean, deviation", *(f"{mean(column):.1%}, {stdev(column):.1%}" for column in columns))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
