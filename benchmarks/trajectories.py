"""SocialGAN on the five scenes of ETH and UCY and on people who must avoid each other, beside what needs no network.

    python -m benchmarks.trajectories --root DATASETS [--only scenes crossings] [--jobs 2] [--minutes 4]

`DATASETS` holds `eth_ucy/<scene>/{train,val,test}`.

`scenes`: one of the five left out, 8 steps (3.2 seconds) from 8 observed ones, after a short training. Columns: the
scenes and their mean, each ADE / FDE in metres. Rows: constant velocity, linear fit and standing still; an LSTM, which
is the same network without an adversary, one guess and no choice of the best; SocialGAN, of 20 futures the mean, the
best for each person, and the best for a scene as a whole, which is how the paper counts; the paper's own numbers.

`crossings`: made people who would meet at one place. Columns: ADE of the best for a scene, ADE and FDE of the mean, and
how many people are nearer than 0.1 m to another at a step. Rows: the same baselines, and SocialGAN without pooling,
with it, and with pooling after every step too.

Plots of scenes with 20 futures are in `<folder>/<name>.png`. The command can be stopped and called again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import runs
from gan_cli.data import Crossings, SceneDataModule, SceneFolder
from gan_cli.evaluation.comparing import own_table
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.examples import examples_of
from gan_cli.inference.pictures import beside
from gan_cli.media.pictures import save_png
from gan_cli.metrics.futures import BASELINES, KINDS
from gan_cli.metrics.row_table import RowTable

SCENES = ("eth", "hotel", "univ", "zara1", "zara2")
STEPS = 600
"""Batches of the short training on each scene; the generator steps on half of them."""
SHOWN = 180
"""So many futures are on a sheet, 20 of each scene."""

PUBLISHED = {
    "paper, LSTM": ("0.70 / 1.45", "0.55 / 1.17", "0.36 / 0.77", "0.25 / 0.53", "0.31 / 0.65", "0.43 / 0.91"),
    "paper, SGAN-20V-20, best for a scene": (
        *("0.61 / 1.22", "0.48 / 0.95", "0.36 / 0.75", "0.21 / 0.42", "0.27 / 0.54"),
        "0.39 / 0.78",
    ),
}
"""Gupta et al. 2018, table 1, 8 steps."""
COUNTED = {"mean of 20": "_mean", "best of 20 for a person": "_by_person", "best of 20 for a scene": ""}
"""Ways to count 20 futures, and the endings of their measures."""
ALONE = {"model.lambda_adversarial": 0.0, "model.guesses": 1, "model.n_critic": 1, "model.pooling": "none"}
"""What leaves an LSTM."""

Errors = Mapping[str, float | None]


def scene_runs(root: Path) -> dict[str, dict[str, runs.Run]]:
    """The runs of the five scenes: by scene, and by row."""
    found = {}
    for scene in SCENES:
        settings = {
            "data.root": str(root / "eth_ucy"),
            "data.scene": scene,
            "data.future_steps": 8,
            "data.batch_size": 32,
            "model.lambda_variety": 32.0,
            "trainer.max_steps": STEPS,
            "trainer.max_epochs": -1,
        }
        alone = {**settings, **ALONE, "trainer.max_steps": STEPS // 2}
        found[scene] = {
            "LSTM": runs.Run(f"{scene}, LSTM", "social_gan_eth_ucy.yaml", f"{scene}-lstm", settings=alone),
            "SocialGAN": runs.Run(f"{scene}, SocialGAN", "social_gan_eth_ucy.yaml", scene, settings=settings),
        }
    return found


def crossing_runs() -> dict[str, runs.Run]:
    """The runs on those who avoid each other, by row."""
    return {
        f"SocialGAN, {title}": runs.Run(
            f"crossings, {title}", "social_gan.yaml", kind, settings={"model.pooling": kind}
        )
        for title, kind in (("no pooling", "none"), ("pooling", "once"), ("pooling after every step", "every_step"))
    }


def scored(run: runs.Run, data: SceneDataModule, folder: Path) -> tuple[str, RowTable] | None:
    """How far a run is, and its table on the held-out scenes, all of them; None where nothing of it is saved."""
    for _, at in runs.trained([run], folder):
        model = TrainedGAN(at.checkpoint).model
        table = own_table(model, data, seed=0)
        assert table is not None
        return at.mark(), table
    return None


def row(table: RowTable, name: str = "made") -> dict[str, float | None]:
    """What a table says of one thing, by the measures' names."""
    return dict(zip(KINDS, table.rows[name], strict=True))


def sheet(run: runs.Run, data: SceneDataModule, folder: Path, path: Path) -> None:
    """Plots of scenes with 20 futures each."""
    for _, at in runs.trained([run], folder):
        model = TrainedGAN(at.checkpoint).model
        made, _, given = examples_of(model, data, SHOWN)
        save_png(model.medium.page(made, beside(model, given=given.shown, real=given.real)), path)


def cell(values: Mapping[str, float]) -> str:
    """ADE and FDE."""
    return f"{values['ade']:.2f} / {values['fde']:.2f}"


def rows_of_scene(lstm: RowTable, gan: RowTable) -> dict[str, dict[str, float]]:
    """The errors of one scene by row."""
    errors = {name: _best(row(gan, name)) for name in BASELINES}
    errors["LSTM without an adversary"] = _best(row(lstm), "_mean")
    for title, ending in COUNTED.items():
        errors[f"SocialGAN, {title}"] = _best(row(gan), ending)
    return errors


def _best(values: Errors, ending: str = "") -> dict[str, float]:
    return {name: values[f"{name}{ending}"] or 0.0 for name in ("ade", "fde")}


def table_of_scenes(found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Table:
    """The five scenes and their mean, for each row."""
    table = Table("ADE / FDE in m, 8 steps", *found, "mean", title="ETH and UCY, one scene left out")
    for name in next(iter(found.values())):
        each = [errors[name] for errors in found.values()]
        mean = {kind: sum(one[kind] for one in each) / len(each) for kind in ("ade", "fde")}
        table.add_row(name, *map(cell, each), cell(mean))
    for name, cells in PUBLISHED.items():
        known = dict(zip(SCENES, cells, strict=False))
        table.add_row(name, *(known[scene] for scene in found), cells[-1] if len(found) == len(SCENES) else "")
    return table


def table_of_crossings(found: Mapping[str, RowTable]) -> Table:
    """Errors and collisions, for each row."""
    columns = ("ade", "ade_mean", "fde_mean", "collisions")
    heads = ("ADE, best of 20", "ADE, mean", "FDE, mean", "nearer than 0.1 m")
    table = Table("800 held-out scenes", *heads, title="Crossings, 8 steps")
    some = next(iter(found.values()))
    rows = {**{name: row(some, name) for name in BASELINES}, **{name: row(one) for name, one in found.items()}}
    for name, values in {**rows, "the truth": row(some, "the truth")}.items():
        told = [None if (value := values[column]) is None else f"{value:.3f}" for column in columns[:3]]
        table.add_row(name, *told, f"{values['collisions']:.2%}")
    return table


def main() -> None:
    parser = runs.parser(__doc__, minutes=4)
    parser.add_argument("--only", nargs="+", choices=["scenes", "crossings"], metavar="NAME", help="without it both")
    options = parser.parse_args()
    wanted: Sequence[str] = options.only or ["crossings", "scenes"]
    root, folder = Path(options.root), options.folder
    of_scenes = scene_runs(root) if "scenes" in wanted else {}
    of_crossings = crossing_runs() if "crossings" in wanted else {}
    every = [*of_crossings.values(), *(run for rows in of_scenes.values() for run in rows.values())]
    runs.train(every, folder, jobs=options.jobs, minutes=options.minutes)
    console = Console(width=140)
    if of_crossings:
        held_out: Any = Crossings()
        known = {name: scored(run, held_out, folder) for name, run in of_crossings.items()}
        found = {name + one[0]: one[1] for name, one in known.items() if one}
        console.print(table_of_crossings(found))
        sheet(of_crossings["SocialGAN, pooling"], held_out, folder, folder / "crossings.png")
    by_scene = {}
    for scene, rows in of_scenes.items():
        data = SceneFolder(root=str(root / "eth_ucy"), scene=scene)
        each = [scored(run, data, folder) for run in rows.values()]
        if all(each):
            by_scene[scene] = rows_of_scene(*(one[1] for one in each if one))
            sheet(rows["SocialGAN"], data, folder, folder / f"{scene}.png")
    if by_scene:
        console.print(table_of_scenes(by_scene))


if __name__ == "__main__":
    main()
