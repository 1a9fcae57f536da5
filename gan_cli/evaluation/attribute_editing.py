"""The table of a model that gives pictures other attributes: what it makes beside copies, means and real pictures.

Of each held-out picture each attribute is turned into its opposite, one at a time; where pictures have classes, it is
to have the next class. A classifier that was trained on real training pictures alone reads what came of it: never the
model's own encoder, which the generator might please by what nobody sees.
"""

from statistics import mean
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from gan_cli.batches import ImageBatch
from gan_cli.data import GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.inference.attribute_changes import Column, applied, change_of
from gan_cli.inference.attribute_editor import AT_ONCE, Editor
from gan_cli.inference.latents import seeded_latents
from gan_cli.metrics import attribute_editing as measured
from gan_cli.metrics.classifier import classify, train_classifier
from gan_cli.metrics.row_table import RowTable
from gan_cli.networks.layers import class_shares
from gan_cli.seeding import stream
from gan_cli.variants.icgan import IcGAN

MOST = 20_000
"""At most so many training pictures are looked at."""
STEPS = 800
"""Batches that the classifier learns from."""
Row = list[float | None]


class Known(NamedTuple):
    """Pictures with what they have.

    Attributes:
        pictures: uint8 [N, C, S, S].
        labels: bool [N, K].
    """

    pictures: Tensor
    labels: Tensor


class Asked(NamedTuple):
    """What is asked of held-out pictures: E edits of each, N E = M in all, one picture's after the other's.

    Attributes:
        known: The pictures.
        own: The picture that each edit is of, int64 [M].
        edits: What is set, M of them.
        wanted: What each edited picture is to have, bool [M, K].
    """

    known: Known
    own: Tensor
    edits: list[Column]
    wanted: Tensor


class Judge:
    """What reads attributes or classes in pictures, and has seen real training pictures alone.

    Args:
        known: Training pictures.
        attributes: Whether they may have any of them, or have exactly one.
        device: Where to compute.
    """

    def __init__(self, known: Known, attributes: bool, device: torch.device) -> None:
        self.attributes = attributes
        told = known.labels.float() if attributes else known.labels.int().argmax(1)
        pictures, count = known.pictures.to(device), known.labels.shape[1]
        with torch.enable_grad():
            self.network = train_classifier(pictures, told.to(device), steps=STEPS, num_classes=count)

    def read(self, pictures: Tensor) -> Tensor:
        """What is in pictures, bool [N, K]."""
        logits = classify(self.network, pictures).logits
        return logits > 0 if self.attributes else one_hot(logits.argmax(1), logits.shape[1]).bool()


def editing_table(model: IcGAN, data: GANDataModule, split: Split, seed: int, num: int | None) -> RowTable:
    """The table of a model whose encoders have been trained.

    Args:
        model: In eval mode, on the device that is to compute.
        data: The set, downloaded.
        split: The held-out part.
        seed: Of random latents.
        num: At most so many held-out pictures; None takes as many as give about a thousand edits.
    """
    editor, train = Editor(model), _known(model, data, "train", _drawn(len(data.at_hand("train")), MOST))
    numbers = _spread(len(data.at_hand(split)), num or max(1, measured.OWN.things // _edits_of_each(model)))
    held_out = _known(model, data, split, numbers)
    asked = _asked(model, held_out)
    judge = Judge(train, model.has_attributes, model.device)
    answers = getattr(data, "answers", None)
    right = None if answers is None else answers(numbers[asked.own], asked.wanted.float(), split)

    count = len(numbers)
    latents = seeded_latents(range(seed, seed + 2 * count), model.latent_dim, model.latent_distribution)
    drawn, others = latents[:count], latents[count:]
    generated = asked._replace(known=Known(editor.made(drawn, held_out.labels.float()), held_out.labels))
    average = train.pictures.float().mean(0, keepdim=True).round().to(torch.uint8)
    near, near_again = (
        train.pictures[measured.nearest_with(pictures, wanted, train.pictures, train.labels)]
        for pictures, wanted in ((held_out.pictures[asked.own], asked.wanted), held_out)
    )
    rows = _Rows(judge, asked, right)
    edited, again = _edited(editor, asked)
    table = {
        "edited": rows.of(edited, again),
        "edited, of generated pictures": _Rows(judge, generated, None, right is None).of(*_edited(editor, generated)),
        "random latents with the labels": rows.of(
            editor.made(others[asked.own], asked.wanted.float()), editor.made(others, held_out.labels.float())
        ),
        "mean training picture": rows.of(
            average.expand(len(asked.own), -1, -1, -1), average.expand_as(held_out.pictures)
        ),
        "copy of the input": rows.of(held_out.pictures[asked.own], held_out.pictures),
        "nearest training picture with them": rows.of(near, near_again),
        **({} if right is None else {"right answers": rows.of(right, held_out.pictures)}),
    }
    found, encoded = editor.read(held_out.pictures), editor.read(generated.known.pictures)
    notes = [
        f"{len(asked.own):,} edits of {count:,} pictures of {data.name} {split}, read by a classifier trained on "
        f"{len(train.pictures):,} real training pictures, which reads "
        f"{_share(judge.read(held_out.pictures), held_out.labels)} of what held-out ones have rightly",
        "labels that the model's own encoder reads rightly: "
        f"{_share(found.labels > 0.5, held_out.labels)} in real pictures, "
        f"{_share(encoded.labels > 0.5, held_out.labels)} in generated ones",
        f"standard deviation of the latents read: {found.latents.std():.2f} in real pictures, "
        f"{encoded.latents.std():.2f} in generated ones, where that of the prior is {latents.std():.2f} and the root "
        f"mean squared error {(encoded.latents - drawn).square().mean().sqrt():.2f}",
        *(
            [f"found again, by what is changed: {_named(model, rows.found_again(edited))}"]
            if model.has_attributes
            else []
        ),
        "errors: mean absolute difference in levels of 255; identity: nearest, in pixels, to its own of "
        + ("all right answers to the same edit" if right is not None else "all inputs"),
    ]
    title = f"{type(model).__name__} after {model.counters.batches:,} batches, labels of {data.name} {split} changed"
    return RowTable(title, measured.KINDS, table, notes)


class _Rows:
    """Makes rows of the table.

    Args:
        judge: Reads attributes.
        asked: What was asked.
        right: The right answers, uint8 [M, C, S, S], where they are known.
        finds: Whether pictures are looked for again.
    """

    def __init__(self, judge: Judge, asked: Asked, right: Tensor | None, finds: bool = True) -> None:
        self.judge, self.asked, self.right, self.finds = judge, asked, right, finds

    def of(self, made: Tensor, again: Tensor) -> Row:
        """A row of edited pictures, uint8 [M, C, S, S], and of the pictures made again, uint8 [N, C, S, S]."""
        known, own, _, wanted = self.asked
        read = measured.read_right(self.judge.read(made), wanted, known.labels[own])
        error = None if self.right is None else measured.absolute_error(made, self.right)
        kept = read.kept if self.judge.attributes else None  # beside its class a picture has nothing to keep
        found = mean(self.found_again(made)) if self.finds else None
        return [read.changed, kept, found, error, measured.absolute_error(again, known.pictures)]

    def found_again(self, made: Tensor) -> list[float]:
        """The share whose nearest candidate is their own, of each edit: of its right answers, or else of inputs."""
        flat, count = made.flatten(1).float(), len(self.asked.known.pictures)
        each = len(flat) // count
        answers = self.asked.known.pictures.flatten(1).float() if self.right is None else self.right.flatten(1).float()
        return [
            measured.found_again(
                flat[edit::each], answers if self.right is None else answers[edit::each], torch.arange(count)
            )
            for edit in range(each)
        ]


def _edits_of_each(model: IcGAN) -> int:
    return model.num_classes if model.has_attributes else 1


def _asked(model: IcGAN, known: Known) -> Asked:
    """Each attribute of each picture turned into its opposite; or each picture in the next class."""
    changes: dict[tuple[int, float], Column] = {}
    own, edits, wanted = [], [], []
    for picture, row in enumerate(known.labels):
        if model.has_attributes:
            asked = [(number, float(not there)) for number, there in enumerate(row.tolist())]
        else:
            asked = [((int(row.int().argmax()) + 1) % model.num_classes, 1.0)]
        for number, value in asked:
            if (number, value) not in changes:
                change = change_of(model, {model.names[number]: value})
                changes[number, value] = Column(change, 0.0, change.text)
            own.append(picture)
            edits.append(changes[number, value])
            wanted.append(applied(model, row[None].float(), edits[-1]) > 0.5)
    return Asked(known, torch.tensor(own), edits, torch.cat(wanted))


def _edited(editor: Editor, asked: Asked) -> tuple[Tensor, Tensor]:
    """The pictures as they were asked for, and made again as they are, of what is read in them."""
    found = editor.read(asked.known.pictures)
    labels = [
        applied(editor.model, found.labels[picture : picture + 1], edit)
        for picture, edit in zip(asked.own.tolist(), asked.edits, strict=True)
    ]
    return editor.made(found.latents[asked.own], torch.cat(labels)), editor.made(found.latents, found.labels)


def _known(model: IcGAN, data: GANDataModule, split: Split, numbers: Tensor) -> Known:
    """Pictures of a part by number, with what they have."""
    part = data.at_hand(split)
    batches: list[ImageBatch] = [part[some].batch for some in numbers.split(AT_ONCE)]
    shares = torch.cat([class_shares(batch.labels, model.num_classes) for batch in batches])
    return Known(torch.cat([batch.images for batch in batches]), shares.nan_to_num(0) > 0.5)


def _drawn(count: int, most: int) -> Tensor:
    """Numbers of a part, all of them or the same ones each time."""
    return torch.randperm(count, generator=stream(0, "editing"))[:most].sort().values


def _spread(count: int, wanted: int) -> Tensor:
    """Numbers of a part, evenly from the whole of it."""
    few = min(count, wanted)
    return torch.arange(few) * count // few


def _named(model: IcGAN, shares: list[float]) -> str:
    return ", ".join(f"{name} {share:.2f}" for name, share in zip(model.names, shares, strict=True))


def _share(read: Tensor, labels: Tensor) -> str:
    return f"{float((read == labels).float().mean()):.1%}"
