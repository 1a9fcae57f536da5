"""Adaptation to a domain without labels, beside no adaptation and the target's labels, over several seeds.

    python -m benchmarks.adaptation [--root FOLDER] [--only mnist2usps ...] [--seeds 5] [--share 1] [--jobs 1]

Target test accuracy after a number of batches that is fixed here (times --share); the traces show what other numbers
would have given, and nothing is chosen by them. To compare with, each seed trains the same classifier (LeNet with 100
features) on source labels alone, with half of the images inverted where the target is coloured, and on the target's
labels. Below --root are MNIST/ or mnist/MNIST/, usps.h5 or usps/usps.h5 (or LIBSVM's files), and mnist_m/; without them
only what is embedded is trained. The command can be stopped and called again.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple, cast

from rich.console import Console
from rich.table import Table

from benchmarks import runs
from gan_cli.data import MNISTM, USPS, AdaptationDataModule, AdaptedDigits, Domains
from gan_cli.errors import UserError
from gan_cli.evaluation import adaptation
from gan_cli.evaluation.adaptation import INVERTED, SOURCE_ONLY, TARGET_LABELS, Domain, Lesson
from gan_cli.inference import checkpoints
from gan_cli.variants import DANN

LESSON_STEPS, BATCH = 1_000, 64
"""How long classifiers to compare with are trained, and how many images each batch of all has of each domain."""
NETWORK: dict[str, Any] = {"architecture": "lenet", "hidden_dim": 100}
"""The classifier, as the configs have it."""
TRACE = "metric/target_accuracy"


class Task(NamedTuple):
    """From which domain to which.

    Attributes:
        title: What tables call it.
        data: The set.
        settings: Its arguments.
        image_size: Side of the images in pixels.
    """

    title: str
    data: str
    settings: Mapping[str, Any]
    image_size: int


class Method(NamedTuple):
    """How a classifier is adapted.

    Attributes:
        config: Packaged config.
        steps: Batches.
        settings: What else is counted in batches.
    """

    config: str
    steps: int
    settings: Mapping[str, int]


METHODS = {
    "DANN": Method("dann.yaml", 2_000, {"model.schedule_steps": 2_000}),
    "ADDA": Method("adda.yaml", 2_000, {"model.source_steps": 1_000}),
    "PixelDA": Method("pixelda.yaml", 1_000, {}),
}
TASKS = {
    "embedded": Task("digits to digits before photographs", "AdaptedDigits", {"data.look": "blended"}, 32),
    "thick": Task("digits to digits of wider strokes", "AdaptedDigits", {"data.look": "thick"}, 32),
    "mnist2usps": Task("MNIST to USPS", "Domains", {"data.source": "MNIST", "data.target": "USPS"}, 28),
    "usps2mnist": Task("USPS to MNIST", "Domains", {"data.source": "USPS", "data.target": "MNIST"}, 28),
    "mnist2mnistm": Task("MNIST to MNIST-M", "Domains", {"data.source": "MNIST", "data.target": "MNISTM"}, 32),
}
PLAN: tuple[tuple[str, str, int], ...] = (
    *(("mnist2usps", method, 5) for method in ("ADDA", "DANN")),
    *(("thick", method, 5) for method in ("ADDA", "DANN")),
    *(("embedded", method, 5) for method in ("PixelDA", "DANN")),
    *(("usps2mnist", method, 2) for method in ("ADDA", "DANN")),
    *(("mnist2mnistm", method, 2) for method in ("DANN", "PixelDA")),
)
"""Which methods are tried on which tasks, with how many seeds."""
PUBLISHED = {
    ("mnist2usps", SOURCE_ONLY): "75 to 82",
    ("mnist2usps", "DANN"): "77 to 85",
    ("mnist2usps", "ADDA"): "89.4",
    ("mnist2usps", "PixelDA"): "95.9",
    ("mnist2mnistm", SOURCE_ONLY): "52 to 64",
    ("mnist2mnistm", "DANN"): "76.7",
    ("mnist2mnistm", "PixelDA"): "98.2",
}
"""Accuracies in percent as papers print them, of longer training and of several splits and networks."""


def run_of(task: str, method: str, seed: int, root: str, share: float = 1.0) -> runs.Run:
    """The run of a method on a task, with a share of its batches."""
    how, where = METHODS[method], TASKS[task]
    phases = {name: round(share * value) for name, value in how.settings.items()}
    settings: dict[str, Any] = {**phases, **where.settings, "trainer.max_steps": round(share * how.steps)}
    if where.data == "Domains":
        settings["data.source_root" if settings["data.source"] == "MNIST" else "data.target_root"] = mnist_below(root)
        settings["trainer.limit_val_batches"] = 4
    settings |= {"data.image_size": where.image_size, "data.batch_size": BATCH}
    return runs.Run(
        f"{method}, {where.title}, seed {seed}",
        how.config,
        name=f"{task}-{seed}" if share == 1 else f"{task}-{seed}-{share:g}",
        data=where.data,
        root=root if where.data == "Domains" else None,
        settings=settings,
        seed=seed,
    )


def mnist_below(root: str) -> str:
    """The folder in which torchvision finds MNIST: the root, or `mnist` in it."""
    return root if runs.has_mnist(root) else str(Path(root) / "mnist")


def without(task: str, root: str) -> str | None:
    """What keeps a task from being trained, where its sets are not below the folder of data sets or cannot be read."""
    names = {value for key, value in TASKS[task].settings.items() if key in ("data.source", "data.target")}
    if "MNIST" in names and not runs.has_mnist(mnist_below(root)):
        return f"no MNIST below {root}"
    try:
        if "USPS" in names:
            USPS(root, image_size=16).read(train=False)
        if "MNISTM" in names:
            MNISTM(root=root).labelled_files("test")
    except UserError as error:
        return str(error)
    return None


def data_of(task: str, root: str) -> AdaptationDataModule:
    """A task's set."""
    where = TASKS[task]
    settings: dict[str, Any] = {key.removeprefix("data."): value for key, value in where.settings.items()}
    if where.data == "AdaptedDigits":
        return AdaptedDigits(**settings, image_size=where.image_size)
    mnist = "source_root" if settings["source"] == "MNIST" else "target_root"
    return Domains(**settings | {mnist: mnist_below(root)}, root=root, image_size=where.image_size)


def compared_with(data: AdaptationDataModule, seed: int, share: float = 1.0) -> dict[str, float]:
    """Target test accuracies, in percent, of classifiers that are not adapted and of one that knows the labels."""
    source, target = (Domain(data.whole(side, "train"), data.whole(side, "test")) for side in ("source", "target"))
    facts = data.facts
    model = DANN(**{name: facts[name] for name in ("num_classes", "image_size", "image_channels")}, **NETWORK)
    lesson = Lesson(round(share * LESSON_STEPS), BATCH, seed)
    networks = adaptation.compared_with(model, lesson, source, target)
    return {name: adaptation.accuracy(network, *target.test) for name, network in networks.items()}


def trace(checkpoint: Path) -> list[tuple[int, float]]:
    """The target accuracies that a run has logged, by batches; nothing is chosen by them."""
    path = checkpoint.with_name("metrics.csv")
    rows: Sequence[Mapping[str, str]] = list(csv.DictReader(path.open(encoding="utf-8"))) if path.is_file() else []
    return [(int(float(row["step"])), float(row[TRACE])) for row in rows if row.get(TRACE)]


def spread(values: Sequence[float]) -> str:
    """Mean, deviation and number of accuracies."""
    if not values:
        return ""
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "") + f"  ({len(values)})"


def show(task: str, scores: Mapping[str, Sequence[float]], console: Console) -> None:
    """Prints a task's table: what was not adapted first, the ceiling last."""
    table = Table(
        "", "target %, mean ± deviation (seeds)", "published %", title=TASKS[task].title, title_justify="left"
    )
    order = [SOURCE_ONLY, INVERTED, *METHODS, TARGET_LABELS]
    for name in (name for name in order if scores.get(name)):
        table.add_row(name, spread(scores[name]), PUBLISHED.get((task, name), ""))
    console.print(table)


def main() -> None:
    parser = runs.parser(__doc__, minutes=4)
    parser.add_argument("--only", nargs="+", choices=tuple(TASKS), default=list(TASKS), help="tasks")
    parser.add_argument("--methods", nargs="+", choices=tuple(METHODS), default=list(METHODS), help="methods")
    parser.add_argument("--seeds", type=int, default=5, help="at most so many seeds of each")
    parser.add_argument("--share", type=float, default=1.0, help="of the numbers of batches, for a shorter look")
    options = parser.parse_args()
    console = Console(width=120, highlight=False)
    for task in options.only:
        plan = [(method, seeds) for name, method, seeds in PLAN if name == task and method in options.methods]
        if not plan:
            continue
        if TASKS[task].data == "Domains" and (reason := without(task, options.root)):
            console.print(f"{TASKS[task].title}: left out: {reason}")
            continue
        seeds = {method: range(min(number, options.seeds)) for method, number in plan}
        wanted = {
            (method, seed): run_of(task, method, seed, options.root, options.share)
            for method in seeds
            for seed in seeds[method]
        }
        runs.train(list(wanted.values()), options.folder, jobs=options.jobs, minutes=options.minutes)
        scores: dict[str, list[float]] = {}
        data = data_of(task, options.root)
        for seed in range(max(map(len, seeds.values()))):
            path = options.folder / f"adaptation-{task}-{seed}-{options.share:g}.json"
            found = runs.remembered(path, [], lambda data=data, seed=seed: compared_with(data, seed))  # type: ignore[misc]
            for name, value in found.items():
                scores.setdefault(name, []).append(value)
        for (method, seed), run in wanted.items():
            for _, at in runs.trained([run], options.folder):
                if at.mark():
                    console.print(f"{run.title}{at.mark()}: not at its end, and not counted")
                    continue

                def compute(at: runs.Standing = at, data: AdaptationDataModule = data) -> float:
                    return adaptation.target_accuracy(checkpoints.load_model(at.checkpoint), data, "test")

                value = cast(float, runs.remembered(at.checkpoint.with_name("score.json"), [at.checkpoint], compute))
                scores.setdefault(method, []).append(value)
                steps = ", ".join(f"{share:.1f} ({step:,})" for step, share in trace(at.checkpoint))
                console.print(f"{method}, seed {seed}: {value:.1f}; trace {steps}; {at.seconds:.0f} s")
        show(task, scores, console)


if __name__ == "__main__":
    main()
