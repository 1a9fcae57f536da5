"""Made pictures beside real ones, by how much of what sentences say they show, in one table."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_cli.data.captions.nearest import nearest_sentences
from gan_cli.data.datamodules import Split
from gan_cli.metrics.captioned_digits import KINDS, Judge, judge_of, right, variety
from gan_cli.metrics.row_table import RowTable
from gan_cli.seeding import stream

if TYPE_CHECKING:
    from gan_cli.data.captions.captioned_digits import CaptionedDigits, Shown


def table(data: "CaptionedDigits", made: Tensor, numbers: Tensor, split: Split) -> RowTable:
    """The table of made pictures; see `GANDataModule.compared`.

    Args:
        data: The set.
        made: uint8 [N, 3, S, S].
        numbers: Of the held-out images whose sentences they were made from, int64 [N].
        split: The part that these are of.
    """
    train, held_out = data.known("train"), data.known(split)
    judge = judge_of(train.images, train.attributes, data.paints)
    said, names = held_out.attributes[numbers], held_out.names[numbers]
    read, real = judge.read(made), held_out.images[numbers]
    usual = variety(judge, real, judge.read(real)[:, 0])
    nearest = train.images[nearest_sentences(*(_first_sentences(data, s) for s in (split, "train")))[numbers]]
    shuffled = torch.randperm(len(numbers), generator=stream(0, "shuffled captions"))
    rows: dict[str, list[float | None]] = {"made": _row(judge, made, read, said, names, usual)}
    rows |= {
        name: [*right(read[cell], said[cell], names[cell]), None]
        for name, cell in _cells(held_out, numbers).items()
        if bool(cell.any())
    }
    rows["made, captions shuffled"] = [*right(read, said[shuffled], names[shuffled]), None]
    for name, pictures in {"held-out images": real, "training images of the nearest sentences": nearest}.items():
        rows[name] = _row(judge, pictures, judge.read(pictures), said, names, usual)
    notes = (
        f"made: {len(made):,} pictures of held-out sentences, one each; of what a sentence names, the share that is "
        "shown; colour, width and place by arithmetic, the number by a small classifier of digits without colour",
        "new sentence: of a template that no training sentence has; new combination: a number in a colour that it "
        "never has in training",
        "captions shuffled: what a generator reaches that does not read; held-out images: what the judges read of real "
        "ones; nearest sentences: those that share most words, by heart",
        "variety: how far pictures that show one number lie from their mean, in the classifier's features; low where "
        "few shapes are repeated",
    )
    return RowTable(f"{data.name} {split}: what sentences say", KINDS, rows, notes)


def _cells(held_out: "Shown", numbers: Tensor) -> dict[str, Tensor]:
    """Which things have sentences or combinations that were never seen, bool [N], by the names of the rows."""
    sentence, combination = held_out.new_sentence[numbers], held_out.new_combination[numbers]
    return {
        "  nothing new": ~sentence & ~combination,
        "  new sentence": sentence & ~combination,
        "  new combination": combination & ~sentence,
        "  both new": sentence & combination,
    }


def _row(judge: Judge, pictures: Tensor, read: Tensor, said: Tensor, names: Tensor, usual: float) -> list[float | None]:
    """All measures of pictures, with their variety as a multiple of that of real ones."""
    return [*right(read, said, names), variety(judge, pictures, read[:, 0]) / usual if usual else None]


def _first_sentences(data: "CaptionedDigits", split: Split) -> Tensor:
    return data.texts.encoded([of_one[0] for of_one in data.known(split).sentences])
