"""Made pictures beside real ones, by how often each finds its own sentence among others, in one table."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_cli.data.captions.nearest import nearest_sentences
from gan_cli.data.datamodules import Split
from gan_cli.metrics.matching import CANDIDATES, KINDS, TRAINED_ON, Judge, Pairs, judge_of, precision
from gan_cli.metrics.row_table import RowTable
from gan_cli.networks.efficientnet_lite import lite0_weights
from gan_cli.seeding import stream

if TYPE_CHECKING:
    from gan_cli.data.captions.caption_folder import Captions


def judge_for(data: "Captions") -> Judge:
    """A judge trained on pairs of the training set, evenly from the whole."""
    train = data.captioned("train")
    count = min(TRAINED_ON, len(train))
    places = torch.arange(count) * len(train) // count
    pairs = Pairs(train[places].batch.real, [train.sentences.of(place) for place in places.tolist()])
    return judge_of(pairs, data.texts.size, data.text_encoder)


def table(data: "Captions", made: Tensor, numbers: Tensor, split: Split) -> RowTable:
    """The table of made pictures; see `GANDataModule.compared`.

    Args:
        data: The set.
        made: uint8 [N, C, S, S].
        numbers: Of the held-out images whose sentences they were made from, int64 [N].
        split: The part that these are of.
    """
    judge, train, held_out = data.judge, data.captioned("train"), data.captioned(split)
    sentences, of_image = held_out.text(torch.arange(len(held_out))).unique(dim=0, return_inverse=True)
    own = of_image[numbers]
    shuffled = own[torch.randperm(len(own), generator=stream(0, "shuffled captions"))]
    likeness = judge.likeness(made, sentences)
    nearest = nearest_sentences(sentences[own], train.text(torch.arange(len(train))))
    rows = {
        "made": precision(likeness, own),
        "made, captions shuffled": precision(likeness, shuffled),
        "held-out images": precision(judge.likeness(held_out[numbers].batch.real, sentences), own),
        "training images of the nearest sentences": precision(
            judge.likeness(train[nearest].batch.real, sentences), own
        ),
    }
    seen = (
        "EfficientNet-Lite0's features" if lite0_weights() else "pixels of a small copy (gan-cli[features] sees more)"
    )
    notes = (
        f"of {len(made):,} pictures: R-precision is how often a picture's own sentence is the most like it of "
        f"{min(CANDIDATES, len(sentences))} held-out ones",
        f"the judge learned by contrast from {min(TRAINED_ON, len(train)):,} training pairs, in {seen}, and made "
        "pictures have no part in it; held-out images show how well it judges",
        "captions shuffled: what a generator reaches that does not read; nearest sentences: by heart",
    )
    return RowTable(f"{data.name} {split}: pictures that find their sentence", KINDS, rows, notes)
