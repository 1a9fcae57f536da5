"""What `gan test` adds to the discriminator's outputs: a table of scores, printed and written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from gan_cli import runs
from gan_cli.data import AdaptationDataModule, GANDataModule
from gan_cli.errors import UserError
from gan_cli.evaluation import adaptation, fifty_thousand, transferred
from gan_cli.evaluation.comparing import own_table
from gan_cli.evaluation.processes import by_first, place
from gan_cli.evaluation.scorer import Scorer
from gan_cli.evaluation.scores import FIELD, KINDS, Scores
from gan_cli.files import write_json
from gan_cli.metrics.features import check_name
from gan_cli.metrics.row_table import RowTable
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule


def score_and_write(
    model: AdversarialModule, data: GANDataModule, logged: Mapping[str, float], path: Path, options: Any
) -> Path:
    """Scores a model, prints the tables and writes them with what was logged.

    Args:
        model: The variant, on the device that is to compute.
        data: The data set, downloaded.
        logged: The discriminator's outputs and what else was measured.
        path: The checkpoint.
        options: Those of the verb.

    Returns:
        The file written.

    Raises:
        UserError: If a score is asked for that cannot be had, or an option is not possible.
        OSError: If the file cannot be written.
    """
    metrics, fields = check_asked(options.metrics, options.features, options.num)
    weights, folder = Path(options.weights) if options.weights else None, Path(options.cache_dir)
    scorer = Scorer(data, options.features, options.num, "test", metrics, weights, folder)
    note = ""
    try:
        tables = scorer.score(model, options.seed) if metrics != [] else []
        if fields:
            tables.append(fifty_thousand.of_model(model, data, fields, options.seed, weights, folder))
    except UserError as error:
        typed = options.features or options.weights or options.metrics or options.num
        if typed or not str(error).startswith(("features:", "data:")):
            raise
        tables, note = [], f"no scores. {error}"
    own = _own_table(model, data, options) if options.metrics is None else None
    file = Path(options.output) if options.output else path.parent / runs.SCORES
    if place()[0] == 0:
        show(tables)
        if own is not None:
            show_own(own)
        if note:
            print(note)
        head = {
            "checkpoint": str(path),
            "variant": type(model).__name__,
            "batches": model.counters.batches,
            "data": data.name,
            "split": "test",
            "seed": options.seed,
            "logged": dict(logged),
        }
        beside = {"own": own.as_dict()} if own is not None else {}
        write_json(file, {**head, "tables": [table.as_dict() for table in tables], **beside, "note": note})
        print(f"written: {file}")
    return file


def _own_table(model: AdversarialModule, data: GANDataModule, options: Any) -> RowTable | None:
    """What the set or the variant measures itself; of two domains how what is made is classified.

    These are no measures of a set: a run must not be able to choose a checkpoint by the labels of a target.
    """
    if isinstance(data, AdaptationDataModule) and isinstance(model, adaptation.Adapting):
        return by_first(lambda: adaptation.table(model, data, num=options.num))
    if isinstance(data, AdaptationDataModule) and isinstance(model, TranslationModule):
        return by_first(lambda: transferred.table(model, data, num=options.num))
    return own_table(model, data, options.seed, num=options.num)


def check_asked(metrics: str | None, features: str | None, num: int | None) -> tuple[list[str] | None, list[str]]:
    """What is to be measured, our own measures (None for all) and the field's, as far as it can be told from words.

    Raises:
        UserError: If a name is that of no measure or of no features, or the three do not go together.
    """
    own, fields = fifty_thousand.split_names(read_metrics(metrics))
    fifty_thousand.check(fields, features, num)
    if features is not None:
        check_name(features)
    return own, fields


def read_metrics(text: str | None) -> list[str] | None:
    """Names of measures as typed, such as "fid,kid" or "fid50k_full"; None where nothing was typed.

    Raises:
        UserError: If a name is not that of a measure.
    """
    if text is None:
        return None
    names = [word.strip() for word in text.strip("[]() ").split(",") if word.strip()]
    for name in names or [""]:
        if name == "pr50k3_full":
            raise UserError(
                "metrics: pr50k3_full is in features of VGG16, which are not made here; take precision,recall"
            )
        if name not in KINDS and name not in FIELD:
            raise UserError(f"metrics: {name!r} is none; there are {', '.join((*KINDS, *FIELD))}")
    return names


def show_own(table: RowTable) -> None:
    """Prints a set's own table, whose rows must not be broken, with its protocol."""
    console = Console(highlight=False, width=max(160, Console().width))
    console.print(table.table(), soft_wrap=True)
    for line in table.notes:
        console.print(line, soft_wrap=True, markup=False)
    console.print()


def show(tables: Sequence[Scores]) -> None:
    """Prints tables with their protocols."""
    console = Console(highlight=False)
    for table in tables:
        console.print(table.table() if table.scores else table.title)
        for line in table.lines():
            console.print(line, soft_wrap=True, markup=False)
        console.print()
