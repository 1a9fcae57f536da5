"""`gan arithmetic`: sums and differences of concepts in the latent space, as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import pad

from gan_cli.errors import UserError
from gan_cli.inference.given import given_of
from gan_cli.inference.labels import chosen_classes, class_names, read_labels
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.numbers import read_seeds
from gan_cli.inference.rendering import check_labels, conditions_with, latents_of, noise_for, render, takes_labels
from gan_cli.inference.spaces import usual_space
from gan_cli.media.pictures import grid, save_png
from gan_cli.seeding import Distribution, draw, stream
from gan_cli.variants.base import AdversarialModule

NOISE = 0.25
"""The neighbours of a result differ from it by at most this much in each coordinate of the latent."""
NEIGHBOURS = 8
SMALLEST = 64
"""Smaller images are enlarged to this many pixels a side in the picture, so that the signs can be read."""

TITLE = 28
"""Height in pixels of the line with a class's name."""


class Concept(NamedTuple):
    """One term of a sum.

    Attributes:
        sign: 1 or -1.
        seeds: The seeds whose mean latent it is.
    """

    sign: int
    seeds: tuple[int, ...]


def concepts_of(plus: Sequence[str] | None, minus: Sequence[str] | None) -> list[Concept]:
    """The concepts typed, each as a list of seeds, such as "1,5-8".

    Raises:
        UserError: If none is added, or one is no list of seeds.
    """
    if not plus:
        raise UserError("plus: no concept is added; type the seeds of one, such as --plus 1,2,3")
    return [
        Concept(sign, tuple(read_seeds(text, name)))
        for name, sign, texts in (("plus", 1, plus), ("minus", -1, minus or ()))
        for text in texts
    ]


def on_prior(latents: Tensor, distribution: Distribution) -> Tensor:
    """Latents [N, Z] brought to where the generator has learned them.

    Under a normal prior they get the expected length sqrt(Z), which the mean of several falls short of; under a
    uniform one they are brought into [-1, 1].

    Raises:
        UserError: If a latent is 0 and has no direction.
    """
    if distribution == "uniform":
        return latents.clamp(-1, 1)
    lengths = latents.norm(dim=1, keepdim=True)
    if float(lengths.min()) < 1e-6:
        raise UserError("minus: what is added is taken away again, and nothing is left; take other seeds")
    scaled: Tensor = latents / lengths * latents.shape[1] ** 0.5
    return scaled


def result_of(concepts: Sequence[Concept], latent_dim: int, distribution: Distribution) -> Tensor:
    """The sum of the concepts' mean latents with their signs, brought to the prior, [Z].

    Radford et al. 2016, arXiv:1511.06434, section 6.3.2 and figure 7.
    """
    means = [concept.sign * seeded_latents(concept.seeds, latent_dim, distribution).mean(0) for concept in concepts]
    return on_prior(torch.stack(means).sum(0)[None], distribution)[0]


def neighbourhood(result: Tensor, distribution: Distribution, seed: int) -> Tensor:
    """A result between eight neighbours, [9, Z]: uniform noise of +-0.25 is added to each of their coordinates.

    Under a uniform prior they stay in its range.

    Args:
        result: [Z].
        distribution: The prior.
        seed: Seed of the noise.
    """
    noise = NOISE * draw((NEIGHBOURS, len(result)), "uniform", stream(seed, "arithmetic"))
    around = result + noise
    if distribution == "uniform":
        around = around.clamp(-1, 1)
    middle = NEIGHBOURS // 2
    return torch.cat([around[:middle], result[None], around[middle:]])


def all_latents(
    model: AdversarialModule,
    concepts: Sequence[Concept],
    seed: int,
    space: str = "z",
    ema: bool = True,
    label: int | None = None,
) -> Tensor:
    """The latents of a picture: each concept's seeds and their mean, then the nine of `neighbourhood`; [M, ...].

    In z the means are brought to the prior. In w, which has no prior, they stay as they are.

    Args:
        model: The variant.
        concepts: The concepts that are added and taken away.
        seed: Seed of the noise around the result.
        space: z, or w where the variant has it.
        ema: The averaged mapping to styles where there is one, or the one that is trained.
        label: The class that styles depend on; None where the model is not conditional.
    """
    classes = [None if label is None else torch.full((len(concept.seeds),), label) for concept in concepts]
    own = [latents_of(model, concept.seeds, space, ema, own) for concept, own in zip(concepts, classes, strict=True)]
    if space == "z":
        distribution = model.latent_distribution
        means = [on_prior(latents.mean(0)[None], distribution) for latents in own]
        around = neighbourhood(result_of(concepts, model.latent_dim, distribution), distribution, seed)
    else:
        means = [styles.mean(0, keepdim=True) for styles in own]
        result = torch.stack([concept.sign * mean[0] for concept, mean in zip(concepts, means, strict=True)]).sum(0)
        around = styles_around(result, seed)
    return torch.cat([*(rows for pair in zip(own, means, strict=True) for rows in pair), around])


def styles_around(result: Tensor, seed: int) -> Tensor:
    """A result [L, W] between eight neighbours, [9, L, W], by the noise of `neighbourhood`."""
    noise = NOISE * draw((NEIGHBOURS, *result.shape), "uniform", stream(seed, "arithmetic"))
    middle = NEIGHBOURS // 2
    return torch.cat([result + noise[:middle], result[None], result + noise[middle:]])


def arithmetic(model: AdversarialModule, folder: Path, options: Any, trainer_options: dict[str, Any]) -> list[Path]:
    """Makes the picture that the options of `gan arithmetic` ask for and writes it.

    Args:
        model: The variant.
        folder: Where pictures go if no output is named.
        options: The options of the verb.
        trainer_options: Lightning's accelerator, devices, num_nodes, strategy, precision.

    Returns:
        What was written.

    Raises:
        UserError: If an option does not fit the variant or the output.
        OSError: If the output cannot be written.
    """
    concepts = concepts_of(options.plus, options.minus)
    output = Path(options.output or folder / f"arithmetic{_name(concepts)}.png")
    if output.suffix.lower() != ".png":
        raise UserError(f"output: {output} has no ending this verb writes; take a .png")
    latents_of(model, [0])  # refuses a model that makes images from images
    if not model.medium.suffix:
        raise UserError(f"ckpt: {type(model).__name__} makes {model.medium.name} here, and one alone has no picture")
    classes = classes_of(model, read_labels(options.labels))
    space = options.space or usual_space(model)
    each = [all_latents(model, concepts, options.seed, space, options.ema, label) for label in classes]
    latents, labels = torch.cat(each), labels_of_each(classes, len(each[0]))
    conditions = conditions_with(model, labels, len(latents), given=given_of(model, options.given, 1).shown)
    noise = noise_for(model, options.noise, len(latents), options.seed)
    made = render(
        model,
        latents,
        conditions={"ema": options.ema, **conditions, **noise},
        batch_size=options.batch_size,
        trainer_options=trainer_options,
    )
    if made is None:  # another process has them
        return []
    panels = [_panel(concepts, part) for part in model.medium.each_pictured(made).split(len(each[0]))]
    names = [""] if labels is None else class_names(model, [label for label in classes if label is not None])
    save_png(torch.cat([_titled(panel, name) for panel, name in zip(panels, names, strict=True)], dim=1), output)
    return [output]


def classes_of(model: AdversarialModule, typed: Sequence[int | str] | None) -> list[int | None]:
    """The classes to make one picture of each: those typed, or the first; only None for an unconditional model.

    Raises:
        UserError: If the variant is not conditional, or there is no such class.
    """
    check_labels(model, typed)
    if not takes_labels(model):
        return [None]
    return list(chosen_classes(model, [0] if typed is None else typed))


def labels_of_each(classes: Sequence[int | None], each: int) -> Tensor | None:
    """The class of each thing where there are `each` of every class, int64 [M]; None without classes."""
    known = [label for label in classes if label is not None]
    return torch.tensor(known).repeat_interleave(each) if known else None


def _name(concepts: Sequence[Concept]) -> str:
    """The concepts in the name of a file, such as -1,2,3+7,8,9-4,5,6."""
    terms = "".join(f"{'+' if sign > 0 else '-'}{','.join(map(str, seeds))}" for sign, seeds in concepts)
    return f"-{terms[1:]}"[:100]


def _panel(concepts: Sequence[Concept], images: Tensor) -> Tensor:
    """One picture: columns of seeds' images, their means on a line below, signs between them, and the nine at the end.

    Args:
        concepts: What was added and taken away.
        images: uint8 [M, C, H, W], in the order of `all_latents`.
    """
    larger = max(1, -(-SMALLEST // images.shape[-1]))
    images = images.repeat_interleave(larger, 2).repeat_interleave(larger, 3)
    channels, side, width = images.shape[1:]
    *columns, nine = images.split([*(len(concept.seeds) + 1 for concept in concepts), 1 + NEIGHBOURS])
    pieces: list[Tensor] = []
    for concept, column in zip(concepts, columns, strict=True):
        sign = "+" if concept.sign > 0 else "-"  # the font that comes with Pillow has no minus
        pieces += [_sign(sign, side, channels)] if pieces or concept.sign < 0 else []
        pieces += [
            torch.cat([_column(column[:-1]), _white(channels, side // 4, width + 4), _column(column[-1:])], dim=1)
        ]
    pieces += [_sign("=", side, channels), grid(nine, 3)]
    height = max(piece.shape[1] for piece in pieces)
    return torch.cat([pad(piece, (0, 0, height - piece.shape[1], 0), value=255) for piece in pieces], dim=2)


def _column(images: Tensor) -> Tensor:
    """Images below each other with white around each, uint8 [C, H', W + 4]; `grid` leaves a single one as it is."""
    return torch.cat([pad(image, (2, 2, 2, 2), value=255) for image in images], dim=1)


def _sign(sign: str, side: int, channels: int) -> Tensor:
    """A strip as high as an image of that height, with a sign in it, uint8 [C, H, W]."""
    strip = Image.new("L", (side // 2, side + 4), 255)
    font = ImageFont.load_default(size=side // 2)
    ImageDraw.Draw(strip).text((side // 4, side // 2 + 2), sign, fill=0, font=font, anchor="mm")
    return torch.from_numpy(np.array(strip)).expand(channels, -1, -1)


def _titled(panel: Tensor, name: str) -> Tensor:
    """A picture with the name of its class above it, where there is one."""
    if not name:
        return panel
    channels, _, width = panel.shape
    strip = Image.new("L", (width, TITLE), 255)
    ImageDraw.Draw(strip).text((4, TITLE - 4), name, fill=0, font=ImageFont.load_default(size=16), anchor="ls")
    return torch.cat([torch.from_numpy(np.array(strip)).expand(channels, -1, -1), panel], dim=1)


def _white(channels: int, height: int, width: int) -> Tensor:
    return torch.full((channels, height, width), 255, dtype=torch.uint8)
