"""One table of several models on a set that has measures of its own."""

from collections.abc import Mapping

from benchmarks import runs
from gan_cli.data import GANDataModule
from gan_cli.evaluation.comparing import own_table
from gan_cli.inference.api import TrainedGAN
from gan_cli.metrics.row_table import RowTable


def compared(data: GANDataModule, models: Mapping[str, tuple[TrainedGAN, runs.Standing]]) -> RowTable:
    """What each model makes, and below it the rows that they share."""
    tables = {title: own_table(gan.model, data, seed=0) for title, (gan, _) in models.items()}
    made = {}
    for title, table in tables.items():
        assert table is not None
        at = models[title][1]
        made[f"{title} ({at.steps:,} batches, {at.seconds / 60:.0f} min)"] = table.rows["made"]
    first = next(iter(tables.values()))
    assert first is not None
    return first._replace(rows={**made, **{name: row for name, row in first.rows.items() if name != "made"}})
