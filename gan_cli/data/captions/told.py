"""Made sentences beside those of people, and beside such as learn nothing, in one table."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from gan_cli.data.captions.grammar import AGAINST_ITSELF, UNSAID, Grammar
from gan_cli.data.datamodules import GANDataModule, Split
from gan_cli.metrics.captions import bleu, cider, distinct, novelty
from gan_cli.metrics.row_table import Kind, OwnMeasures, RowTable
from gan_cli.seeding import stream

if TYPE_CHECKING:
    from gan_cli.data.captions.captioned import Captioned, CaptionedVideos
    from gan_cli.media.texts import Texts

THINGS, EACH = 200, 5
"""So many held-out things are described, and so often each."""
MOST = 4000
"""At most so many training things are looked through for the nearest one."""
SIDE, FRAMES = 8, 4
"""Things are compared by so many pixels a side of so many frames."""
KINDS = {
    "bleu_4": Kind("BLEU-4", "higher"),
    "cider": Kind("CIDEr-D", "higher"),
}
DIVERSITY = {
    "different": Kind("different", "none"),
    "distinct_2": Kind("distinct-2", "none"),
    "novel": Kind("new", "none"),
}


class Attributes(NamedTuple):
    """What is known to be right to say.

    Attributes:
        names: What the attributes are called.
        grammar: Reads them off sentences.
    """

    names: tuple[str, ...]
    grammar: Grammar


class Describable(GANDataModule):
    """A set whose things have sentences, so that made sentences can be measured too."""

    attributes: ClassVar[Attributes | None] = None
    """What is known to be right to say of its things; None where only people have said something."""

    if TYPE_CHECKING:

        @property
        def texts(self) -> Texts:
            """What a sentence is like."""

    def known_attributes(self, split: Split) -> Tensor:
        """The right value of each attribute of each thing of a part, int64 [M, A]."""
        raise NotImplementedError

    def cells(self, split: Split) -> dict[str, Tensor]:
        """Which things of a part are to stand in rows of their own too, bool [M], by what these are called."""
        return {}

    def measures_of(self, field: str) -> OwnMeasures | None:
        return measures(self.attributes) if field == "text" else super().measures_of(field)

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        if made.dtype == torch.int64 and made.ndim == 2:
            return table(self, made, numbers, split)
        return super().compared(made, numbers, split)


def measures(attributes: Attributes | None) -> OwnMeasures:
    """What is measured of made sentences."""
    told: dict[str, Kind] = {}
    if attributes is not None:
        told = {name: Kind(name, "higher") for name in attributes.names}
        told |= {"all_right": Kind("nothing wrong", "higher"), "named": Kind("named", "higher")}
    return OwnMeasures({**KINDS, **told, **DIVERSITY}, things=THINGS * EACH, each=EACH)


def table(data: Describable, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
    """The table of made sentences; see `GANDataModule.compared`.

    Args:
        data: The set.
        made: As `Texts` keeps them, int64 [N, L].
        numbers: Of the held-out things that they describe, int64 [N]; several of one thing lie side by side.
        split: The part that these are of.
    """
    judge = _Judge(data, numbers, split)
    sentences = data.texts.lines(made)
    shuffled = torch.randperm(len(sentences), generator=stream(0, "shuffled captions")).tolist()
    rows = {
        "made": judge.measured(sentences),
        **_of_cells(data, sentences, numbers, split),
        "made, dealt to others": judge.measured([sentences[place] for place in shuffled]),
        "held-out sentences": judge.measured_own(),
        "sentences of the nearest training things": judge.measured(judge.nearest()),
        "the most frequent sentence": judge.measured([judge.most_frequent] * len(sentences)),
    }
    kinds = measures(data.attributes).kinds
    values = {name: [row.get(kind) for kind in kinds] for name, row in rows.items()}
    return RowTable(f"{data.name} {split}: sentences", kinds, values, _notes(data, judge, len(sentences)))


def _of_cells(
    data: Describable, sentences: Sequence[str], numbers: Tensor, split: Split
) -> dict[str, dict[str, float | None]]:
    """The measures of made sentences on some of the things alone."""
    found = {}
    for name, there in data.cells(split).items():
        places = there[numbers].nonzero().flatten()
        if len(places):
            said = [sentences[place] for place in places.tolist()]
            found[f"  {name}"] = _Judge(data, numbers[places], split).measured(said)
    return found


def _notes(data: Describable, judge: "_Judge", count: int) -> list[str]:
    notes = [
        f"made: {count:,} sentences of {len(judge.things):,} held-out things, {count // len(judge.things)} of each; "
        "words are drawn as likely as the model has them",
        "BLEU-4 (torchmetrics) and CIDEr-D (times 10) beside all sentences that people or the set have for a thing; of "
        "held-out sentences, the first beside the others",
    ]
    if data.attributes is not None:
        notes.append(
            f"{', '.join(data.attributes.names)}: of the sentences that name it, the share that is right; nothing "
            "wrong: the share of sentences in which all is right; named: the share of attributes that sentences name"
        )
    notes.append(
        "different: the share of a thing's sentences that differ; distinct-2: the share of pairs of words "
        "that are different; new: the share of those that are in no training set; none is better if higher: "
        "compare with held-out sentences"
    )
    notes.append(f"nearest: by {SIDE}x{SIDE} pixels of {FRAMES} frames; dealt to others: what is not said of the thing")
    return notes


class _Judge:
    """Measures sentences of some held-out things, one for each of `numbers`."""

    def __init__(self, data: Describable, numbers: Tensor, split: Split) -> None:
        self.data, self.numbers, self.split = data, numbers, split
        self.held_out: Captioned | CaptionedVideos = data.at_hand(split)  # type: ignore[assignment]
        self.train: Captioned | CaptionedVideos = data.at_hand("train")  # type: ignore[assignment]
        said = {number: data.texts.lines(self.held_out.sentences.of(number)) for number in numbers.unique().tolist()}
        self.things = list(said.values())
        self.references = [said[number] for number in numbers.tolist()]
        self.known = data.texts.lines(self.train.sentences.every)

    @property
    def most_frequent(self) -> str:
        """The training sentence that occurs most often, the first of several."""
        return Counter(self.known).most_common(1)[0][0]

    def measured(self, sentences: Sequence[str]) -> dict[str, float | None]:
        """Every measure of a sentence for each of the numbers."""
        found: dict[str, float | None] = {
            "bleu_4": bleu(sentences, self.references),
            "cider": cider(sentences, self.references, self.things),
        }
        return found | self._said(sentences, self.numbers) | self._diversity(sentences)

    def measured_own(self) -> dict[str, float | None]:
        """The same of held-out sentences: each thing's first one beside its others, where it has any."""
        several = [of_one for of_one in self.things if len(of_one) > 1]
        firsts, others = [of_one[0] for of_one in several], [of_one[1:] for of_one in several]
        likeness = {"bleu_4": bleu(firsts, others), "cider": cider(firsts, others, others)} if several else {}
        every = [of_one[place % len(of_one)] for of_one in self.things for place in range(EACH)]
        numbers = self.numbers.unique().repeat_interleave(EACH)
        return {**likeness, **self._said(every, numbers), **self._diversity(every, several=bool(several))}

    def nearest(self) -> list[str]:
        """A sentence of the training thing that looks most like each, for each of the numbers."""
        known = torch.arange(min(MOST, len(self.train))) * len(self.train) // min(MOST, len(self.train))
        kinds = self.numbers.unique()
        apart = torch.cdist(_looks(self.held_out, kinds), _looks(self.train, known))
        alike = dict(zip(kinds.tolist(), known[apart.argmin(1)].tolist(), strict=True))
        said = {number: self.data.texts.lines(self.train.sentences.of(other)) for number, other in alike.items()}
        found, turn = [], Counter[int]()
        for number in self.numbers.tolist():
            found.append(said[number][turn[number] % len(said[number])])
            turn[number] += 1
        return found

    def _said(self, sentences: Sequence[str], numbers: Tensor) -> dict[str, float | None]:
        """How much of what sentences name is right; nothing where nobody knows."""
        attributes = self.data.attributes
        if attributes is None:
            return {}
        read = attributes.grammar.read(sentences)
        truth = self.data.known_attributes(self.split)[numbers]
        right, named = read == truth, read != UNSAID
        shares = {
            name: float(right[named[:, column], column].float().mean()) if bool(named[:, column].any()) else None
            for column, name in enumerate(attributes.names)
        }
        wrong = (named & ~right) | (read == AGAINST_ITSELF)
        return {**shares, "all_right": float((~wrong.any(1)).float().mean()), "named": float(named.float().mean())}

    def _diversity(self, sentences: Sequence[str], several: bool = True) -> dict[str, float | None]:
        groups = [sentences[place : place + EACH] for place in range(0, len(sentences), EACH)]
        different = sum(len({*group}) / len(group) for group in groups) / max(1, len(groups))
        return {
            "different": different if several else None,
            "distinct_2": distinct(sentences),
            "novel": novelty(sentences, self.known),
        }


def _looks(part: "Captioned | CaptionedVideos", numbers: Tensor) -> Tensor:
    """Things of a part as few pixels, float [N, F]."""
    return torch.cat([_reduced(part[some].batch.real) for some in numbers.split(64)])


def _reduced(things: Tensor) -> Tensor:
    if things.ndim == 5:
        chosen = torch.linspace(0, things.shape[2] - 1, FRAMES).round().long()
        things = things[:, :, chosen].flatten(1, 2)
    return adaptive_avg_pool2d(things.float(), SIDE).flatten(1)
