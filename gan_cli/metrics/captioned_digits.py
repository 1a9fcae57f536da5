"""What pictures of captioned digits show, read off by arithmetic and, for the number, by a small classifier."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from gan_cli.metrics.classifier import ImageClassifier, classify, train_classifier
from gan_cli.metrics.row_table import Kind

KINDS = {
    "number": Kind("number", "higher"),
    "colour": Kind("colour", "higher"),
    "width": Kind("thick or thin", "higher"),
    "place": Kind("place", "higher"),
    "all_right": Kind("all that is said", "higher"),
    "variety": Kind("variety / real", "1"),
}
"""Shares of what sentences name that pictures show; and how different pictures of one number are."""
STEPS = 400
"""Of the classifier of numbers."""
DARK = 40
"""A picture whose brightest pixel is no brighter shows nothing."""


class Judge(NamedTuple):
    """What reads pictures.

    Attributes:
        numbers: Tells the number of a digit that was cut out, without its colour.
        paints: The colours of full strokes, float [K, 3].
        places: Where digits are, rows and columns as shares of the side, float [P, 2].
        thickness: From this on a stroke is thick; see `thickness_of`.
    """

    numbers: ImageClassifier
    paints: Tensor
    places: Tensor
    thickness: float

    def read(self, pictures: Tensor) -> Tensor:
        """Number, colour, width (0 thin, 1 thick) and place of each picture, int64 [N, 4]; -2 where it is dark.

        Args:
            pictures: uint8 [N, 3, S, S].
        """
        grey = brightness(pictures)
        found = torch.stack(
            [
                classify(self.numbers, cut_out(pictures)).labels,
                torch.cdist(colour_of(pictures), _of_one_size(self.paints)).argmin(1),
                (thickness_of(pictures) > self.thickness).long(),
                torch.cdist(centre_of(grey), self.places).argmin(1),
            ],
            dim=1,
        )
        return torch.where((pictures.flatten(1).amax(1) > DARK)[:, None], found, -2)


def judge_of(pictures: Tensor, attributes: Tensor, paints: Tensor) -> Judge:
    """A judge by real pictures.

    Args:
        pictures: uint8 [M, 3, S, S].
        attributes: Number, colour, width and place of each, int64 [M, 4].
        paints: The colours of full strokes, float [K, 3].
    """
    centres = centre_of(brightness(pictures))
    places = [centres[attributes[:, 3] == place].mean(0) for place in range(int(attributes[:, 3].max()) + 1)]
    thin, thick = (thickness_of(pictures[attributes[:, 2] == width]).median() for width in (0, 1))
    with torch.inference_mode(False), torch.enable_grad():  # gradients are off while scores are computed
        network = train_classifier(cut_out(pictures), attributes[:, 0], steps=STEPS, width=16, shift=1)
    return Judge(network, paints, torch.stack(places), float(thin + thick) / 2)


def brightness(pictures: Tensor) -> Tensor:
    """How much of a stroke is at each pixel, whatever its colour: [N, S, S], 1 at the brightest."""
    strongest = pictures.float().amax(1)
    return strongest / strongest.flatten(1).amax(1).clamp(min=1)[:, None, None]


def centre_of(grey: Tensor) -> Tensor:
    """Row and column of the middle of what is bright, as shares of the side, [N, 2]."""
    weights = grey.square()
    total = weights.sum((1, 2)).clamp(min=1e-6)
    share = (torch.arange(grey.shape[1]) + 0.5) / grey.shape[1]
    down, across = ((weights.sum(axis) * share).sum(1) / total for axis in (2, 1))
    return torch.stack([down, across], dim=1)


def colour_of(pictures: Tensor) -> Tensor:
    """The colour of what is bright, [N, 3], of length 1 in its strongest part."""
    weights = brightness(pictures).square()[:, None]
    return _of_one_size((pictures.float() * weights).sum((2, 3)))


def thickness_of(pictures: Tensor) -> Tensor:
    """The share of what is bright that is left if strokes lose a thirty-second of the side all around, [N]."""
    grey = brightness(pictures)
    reach = max(1, grey.shape[1] // 32)
    left = 1 - max_pool2d(1 - grey[:, None], 2 * reach + 1, stride=1, padding=reach)[:, 0]
    return left.sum((1, 2)) / grey.sum((1, 2)).clamp(min=1e-6)


def cut_out(pictures: Tensor) -> Tensor:
    """The half of each picture's side around what is bright, grey, uint8 [N, 1, S / 2, S / 2]."""
    grey = brightness(pictures)
    side = grey.shape[1] // 2
    corners = (centre_of(grey) * grey.shape[1] - side / 2).round().long().clamp(0, grey.shape[1] - side)
    rows, columns = (corners[:, axis, None] + torch.arange(side) for axis in (0, 1))
    picture = torch.arange(len(grey))[:, None, None]
    return (255 * grey[picture, rows[:, :, None], columns[:, None, :]]).round().to(torch.uint8)[:, None]


def variety(judge: Judge, pictures: Tensor, numbers: Tensor) -> float:
    """How far pictures of one number lie from their mean in the classifier's features; mean over the numbers.

    Args:
        judge: Has the classifier.
        pictures: uint8 [N, 3, S, S].
        numbers: The number that each shows, int64 [N].
    """
    features = classify(judge.numbers, cut_out(pictures)).features
    apart = [
        (features[numbers == number] - features[numbers == number].mean(0)).square().sum(1).mean().sqrt()
        for number in numbers.unique().tolist()
        if int((numbers == number).sum()) > 1
    ]
    return float(torch.stack(apart).mean()) if apart else 0.0


def right(read: Tensor, attributes: Tensor, names: Tensor) -> list[float | None]:
    """The share of pictures that show each attribute as it is named, and of those that show all of them so.

    Args:
        read: What they show, int64 [N, 4].
        attributes: What the sentences say, int64 [N, 4].
        names: Which of them they name, bool [N, 4].
    """
    correct = read == attributes
    shares = [
        float(correct[names[:, column], column].float().mean()) if bool(names[:, column].any()) else None
        for column in range(names.shape[1])
    ]
    return [*shares, float((correct | ~names).all(1).float().mean()) if len(read) else None]


def _of_one_size(colours: Tensor) -> Tensor:
    return colours / colours.amax(1, keepdim=True).clamp(min=1e-6)
